// The chat: one room over one transport.

import { announcer } from './announce.js'
import { Cost } from './cost.js'
import { byId, element } from './dom.js'
import { bytes, count } from './format.js'
import { Refusal, get, messagesURL } from './http.js'
import { textProblem } from './limits.js'
import { link, newest } from './link.js'
import { messageItem } from './message.js'
import { showState } from './state.js'
import { transports } from './transports/all.js'

const pageSize = 50
const mostShown = 1000

// chat makes the view usable, at first over the transport `via`, if there is one
// of that name. whoIsIt() returns the name, or '' having said what is wrong with it.
export function chat({ whoIsIt, isOwn, via, onTransport }) {
  const log = byId('log'), earlier = byId('earlier'), unread = byId('unread')
  const choice = byId('transport'), interval = byId('interval')
  const text = byId('text'), error = byId('text-error')
  const announce = announcer(byId('news'))
  let room, seen // where it is: the room, and the last message of it
  let open = null // the link, while there is one
  let cost, breaks, abort, unseen = 0, sending = false

  for (const { name, label } of transports) choice.append(element('option', { value: name, textContent: label }))
  choice.value = transports.some(({ name }) => name === via) ? via : 'ws'

  const transport = () => transports.find(({ name }) => name === choice.value)

  function describe() {
    const { name, about, paced } = transport()
    byId('chat-view').dataset.transport = name
    byId('about').textContent = about
    byId('interval-field').hidden = !paced
  }

  function showCost() {
    byId('requests').textContent = count(cost.requests)
    byId('received').textContent = bytes(cost.received)
    byId('breaks').textContent = count(breaks)
  }

  // begin shows the newest messages, and receives what follows.
  async function begin() {
    log.replaceChildren()
    earlier.hidden = unread.hidden = true
    cost = new Cost()
    breaks = 0
    const mine = abort = new AbortController()
    const start = await newest(room, pageSize, { signal: mine.signal, onState, onCost: addTo(cost) })
    if (!start || mine.signal.aborted) return
    log.append(...start.messages.map(item))
    earlier.hidden = !(start.messages[0]?.id > 1)
    toEnd()
    seen = start.seen
    connect({ check: false })
  }

  // carryOn receives what follows, over the transport that is chosen now.
  function carryOn() {
    end()
    if (seen) connect({ check: true })
    else begin()
  }

  function connect({ check }) {
    open = link(transport(), {
      room, seen, check, onState, onNote,
      interval: () => Number(interval.value) * 1000,
      onCost: addTo(cost),
      onMessage(message) {
        show(item(message))
        announce(`${message.user}: ${message.text}`)
      },
    })
  }

  function end() {
    abort?.abort()
    if (open) seen = open.close()
    open = null
  }

  const addTo = sum => part => {
    sum.add(part)
    if (sum === cost) showCost()
  }

  function onState(state, note) {
    if (state === 'reconnecting' && byId('state').dataset.state === 'open') breaks++
    showState(byId('state'), byId('state-note'), state, note)
    showCost()
  }

  // onNote: whatever it is, what lies before is not to be had any more.
  function onNote(said) {
    earlier.hidden = true
    show(element('li', { className: 'note', textContent: said }))
  }

  const item = message => messageItem(message, isOwn(message))
  // Whoever reads the end stays there, whatever comes and however the window
  // changes; whoever has scrolled back is not disturbed.
  const atEnd = () => log.scrollHeight - log.scrollTop - log.clientHeight < 40
  // What moves while the sizes change is the window's doing, not the reader's.
  let following = true, sizesAtEnd = ''
  const sizes = () => [log.clientWidth, log.clientHeight, log.scrollHeight].join()
  const isFollowing = () => following &&= atEnd() || sizes() !== sizesAtEnd
  new ResizeObserver(() => following && toEnd()).observe(log)

  function toEnd() {
    following = true
    log.scrollTop = log.scrollHeight
    sizesAtEnd = sizes()
    unseen = 0
    unread.hidden = true
  }

  function show(added) {
    const follows = isFollowing()
    log.append(added)
    if (follows) {
      while (log.childElementCount > mostShown) {
        log.firstElementChild.remove()
        earlier.hidden = false
      }
      toEnd()
      return
    }
    unseen++
    unread.textContent = unseen === 1 ? '1 new message ↓' : `${count(unseen)} new messages ↓`
    unread.hidden = false
  }

  async function showEarlier() {
    const from = room
    const first = log.querySelector('.message').value
    const after = Math.max(0, first - 1 - pageSize)
    earlier.hidden = true
    try {
      const { messages } = await get(messagesURL(from, { after, limit: pageSize }), { onCost: addTo(cost) })
      if (from !== room) return
      // If history is too short, the page begins later than requested.
      const before = messages.filter(({ id }) => id < first)
      const fromEnd = log.scrollHeight - log.scrollTop
      log.prepend(...before.map(item))
      log.scrollTop = log.scrollHeight - fromEnd
      earlier.hidden = !(before[0]?.id > 1)
    } catch (failed) {
      error.textContent = `Earlier messages could not be loaded: ${failed.message}.`
      earlier.hidden = false
    }
  }

  async function say() {
    const said = text.value
    error.textContent = textProblem(said)
    const user = whoIsIt()
    if (error.textContent || !user || sending) return
    sending = true
    try {
      if (!open) throw new Error('not connected yet')
      await open.send(user, said)
      if (text.value === said) text.value = ''
    } catch (failed) {
      error.textContent = `${failed instanceof Refusal ? 'Refused' : 'Not confirmed'}: ${failed.message}.`
    }
    sending = false
  }

  choice.onchange = () => {
    describe()
    onTransport(choice.value)
    carryOn()
  }
  interval.onchange = () => interval.reportValidity() && carryOn()
  earlier.onclick = showEarlier
  unread.onclick = toEnd
  log.onscroll = () => {
    following ||= atEnd()
    if (isFollowing()) toEnd()
  }
  byId('say').onsubmit = event => {
    event.preventDefault()
    say()
  }
  text.onkeydown = event => {
    if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return
    event.preventDefault()
    say()
  }
  describe()

  return {
    // resume receives a room, from where it was if it was there before; suspend
    // gives the connection back.
    resume(wanted) {
      if (wanted !== room) seen = null
      room = wanted
      carryOn()
    },
    suspend: end,
  }
}
