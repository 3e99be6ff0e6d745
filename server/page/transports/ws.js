import { noTransferSize, opening } from './websocket.js'

export default {
  about: 'One connection for both directions, with one frame per message. Browser and server negotiate compression themselves.',
  noTransferSize,
  open: opening(''),
}
