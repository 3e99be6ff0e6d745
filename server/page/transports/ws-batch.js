import { noTransferSize, opening } from './websocket.js'

export default {
  about: 'A WebSocket on which the server gathers messages for a short window and sends them in one frame. ' +
    'The page cannot see how long the window is, or whether there is one.',
  noTransferSize,
  open: opening('&batch=true'),
}
