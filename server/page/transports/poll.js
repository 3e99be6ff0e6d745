import { asking } from './asking.js'

export default {
  about: 'Asks at an interval. Every answer is a full 200, even without news.',
  open: asking('poll', {}),
}
