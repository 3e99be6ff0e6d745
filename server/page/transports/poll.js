import { asking } from './asking.js'

export default {
  name: 'poll',
  label: 'Polling',
  about: 'Asks at an interval, news or not. Every answer is a whole one, even if it is empty.',
  paced: true,
  transferSize: true,
  open: asking('poll', {}),
}
