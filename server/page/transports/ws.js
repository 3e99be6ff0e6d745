import { opening } from './websocket.js'

export default {
  about: 'One connection, both ways, a frame for each message. Browser and server agree on compression by themselves.',
  open: opening(''),
}
