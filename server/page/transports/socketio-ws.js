import { opening } from './socketio.js'

export default {
  about: 'The official Socket.IO client, on a WebSocket from the start.',
  open: opening('websocket'),
}
