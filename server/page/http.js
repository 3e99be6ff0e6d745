// HTTP requests, and what they cost.

// Refusal is what the server refused, and why.
export class Refusal extends Error {
  constructor(status, message) {
    super(message)
    this.status = status
    // The same again would be refused again, unless there was just too much.
    this.final = status >= 400 && status < 500 && status !== 429
  }
}

const encoder = new TextEncoder()

// size is how many bytes of UTF-8 a text takes.
export const size = text => encoder.encode(text).length

export const roomURL = room => `/api/rooms/${encodeURIComponent(room)}`

export const messagesURL = (room, query) => `${roomURL(room)}/messages?${new URLSearchParams(query)}`

// get returns the answer, decoded, or null where it is 304.
export async function get(url, { signal, headers, onCost }) {
  // no-store: else the browser's cache would make every poll a conditional one.
  const answer = await ask(url, { signal, headers, cache: 'no-store' }, onCost)
  return answer.status === 304 ? null : JSON.parse(answer.body)
}

const answerTimeout = 10_000 // ms

// answered returns what `ask`, which is given a signal, is answered, or gives up.
export async function answered(ask) {
  const abort = new AbortController()
  let timer
  const over = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error('no answer within 10 s; the message may have been posted anyway')), answerTimeout)
  })
  try {
    return await Promise.race([ask(abort.signal), over])
  } finally {
    clearTimeout(timer)
    abort.abort()
  }
}

// publish says something by POST.
export const publish = (room, user, text, onCost) => answered(signal => ask(`${roomURL(room)}/messages`, {
  signal,
  method: 'POST',
  headers: { 'Content-Type': 'application/json' },
  body: JSON.stringify({ user, text }),
}, onCost))

async function ask(url, options, onCost) {
  onCost({ requests: 1 })
  let answer, body
  try {
    answer = await fetch(url, options)
    body = await answer.text()
  } catch (error) {
    throw new Error('the server does not answer', { cause: error })
  }
  onCost({ received: size(body) })
  if (!answer.ok && answer.status !== 304) throw refusal(answer.status, body)
  return { status: answer.status, body }
}

// refusal reads problem+json, of which something between here and the server
// may know nothing.
function refusal(status, body) {
  try {
    const { title, detail } = JSON.parse(body)
    return new Refusal(status, detail ?? title)
  } catch {
    return new Refusal(status, `the server answered ${status}`)
  }
}
