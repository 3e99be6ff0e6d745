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

// median is that of numbers, of which there is one at least.
function median(numbers) {
  const sorted = numbers.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}

// lane makes the pane of a transport, and receives in it.
export function lane(transport) {
  const figures = {}
  const figure = (name, label) => {
    figures[name] = element('dd', { textContent: '–' })
    figures[name].dataset.figure = name
    return element('div', {}, element('dt', { textContent: label }), figures[name])
  }
  const pill = element('span', { className: 'state' }), note = element('span', { className: 'faint' })
  const canvas = element('canvas', { className: 'chart' })
  canvas.role = 'img'
  canvas.ariaLabel = 'Delays of messages in the last 30 seconds, and when requests were sent'
  const tail = element('ol', { className: 'tail' })
  const pane = element('article', { className: 'lane', ariaLabel: transport.label },
    element('h3', { textContent: transport.label }),
    element('p', { className: 'status' }, pill, note),
    element('dl', { className: 'figures' },
      figure('last', 'last delay'),
      figure('median', 'median of 30 s'),
      figure('messages', 'messages'),
      figure('requests', 'requests'),
      figure('rate', 'requests per second'),
      figure('received', 'payload received'),
      figure('transferred', 'transferSize')),
    canvas, tail)
  pane.dataset.transport = transport.name

  let open = null
  let seen, begun, cost, delays, requests, messages

  // begin forgets what was, and receives what follows the message `start`.
  function begin(room, start, interval) {
    end()
    seen = start
    begun = performance.now()
    cost = new Cost()
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
      onState: (state, why) => showState(pill, note, state, why),
      onNote: text => append(element('li', { className: 'note', textContent: text })),
      onCost(part) {
        sum.add(part)
        for (let i = 0; i < (part.requests ?? 0); i++) requests.push(performance.now())
      },
      onMessage(message) {
        append(messageItem(message))
        messages++
        delays.push({ at: performance.now(), delay: Date.now() - message.at })
      },
    })
  }

  function append(item) {
    tail.append(item)
    while (tail.childElementCount > tailLength) tail.firstElementChild.remove()
  }

  // show brings figures and chart up to date.
  function show() {
    const now = performance.now()
    delays = delays.filter(({ at }) => at > now - span)
    requests = requests.filter(at => at > now - span)
    const late = delays.map(({ delay }) => delay)
    const since = Math.min(rateSpan, now - begun)
    const lately = requests.filter(at => at > now - since).length
    figures.last.textContent = late.length ? duration(late.at(-1) / 1000) : '–'
    figures.median.textContent = late.length ? duration(median(late) / 1000) : '–'
    figures.messages.textContent = count(messages)
    figures.requests.textContent = count(cost.requests)
    figures.rate.textContent = (lately / since * 1000).toFixed(1)
    figures.received.textContent = bytes(cost.received)
    figures.transferred.textContent = transport.transferSize ? bytes(cost.transferred) : 'not reported'
    draw(canvas, { now, delays, requests })
  }

  function end() {
    open?.close()
    open = null
  }

  return { pane, transport, begin, connect, show, end }
}
