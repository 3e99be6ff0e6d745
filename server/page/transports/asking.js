// The transports that receive by asking: the three kinds of polling.

import { get, messagesURL, publish } from '../http.js'
import { bookTransfers } from './transfers.js'

const limit = 100
const shortestWait = 1000 // ms between two requests to a server that does not hold them

// asking returns the open of a transport that asks again and again: every
// interval() ms, or with `wait` as soon as the server, which holds its requests
// until there is news, has answered.
export const asking = (via, { conditional, wait }) => ({ room, after, interval, onMessage, onTruncated, onState, onCost }) => {
  const abort = new AbortController()
  const stopBooking = bookTransfers(url => url.includes(`/api/rooms/${room}/messages?`) && url.endsWith(`&via=${via}`), onCost)
  let timer, opened = false

  async function ask() {
    const due = performance.now() + (wait ? shortestWait : interval())
    try {
      // The server ignores `via`. It marks this request in the browser's resource timing.
      // The first request does not wait, so that it soon shows whether it works.
      const query = { after, limit, ...(wait && opened && { wait }), via }
      const headers = conditional ? { 'If-None-Match': `"${after}"` } : {}
      const page = await get(messagesURL(room, query), { signal: abort.signal, headers, onCost })
      if (abort.signal.aborted) return
      if (!opened) {
        opened = true
        onState('open')
      }
      if (page) take(page)
      const atOnce = wait ? !query.wait || page?.messages.length > 0 : page?.messages.length === limit
      timer = setTimeout(ask, atOnce ? 0 : Math.max(0, due - performance.now()))
    } catch (error) {
      if (abort.signal.aborted) return
      close()
      onState('closed', error)
    }
  }

  function take(page) {
    if (page.last < after) throw new Error('the room has fewer messages than before')
    if (page.truncated) onTruncated()
    for (const message of page.messages) {
      if (abort.signal.aborted) return
      onMessage(message)
    }
    after = page.last
  }

  function close() {
    abort.abort()
    clearTimeout(timer)
    stopBooking()
  }

  timer = setTimeout(ask)
  return { send: (user, text) => publish(room, user, text, onCost), close }
}
