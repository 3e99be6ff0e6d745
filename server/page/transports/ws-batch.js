import { opening } from './websocket.js'

export default {
  about: 'A WebSocket whose server gathers messages for a short window and sends them in one frame. ' +
    'How long the window is, or that there is none, a page is not told.',
  open: opening('&batch=true'),
}
