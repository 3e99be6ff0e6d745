import { opening } from './socketio.js'

export default {
  name: 'socketio-ws',
  label: 'Socket.IO over WebSocket',
  about: 'The official Socket.IO client, on a WebSocket from the start.',
  open: opening('websocket'),
}
