import { publish, roomURL, size } from '../http.js'

export default {
  about: 'One answer that never ends: the server writes each message to it. The page sends messages by POST.',
  noTransferSize: 'browsers report it when an answer ends, and this one does not',
  open,
}

function open({ room, after, onMessage, onTruncated, onState, onCost }) {
  const source = new EventSource(`${roomURL(room)}/events?after=${after}`)
  onCost({ requests: 1 })
  source.onopen = () => onState('open')
  source.onmessage = ({ data }) => {
    onCost({ received: size(data) })
    onMessage(JSON.parse(data))
  }
  source.addEventListener('truncated', ({ data }) => {
    onCost({ received: size(data) })
    onTruncated()
  })
  // An EventSource would connect again by itself, but not in every browser
  // while the server is away. So link.js does it, as for all others.
  source.onerror = () => {
    source.close()
    onState('closed', new Error('the event stream ended'))
  }
  return { send: (user, text) => publish(room, user, text, onCost), close: () => source.close() }
}
