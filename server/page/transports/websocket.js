import { Refusal, answered, roomURL, size } from '../http.js'

export const noTransferSize = 'browsers report none for WebSockets'

// opening returns the open of a WebSocket with more in its query.
export const opening = query => ({ room, after, onMessage, onTruncated, onState, onCost }) => {
  const url = new URL(`${roomURL(room)}/ws?after=${after}${query}`, location.href)
  url.protocol = url.protocol.replace('http', 'ws')
  const socket = new WebSocket(url)
  const answers = [] // of what was sent and is not answered yet: the server answers in order
  let closed = false
  onCost({ requests: 1 })

  socket.onopen = () => onState('open', socket.extensions.includes('permessage-deflate') ? 'compressed' : 'not compressed')
  socket.onmessage = ({ data }) => {
    if (closed) return
    onCost({ received: size(data) })
    for (const line of data.split('\n')) {
      const { ack, error, truncated, ...message } = JSON.parse(line)
      if (ack) answers.shift()?.resolve(ack)
      else if (error) answers.shift()?.reject(new Refusal(error.status, error.title))
      else if (truncated) onTruncated()
      else if (!closed) onMessage(message)
    }
  }
  socket.onclose = ({ code, reason }) => {
    forget()
    if (!closed) onState('closed', new Error(reason ? `closed with ${code}: ${reason}` : `the WebSocket closed with ${code}`))
  }

  function forget() {
    for (const answer of answers.splice(0)) answer.reject(new Error('the connection was lost before the answer'))
  }

  return {
    // What is given up stays in line: its answer may come yet, before the next one's.
    send: (user, text) => answered(() => new Promise((resolve, reject) => {
      answers.push({ resolve, reject })
      socket.send(JSON.stringify({ user, text }))
    })),
    close() {
      closed = true
      forget()
      socket.close()
    },
  }
}
