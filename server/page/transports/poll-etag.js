import { asking } from './asking.js'

export default {
  about: 'Asks at an interval, with If-None-Match. If there is no news, the answer is a 304 without a body.',
  open: asking('poll-etag', { conditional: true }),
}
