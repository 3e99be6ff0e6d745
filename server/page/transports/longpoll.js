import { asking } from './asking.js'

export default {
  about: 'Asks, and the server holds the request until there is news, or 25 s are over. Then it asks again at once.',
  transferSize: true,
  open: asking('longpoll', { wait: '25s' }),
}
