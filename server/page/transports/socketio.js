import { Refusal, answered, size } from '../http.js'
import { bookTransfers } from './transfers.js'

const client = '/page/vendor/socket.io.esm.min.js'

// load returns the official client's io, or fails if the server has none.
async function load() {
  const { status } = await fetch(client, { method: 'HEAD' })
  if (status === 404) {
    const missing = new Error('This server was built without npm, so the official Socket.IO client is missing: run “make deps” and rebuild.')
    throw Object.assign(missing, { final: true })
  }
  return (await import(client)).io
}

// opening returns the open of a Socket.IO session on one of its two transports.
export const opening = transport => ({ room, after, onMessage, onTruncated, onState, onCost }) => {
  let socket, closed = false
  // The client does not expose its HTTP requests, but the browser does, once
  // it is answered.
  const stopBooking = transport === 'polling'
    ? bookTransfers(url => url.includes('/socket.io/?') && url.includes('transport=polling'), onCost, { requests: true })
    : () => {}

  function connect(io) {
    if (closed) return
    socket = io({ path: '/socket.io/', transports: [transport], query: { room, after }, reconnection: false, forceNew: true })
    if (transport === 'websocket') onCost({ requests: 1 })
    socket.io.engine.on('packet', ({ data = '' }) => onCost({ received: 1 + size(data) })) // 1: its type
    socket.on('chat message', onMessage)
    socket.on('truncated', onTruncated)
    socket.on('connect', () => onState('open'))
    socket.on('connect_error', error => end(Object.assign(error, { final: error.data?.status === 400 })))
    socket.on('disconnect', reason => end(new Error(`the session ended: ${reason}`)))
  }

  function end(error) {
    if (closed) return
    close()
    onState('closed', error)
  }

  function close() {
    closed = true
    stopBooking()
    socket?.disconnect()
  }

  load().then(connect).catch(end)
  return {
    async send(user, text) {
      const answer = await answered(() => socket.emitWithAck('chat message', { user, text }))
      if (answer.error) throw new Refusal(answer.error.status, answer.error.title)
    },
    close,
  }
}
