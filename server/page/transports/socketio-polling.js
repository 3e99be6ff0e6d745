import { opening } from './socketio.js'

export default {
  about: 'The official Socket.IO client, restricted to HTTP long polling.',
  open: opening('polling'),
}
