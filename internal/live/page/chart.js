// Draws one number of every second, a curve for each trial.

// looks tell the transports apart without colours, too: what asks has filled
// markers, what is pushed to hollow ones. Colours are in live.css; the one that is
// too light for a light page gets an edge (cased).
export const looks = [
  { transport: 'poll', shape: 'circle', dashes: '' },
  { transport: 'poll-etag', shape: 'square', dashes: '7 3' },
  { transport: 'longpoll', shape: 'up', dashes: '2 3' },
  { transport: 'sse', shape: 'down', dashes: '9 3 2 3', hollow: true },
  { transport: 'ws', shape: 'circle', dashes: '', hollow: true },
  { transport: 'ws-deflate', shape: 'square', dashes: '7 3', hollow: true },
  { transport: 'ws-batch', shape: 'up', dashes: '2 3', hollow: true },
  { transport: 'socketio-polling', shape: 'diamond', dashes: '12 4', cased: true },
  { transport: 'socketio-ws', shape: 'diamond', dashes: '12 4', hollow: true },
]
const lookOf = transport => looks.find(l => l.transport === transport) ?? { shape: 'square', dashes: '1 4' }

const shapes = {
  circle: 'M-4,0a4,4 0 1,0 8,0a4,4 0 1,0 -8,0z',
  square: 'M-3.5,-3.5h7v7h-7z',
  up: 'M0,-4.5l4.5,8h-9z',
  down: 'M0,4.5l4.5,-8h-9z',
  diamond: 'M0,-5l5,5l-5,5l-5,-5z',
}

const height = 190, left = 58, right = 16, top = 8, bottom = 20 // px
const marked = 10 // seconds from one marker to the next

function svg(name, attributes, text) {
  const e = document.createElementNS('http://www.w3.org/2000/svg', name)
  for (const [k, v] of Object.entries(attributes)) e.setAttribute(k, v)
  if (text !== undefined) e.textContent = text
  return e
}

function mark(look, x, y) {
  return svg('path', { class: look.hollow ? 'mark hollow' : 'mark', d: shapes[look.shape], transform: `translate(${x.toFixed(1)},${y.toFixed(1)})` })
}

// sample shows a transport's line and marker.
export function sample(transport) {
  const look = lookOf(transport)
  const e = svg('svg', { viewBox: '0 0 40 14', 'aria-hidden': 'true' })
  e.append(svg('path', { class: 'curve', d: 'M0,7h40', 'stroke-dasharray': look.dashes }), mark(look, 20, 7))
  return e
}

// step is a round distance so that at most so many of it lie in a span.
function step(span, most) {
  const power = 10 ** Math.floor(Math.log10(span / most))
  return [1, 2, 5, 10].map(f => f * power).find(s => span / s <= most)
}

function linear(values, base) {
  const highest = Math.max(...values, 0) || 1
  const factor = base ? base ** Math.max(Math.floor(Math.log(highest) / Math.log(base)), 0) : 1
  const by = factor * step(highest / factor, 4)
  const ticks = []
  for (let i = 0; (i - 1) * by < highest; i++) ticks.push(i * by)
  return { ticks, at: v => v / ticks.at(-1) }
}

function logarithmic(values) {
  const above = values.filter(v => v > 0)
  const low = Math.floor(Math.log10(Math.min(...above, 1))), high = Math.max(Math.ceil(Math.log10(Math.max(...above, 10 ** low))), low + 1)
  const ticks = []
  for (let power = low; power <= high; power++) ticks.push(Number(`1e${power}`))
  return { ticks, at: v => (Math.max(Math.log10(v), low) - low) / (high - low) }
}

// draw draws a chart anew: groups are transports with their trials, the last
// trial of each strong.
export function draw(chart, groups) {
  const width = chart.svg.parentElement.clientWidth
  if (width === 0) return
  const seconds = groups.flatMap(g => g.trials.flatMap(t => t.seconds))
  const values = seconds.map(chart.of).filter(v => v !== null && v !== undefined)
  const scale = (chart.logarithmic ? logarithmic : linear)(values, chart.base)
  const longest = seconds.reduce((most, s) => Math.max(most, s.k + 1), 10)
  const x = s => left + (width - left - right) * (s.k + 1) / longest
  const y = v => height - bottom - (height - bottom - top) * scale.at(v)

  chart.svg.setAttribute('viewBox', `0 0 ${width} ${height}`)
  chart.svg.replaceChildren()
  if (values.length > 0 || !chart.logarithmic) {
    for (const tick of scale.ticks) {
      chart.svg.append(svg('path', { class: 'grid', d: `M${left},${y(tick)}H${width - right}` }),
        svg('text', { x: left - 6, y: y(tick) + 4, 'text-anchor': 'end' }, chart.text(tick)))
    }
  }
  const by = step(longest, Math.max(2, Math.floor(width / 80)))
  for (let s = 0; s <= longest; s += by) {
    chart.svg.append(svg('text', { x: left + (width - left - right) * s / longest, y: height - 5, 'text-anchor': s ? 'middle' : 'start' }, `${s} s`))
  }
  for (const { transport, trials } of groups) {
    const look = lookOf(transport)
    trials.forEach((trial, i) => {
      const strong = i === trials.length - 1
      const group = svg('g', { 'data-transport': transport, class: strong ? 'strong' : 'before' })
      const d = path(trial.seconds, chart.of, x, y)
      if (look.cased && strong) group.append(svg('path', { class: 'casing', d, 'stroke-dasharray': look.dashes }))
      group.append(svg('path', { class: 'curve', d, 'stroke-dasharray': look.dashes }))
      if (strong) group.append(...marks(trial.seconds, chart.of).map(s => mark(look, x(s), y(chart.of(s)))))
      chart.svg.append(group)
    })
  }
}

// path joins what is known of each second, and leaves a gap where nothing is.
function path(seconds, of, x, y) {
  let d = '', open = false
  seconds.forEach((s, i) => {
    const v = of(s)
    if (v === null || v === undefined) { open = false; return }
    const next = seconds[i + 1] && of(seconds[i + 1])
    const alone = !open && (next === null || next === undefined)
    d += `${open ? 'L' : 'M'}${(x(s) - alone).toFixed(1)},${y(v).toFixed(1)}${alone ? 'h2' : ''}`
    open = true
  })
  return d
}

// marks are the seconds that get a marker: some, and the last that is known.
function marks(seconds, of) {
  const some = seconds.filter(s => of(s) !== null && of(s) !== undefined)
  return some.filter((s, i) => s.k % marked === 0 || i === some.length - 1)
}
