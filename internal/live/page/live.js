// Follows a run: takes its events and shows them.
import { draw, sample } from './chart.js'
import { bytes, count, duration, memory, percent, span } from './format.js'
import { transports } from './transports.js'

const $ = id => document.getElementById(id)

let run, trials, last, ended // the outline, seconds by trial, the last second of all, how the run ended
const forget = () => { run = null; trials = new Map(); last = null; ended = null }
forget()

const key = t => [t.point, t.transport, t.trial, t.attempt].join('\n')

const take = {
  hello: forget,
  begun(outline) { forget(); run = outline },
  second(s) {
    last = s
    if (!trials.has(key(s))) trials.set(key(s), { ...s, seconds: [] })
    trials.get(key(s)).seconds.push(s)
  },
  ended(o) {
    if (!trials.has(key(o))) trials.set(key(o), { ...o, seconds: [] })
    trials.get(key(o)).outcome = o
  },
  over(end) {
    stream.close()
    ended = end
    say('over', end.interrupted ? 'The run was interrupted.' : 'The run is over.')
    showReports(end)
    if (end.links_until) setTimeout(() => showReports({ reports: end.reports.map(({ path }) => ({ path })) }), end.links_until - Date.now())
  },
}

// showReports names the reports; those that this page's server still serves are
// links.
function showReports({ reports }) {
  $('reports').replaceChildren(...reports.map(({ path, link }) => {
    const line = element('p', 'Report: ')
    line.append(link ? element('a', path, { href: link }) : path)
    return line
  }))
}

// Why a chart has nothing, or only zeros, to show of a trial's seconds; empty where
// it has.
const nobody = all => all.at(-1).rate_asked === 0 ? 'nothing is published in this run' : 'no deliveries yet'
const fewSamples = needed => all => all.every(s => s.deliveries === 0) ? nobody(all) : `too few samples: it takes ${count(needed)} deliveries in a second`
const noCPU = () => run && !run.server_known ? "not known: the target's process was not named (--target-pid)" : 'not measured yet'
const noRequests = () => 'no requests after the handshakes, as it does not poll'

const charts = [
  { id: 'deliveries', title: 'deliveries per second', of: s => s.deliveries, text: count, zero: nobody },
  { id: 'requests', title: 'requests per second', of: s => s.requests, text: count, zero: noRequests },
  { id: 'cpu', title: 'server CPU, of one core', of: s => s.server_cpu, text: percent, none: noCPU },
  { id: 'p50', title: 'delivery latency, p50', of: s => s.p50, text: duration, logarithmic: true, none: fewSamples(20) },
  { id: 'p99', title: 'delivery latency, p99', of: s => s.p99, text: duration, logarithmic: true, none: fewSamples(1000) },
  { id: 'bytes', title: 'bytes per second, in and out', of: s => s.bytes_in + s.bytes_out, text: bytes },
]

// why says of a chart which transports it cannot show, and why.
function why(chart, groups) {
  if (groups.length === 0) return ['nothing measured yet']
  const reasons = new Map()
  for (const { transport, trials } of groups) {
    const all = trials.at(-1).seconds
    const joined = all.filter(s => s.phase !== 'ramp-up')
    const values = all.map(chart.of).filter(v => v !== null && v !== undefined)
    const reason = values.length === 0 ? chart.none?.(all) : joined.length > 0 && joined.every(s => chart.of(s) === 0) ? chart.zero?.(all) : undefined
    if (reason) reasons.set(reason, [...reasons.get(reason) ?? [], transport])
  }
  return [...reasons].map(([reason, names]) => `${names.join(', ')}: ${reason}`)
}

function element(name, text, attributes = {}) {
  const e = document.createElement(name)
  if (text !== undefined) e.textContent = text
  for (const [k, v] of Object.entries(attributes)) e.setAttribute(k, v)
  return e
}

for (const chart of charts) {
  const figure = element('figure', undefined, { id: chart.id })
  chart.svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg')
  chart.svg.setAttribute('role', 'img')
  chart.svg.setAttribute('aria-label', `${chart.title}, second by second; the table below shows the last second`)
  chart.why = element('p', undefined, { class: 'faint why' })
  figure.append(element('figcaption', chart.title), chart.svg, chart.why)
  $('charts').append(figure)
}

function say(state, text) {
  $('link').dataset.state = state
  $('link').textContent = text
}

// shown are the trials of the current point, the known transports in their order.
function shown() {
  const rank = t => { const i = transports.findIndex(({ name }) => name === t); return i < 0 ? transports.length : i }
  const byTransport = new Map()
  for (const t of trials.values()) {
    if (last && t.point !== last.point || t.seconds.length === 0) continue
    if (!byTransport.has(t.transport)) byTransport.set(t.transport, [])
    byTransport.get(t.transport).push(t)
  }
  return [...byTransport].sort(([a], [b]) => rank(a) - rank(b)).map(([transport, list]) => ({ transport, trials: list }))
}

function render() {
  $('scenario').textContent = run ? run.scenario : ''
  $('about').textContent = run ? run.about : ''
  $('point').textContent = last?.point ? `The charts show the current point: ${last.point}.` : ''
  if (ended) {
    $('now').textContent = 'No trial is running.'
    $('left').textContent = ''
    if (!ended.interrupted) $('done').value = 1
  } else if (last) {
    const attempt = last.attempt > 1 ? ', repeated' : ''
    $('now').textContent = `${last.transport}${last.point && `, ${last.point}`}, trial ${last.trial} of ${last.of}${attempt}: ${last.phase}`
    const left = ['phase', 'trial', 'run'].filter(part => last[`${part}_left_s`] >= 0.5).map(part => `${part} ${span(last[`${part}_left_s`])}`)
    $('left').textContent = left.length ? `Planned time left: ${left.join(', ')}` : ''
    if (run) $('done').value = Math.max(0, 1 - last.run_left_s / run.planned_s)
  }
  const groups = shown()
  for (const chart of charts) {
    draw(chart, groups)
    chart.why.textContent = why(chart, groups).join(' · ')
  }
  $('key').replaceChildren(...groups.map(g => {
    const item = element('li', undefined, { 'data-transport': g.transport })
    item.append(sample(g.transport), g.transport)
    return item
  }))
  $('rows').replaceChildren(...groups.map(g => row(g.trials.at(-1))))
  const finished = [...trials.values()].filter(t => t.outcome).reverse()
  $('none').hidden = finished.length > 0
  $('trials').replaceChildren(...finished.map(outcome))
}

const known = (v, text) => v === null || v === undefined ? '–' : text(v)
const of = (have, asked) => have === asked ? count(have) : `${count(have)} of ${count(asked)}`

function row(trial) {
  const s = trial.seconds.at(-1)
  const line = element('tr', undefined, { 'data-transport': s.transport })
  line.append(element('th', s.transport, { scope: 'row' }), ...[
    `${s.trial} of ${s.of}`, trial.outcome ? 'ended' : s.phase, of(s.clients, s.clients_asked), count(s.requests), count(s.deliveries),
    of(s.published, s.rate_asked), `${bytes(s.bytes_in)}/s`, `${bytes(s.bytes_out)}/s`, known(s.server_cpu, percent), known(s.server_rss_bytes, memory),
    known(s.p50, duration), known(s.p99, duration), count(s.missing),
  ].map(text => element('td', text)))
  return line
}

function outcome({ outcome: o }) {
  const item = element('li', undefined, { 'data-validity': o.validity })
  const verdict = o.status === 'complete' ? o.validity : o.status
  const why = o.reasons.length ? `: ${o.reasons.join('; ')}` : ''
  item.append(`${o.transport}${o.point && `, ${o.point}`}, trial ${o.trial} of ${o.of}${o.attempt > 1 ? ', repeated' : ''}: `, element('b', verdict), `${why} (${count(o.delivered)} deliveries, ${count(o.lost)} lost)`)
  return item
}

let due = false
function soon() {
  if (due) return
  due = true
  requestAnimationFrame(() => { due = false; render() })
}

const stream = new EventSource('events')
stream.onopen = () => say('open', 'following the run')
stream.onerror = () => say('lost', stream.readyState === EventSource.CLOSED ? 'Cannot follow the run: it has ended, or too many pages follow it. Reload to try again.' : 'connection lost, trying again …')
stream.onmessage = e => {
  for (const [kind, value] of Object.entries(JSON.parse(e.data))) take[kind]?.(value)
  soon()
}
new ResizeObserver(soon).observe($('charts'))
