import { asking } from './asking.js'

export default {
  about: 'Asks at an interval, news or not. Every answer is a whole one, even if it is empty.',
  transferSize: true,
  open: asking('poll', {}),
}
