// A lane of the race: one transport, what it brings and what that costs.

import { draw, span } from './chart.js'
import { Cost } from './cost.js'
import { element } from './dom.js'
import { bytes, count, duration } from './format.js'
import { link } from './link.js'
import { messageItem } from './message.js'
import { showState } from './state.js'

const tailLength = 4
const rateSpan = 10_000 // ms over which requests are counted for their rate
const several = 30 // messages of whose delays there is a median

// rows of a lane's table: label, name of the figure at the compared message, and
// name of the figure so far.
const rows = [
  ['delay', 'delay'],
  [`median, last ${several}`, 'median'],
  ['requests', 'requests-at', 'requests'],
  ['per second', '', 'rate'],
  ['payload', 'received-at', 'received'],
  ['transfer size', 'transferred-at', 'transferred'],
]

// median is that of numbers, of which there is one at least.
function median(numbers) {
  const sorted = numbers.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}

// lane makes the pane of a transport, and receives in it. It calls onRestart
// where messages are numbered anew, so that nothing can be compared any more.
export function lane(transport, onRestart) {
  const figures = {}
  function figure(tag, name) {
    const place = element(tag)
    if (!name) return place
    place.dataset.figure = name
    return figures[name] = place
  }
  const head = (...parts) => element('th', { scope: 'col' }, ...parts)
  const table = element('table', { className: 'figures' },
    element('thead', {}, element('tr', {}, element('td'),
      head('at ', element('span', { className: 'wide', textContent: 'message ' }), figure('b', 'at')), head('so far ', figure('b', 'messages')))),
    element('tbody', {}, ...rows.map(([label, ...names]) => element('tr', {},
      element('th', { scope: 'row', textContent: label }), figure('td', names[0]), figure('td', names[1])))))
  const pill = element('span', { className: 'state' }), note = element('span', { className: 'faint' })
  const canvas = element('canvas', { className: 'chart' })
  canvas.role = 'img'
  canvas.ariaLabel = 'Delays of messages in the last 30 seconds, and when requests were sent'
  const tail = element('ol', { className: 'tail' })
  const pane = element('article', { className: 'lane', ariaLabel: transport.label },
    element('h3', { textContent: transport.label }),
    element('p', { className: 'status' }, pill, note, figure('b', 'behind')),
    table,
    element('p', { className: 'untold faint', textContent: transport.noTransferSize ? `No transfer size: ${transport.noTransferSize}.` : '' }),
    canvas, tail)
  pane.dataset.transport = transport.name

  let open = null, state = 'closed'
  let seen, first, reached, begun, cost, marks, delays, requests, messages

  // begin forgets what was, and receives what follows the message `start`, of
  // which the next is message 1 of the race.
  function begin(room, start, interval) {
    end()
    seen = start
    first = start.id
    reached = 0 // number of the newest message
    begun = performance.now()
    cost = new Cost()
    marks = [] // { number, at, delay, cost }: what each message found when it came
    delays = []
    requests = []
    messages = 0
    tail.replaceChildren()
    connect(room, interval)
  }

  // connect goes on from where it was, as it does when the interval changes.
  function connect(room, interval) {
    if (open) seen = open.close()
    const sum = cost
    open = link(transport, {
      room, seen, interval,
      onState(now, why) {
        state = now
        showState(pill, note, state, why)
      },
      onNote: text => append(element('li', { className: 'note', textContent: text })),
      onCost({ ended, ...part }) {
        sum.add(part)
        // What the browser reports late belongs to all messages that came after it.
        if (ended !== undefined) for (const mark of marks) if (mark.at >= ended) mark.cost.add(part)
        for (let i = 0; i < (part.requests ?? 0); i++) requests.push(performance.now())
      },
      onMessage(message) {
        const number = message.id - first, now = performance.now(), delay = Date.now() - message.at
        if (number <= reached) return onRestart()
        append(messageItem(message))
        messages++
        reached = number
        marks.push({ number, at: now, delay, cost: new Cost(cost) })
        delays.push({ at: now, delay })
      },
    })
  }

  function append(item) {
    tail.append(item)
    while (tail.childElementCount > tailLength) tail.firstElementChild.remove()
  }

  const put = (name, text) => { figures[name].textContent = text }

  // show brings figures and chart up to date: what there was at the message of
  // that number, and how far this lane is behind the one that is ahead of all.
  function show(number, ahead) {
    const now = performance.now()
    delays = delays.filter(({ at }) => at > now - span)
    requests = requests.filter(at => at > now - span)
    const since = Math.min(rateSpan, now - begun)
    put('rate', (requests.filter(at => at > now - since).length / since * 1000).toFixed(1))
    put('messages', count(messages))
    put('behind', reached < ahead ? `${count(ahead - reached)} behind` : '')
    showCost('', cost)
    put('at', count(number))
    marks = marks.filter(mark => mark.number > number - several)
    const upTo = marks.filter(mark => mark.number <= number), mark = upTo.at(-1)
    const has = mark?.number === number
    put('delay', has ? duration(mark.delay / 1000) : '–')
    put('median', has ? duration(median(upTo.map(({ delay }) => delay)) / 1000) : '–')
    showCost('-at', has && mark.cost)
    draw(canvas, { now, delays, requests })
  }

  function showCost(when, cost) {
    put(`requests${when}`, cost ? count(cost.requests) : '–')
    put(`received${when}`, cost ? bytes(cost.received) : '–')
    put(`transferred${when}`, cost && !transport.noTransferSize ? bytes(cost.transferred) : '–')
  }

  function end() {
    open?.close()
    open = null
    state = 'closed'
  }

  return {
    pane, transport, begin, connect, show, end,
    reached: () => reached,
    // isRunning: it is not interrupted, so the others can wait for it.
    isRunning: () => state === 'open' || state === 'connecting',
  }
}
