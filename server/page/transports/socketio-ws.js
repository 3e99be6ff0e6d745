import { opening } from './socketio.js'

export default {
  about: 'The official Socket.IO client, using a WebSocket from the start.',
  open: opening('websocket'),
}
