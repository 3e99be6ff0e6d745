import { opening } from './socketio.js'

export default {
  name: 'socketio-polling',
  label: 'Socket.IO over polling',
  about: 'The official Socket.IO client, kept on its HTTP long polling.',
  transferSize: true,
  open: opening('polling'),
}
