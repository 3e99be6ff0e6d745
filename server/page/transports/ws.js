import { opening } from './websocket.js'

export default {
  name: 'ws',
  label: 'WebSocket',
  about: 'One connection, both ways, a frame for each message. Browser and server agree on compression by themselves.',
  open: opening(''),
}
