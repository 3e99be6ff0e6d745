// Numbers as people read them: three digits, and a fitting unit.

const digits = v => Number(v.toPrecision(3)).toLocaleString('en', { maximumFractionDigits: 12 })

function scaled(v, scales) {
  const [name, factor] = scales.find(([, factor]) => Math.abs(v) >= factor) ?? scales.at(-1)
  return `${digits(v / factor)} ${name}`
}

export const count = v => Number.isInteger(v) ? v.toLocaleString('en') : digits(v)
export const percent = v => `${digits(100 * v)} %`
export const latency = v => scaled(v, [['s', 1], ['ms', 1e-3], ['µs', 1e-6]])
export const bytes = v => scaled(v, [['GiB', 2 ** 30], ['MiB', 2 ** 20], ['KiB', 2 ** 10], ['B', 1]])

export function span(seconds) {
  const s = Math.round(seconds)
  const parts = [[Math.floor(s / 3600), 'h'], [Math.floor(s / 60) % 60, 'min'], [s % 60, 's']].filter(([n]) => n > 0)
  return parts.length ? parts.map(([n, unit]) => `${n} ${unit}`).join(' ') : '0 s'
}
