// A link receives a room over one transport, whatever happens: it reconnects
// from its cursor, so that nothing is missed and nothing comes twice.

import { get, messagesURL } from './http.js'

const firstPause = 250 // ms before the first attempt to connect again; each doubles it
const longestPause = 10_000

const pauseAfter = attempts => {
  const pause = Math.min(longestPause, firstPause * 2 ** attempts)
  return pause * (0.5 + Math.random() / 2) // not all at once
}

// newest returns the newest messages of a room, and the last one that was seen
// of it as a link wants it. It asks until there is an answer, and returns null
// where the answer is no, or the signal is given.
export async function newest(room, limit, { signal, onState, onCost }) {
  onState('connecting')
  for (let attempts = 0; !signal.aborted; attempts++) {
    try {
      const { messages, last } = await get(messagesURL(room, { limit }), { signal, onCost })
      return { messages, seen: messages.at(-1) ?? { id: last } }
    } catch (error) {
      if (signal.aborted) break
      onState(error.final ? 'closed' : 'reconnecting', error.message)
      if (error.final) break
      await new Promise(resolve => setTimeout(resolve, pauseAfter(attempts)))
    }
  }
  return null
}

// link opens the transport after the message `seen`, having made sure first, where
// it is to `check`, that the room is still the one that was seen. It calls back:
//   onMessage(message)   each message once, in order
//   onNote(text)         what a reader should know between two messages
//   onState(state, note) connecting, open, reconnecting (why), closed (why)
//   onCost(cost)         as transports do
// It returns { send(user, text), close() }. After close(), which returns the last
// message seen, nothing is called back.
export function link(transport, { room, seen, check = false, interval, onMessage, onNote, onState, onCost }) {
  let connection = null // the transport's, while there is one
  let isOpen = false
  let attempts = 0
  let timer = null

  function open() {
    let truncated = false
    const opened = connection = transport.open({
      room, after: seen.id, interval, onCost,
      onTruncated: () => { truncated = true },
      onMessage: message => opened === connection && take(message),
      onState: (state, note) => opened === connection && (state === 'open' ? works(note) : lost(note)),
    })

    function take(message) {
      if (message.id <= seen.id) return
      if (truncated) onNote('Messages are missing here: the server no longer has them.')
      else if (message.id > seen.id + 1) return lost(new Error(`message ${seen.id + 1} is missing`))
      truncated = false
      seen = message
      onMessage(message)
    }
  }

  function works(note) {
    attempts = 0
    isOpen = true
    onState('open', note)
  }

  function lost(error) {
    connection?.close()
    connection = null
    isOpen = false
    if (error.final) return onState('closed', error.message)
    onState('reconnecting', error.message)
    timer = setTimeout(again, pauseAfter(attempts++))
  }

  // again opens after a check: a restarted server counts from 1 again.
  async function again() {
    const mine = timer
    try {
      const began = seen.id > 0 && await beganAnew()
      if (mine !== timer) return
      if (began) {
        seen = { id: 0 }
        onNote('The server was restarted: the room starts again from the first message.')
      }
      open()
    } catch (error) {
      if (mine === timer) lost(error)
    }
  }

  async function beganAnew() {
    const { messages: [message] } = await get(messagesURL(room, { after: seen.id - 1, limit: 1 }), { onCost })
    return !message || (message.id === seen.id && message.at !== seen.at)
  }

  onState('connecting')
  if (check) timer = setTimeout(again)
  else open()
  return {
    async send(user, text) {
      if (!isOpen) throw new Error('the connection is lost, so nothing was sent')
      await connection.send(user, text)
    },
    close() {
      clearTimeout(timer)
      timer = null
      connection?.close()
      connection = null
      return seen
    },
  }
}
