import { opening } from './socketio.js'

export default {
  about: 'The official Socket.IO client, kept on its HTTP long polling.',
  transferSize: true,
  open: opening('polling'),
}
