import { asking } from './asking.js'

export default {
  about: 'Sends a request, which the server holds until there is news or 25 s have passed. Then it asks again at once.',
  open: asking('longpoll', { wait: '25s' }),
}
