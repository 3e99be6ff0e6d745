import { opening } from './socketio.js'
import { noTransferSize } from './websocket.js'

export default {
  about: 'The official Socket.IO client, using a WebSocket from the start.',
  noTransferSize,
  open: opening('websocket'),
}
