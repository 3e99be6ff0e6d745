// The race: one room over several transports at once, side by side.

import { byId, element } from './dom.js'
import { count } from './format.js'
import { publish } from './http.js'
import { lane } from './lane.js'
import { newest } from './link.js'
import { showState } from './state.js'
import { transports } from './transports/all.js'

const atFirst = ['poll', 'longpoll', 'sse', 'ws', 'socketio-ws']
const still = matchMedia('(prefers-reduced-motion: reduce)')
const sayings = ['hello', 'is anybody there?', 'the kettle is on', 'here is a longer one, to see what length costs', 'and now?', 'the café at five?']

// race makes the view usable. who() is who says something.
export function race({ who }) {
  const interval = byId('race-interval'), trickle = byId('trickle'), pause = byId('trickle-pause')
  const error = byId('race-error')
  const lanes = transports.map(transport => lane(transport, onRestart))
  const running = new Set()
  let room, abort = null, trickling = null, said = 0, compared = 0, since = ''

  for (const { transport } of lanes) {
    const box = element('input', { type: 'checkbox', value: transport.name, checked: atFirst.includes(transport.name) })
    const label = element('label', { className: 'check' }, box, element('span', { className: 'swatch' }), transport.label)
    label.dataset.transport = transport.name
    box.onchange = begin
    byId('lanes').append(label)
  }

  const chosen = () => lanes.filter(({ transport }) => byId('lanes').querySelector(`[value="${transport.name}"]`).checked)
  const everyMs = () => Number(interval.value) * 1000

  // begin starts all lanes from the same message.
  async function begin() {
    end()
    compared = 0
    byId('track').replaceChildren(...chosen().map(({ pane }) => pane))
    const mine = abort = new AbortController()
    const onState = (state, note) => {
      byId('race-status').hidden = state === 'open' // from then on the lanes say how they are
      showState(byId('race-state'), byId('race-note'), state, note)
    }
    const start = await newest(room, 1, { signal: mine.signal, onState, onCost: () => {} })
    if (!start || mine.signal.aborted) return
    onState('open')
    for (const l of chosen()) {
      running.add(l)
      l.begin(room, start.seen, everyMs)
    }
    show(mine.signal)
    keepSaying()
  }

  function end() {
    abort?.abort()
    clearTimeout(trickling)
    for (const l of running) l.end()
    running.clear()
  }

  function show(signal) {
    if (signal.aborted) return
    const inStep = [...running].filter(l => l.isRunning()).map(l => l.reached())
    if (inStep.length) compared = Math.max(compared, Math.min(...inStep))
    const ahead = Math.max(...[...running].map(l => l.reached()))
    for (const l of running) l.show(compared, ahead)
    byId('compared').textContent = since + (compared
      ? `Compared at message ${count(compared)}, the last that every connected lane has received.`
      : 'Nothing to compare yet: no message has reached every connected lane.')
    setTimeout(() => requestAnimationFrame(() => show(signal)), still.matches ? 1000 : 100)
  }

  function onRestart() {
    since = 'The server was restarted, so the race started over. '
    begin()
  }

  async function say() {
    try {
      await publish(room, who(), sayings[said++ % sayings.length], () => {})
      error.textContent = ''
    } catch (failed) {
      error.textContent = `Not confirmed: ${failed.message}.`
    }
  }

  function keepSaying() {
    clearTimeout(trickling)
    if (!trickle.checked || !pause.checkValidity()) return
    trickling = setTimeout(() => {
      say()
      keepSaying()
    }, Number(pause.value) * 1000 * (0.5 + Math.random())) // a beat would be in step with the polls
  }

  byId('say-something').onclick = say
  byId('again').onclick = () => {
    since = ''
    begin()
  }
  trickle.onchange = keepSaying
  pause.onchange = () => pause.reportValidity() && keepSaying()
  interval.onchange = () => {
    if (!interval.reportValidity()) return
    for (const l of running) if (l.transport.paced) l.connect(room, everyMs)
  }

  return {
    // resume runs the race in a room, from now on; suspend ends it.
    resume(wanted) {
      room = wanted
      begin()
    },
    suspend: end,
  }
}
