// Draws one number of every second, a curve for each trial.

import { transports } from './transports.js'

// Shapes and dashes distinguish the transports even without colours. The names of
// markers are those of internal/transport.
const shapes = {
  circle: 'M-4,0a4,4 0 1,0 8,0a4,4 0 1,0 -8,0z',
  square: 'M-3.5,-3.5h7v7h-7z',
  triangle: 'M0,-4.5l4.5,8h-9z',
  downward: 'M0,4.5l4.5,-8h-9z',
  diamond: 'M0,-5l5,5l-5,5l-5,-5z',
  pentagon: 'M0,-4.5l4.3,3.1l-1.6,5h-5.4l-1.6,-5z',
  cross: 'M-3.5,-3.5l7,7m0,-7l-7,7',
  plus: 'M-4,0h8m-4,-4v8',
}
const dashes = {
  circle: '', 'open circle': '7 3', triangle: '2 3', 'open triangle': '12 4', downward: '9 3 2 3', 'open downward': '7 3 2 3',
  square: '', 'open square': '7 3', diamond: '2 3', 'open diamond': '12 4', pentagon: '12 4 2 4',
}

function lookOf(transport) {
  const { marker, cased } = transports.find(t => t.name === transport) ?? { marker: 'open pentagon' }
  return { shape: shapes[marker.replace('open ', '')], open: marker.startsWith('open '), dashes: dashes[marker] ?? '1 4', cased }
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
  return svg('path', { class: look.open ? 'mark open' : 'mark', d: look.shape, transform: `translate(${x.toFixed(1)},${y.toFixed(1)})` })
}

// curve is a line in the transport's way: with an edge, if it needs one and may
// have it.
function curve(look, d, edged = true) {
  return [...(look.cased && edged ? ['casing'] : []), 'curve'].map(name => svg('path', { class: name, d, 'stroke-dasharray': look.dashes }))
}

// sample shows a transport's line and marker.
export function sample(transport) {
  const look = lookOf(transport)
  const e = svg('svg', { viewBox: '0 0 40 14', 'aria-hidden': 'true' })
  e.append(...curve(look, 'M0,7h40'), mark(look, 20, 7))
  return e
}

// step is a round distance so that at most so many of it lie in a span.
function step(span, most) {
  const power = 10 ** Math.floor(Math.log10(span / most))
  return [1, 2, 5, 10].map(f => f * power).find(s => span / s <= most)
}

function linear(values) {
  const highest = Math.max(...values, 0) || 1
  const by = step(highest, 4)
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
  const scale = (chart.logarithmic ? logarithmic : linear)(values)
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
      group.append(...curve(look, d, strong))
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
