// Numbers as people read them: three digits, and a fitting unit. Units are those
// of the report: traffic in kB, memory in KiB.

const digits = v => v.toLocaleString('en', { maximumSignificantDigits: 3 })

function scaled(v, scales) {
  const rounded = Number(v.toPrecision(3)) // so that 999.9 kB is 1 MB
  const [name, factor] = scales.find(([, factor]) => Math.abs(rounded) >= factor) ?? scales.at(-1)
  return `${digits(rounded / factor)} ${name}`
}

export const count = v => Number.isInteger(v) ? v.toLocaleString('en') : digits(v)
export const percent = v => `${digits(100 * v)} %`
export const duration = seconds => seconds ? scaled(seconds, [['s', 1], ['ms', 1e-3], ['µs', 1e-6]]) : '0 ms'
export const bytes = v => scaled(v, [['MB', 1e6], ['kB', 1e3], ['B', 1]])
export const memory = v => scaled(v, [['GiB', 2 ** 30], ['MiB', 2 ** 20], ['KiB', 2 ** 10], ['B', 1]])

export function span(seconds) {
  const s = Math.round(seconds)
  const parts = [[Math.floor(s / 3600), 'h'], [Math.floor(s / 60) % 60, 'min'], [s % 60, 's']].filter(([n]) => n > 0)
  return parts.length ? parts.map(([n, unit]) => `${n} ${unit}`).join(' ') : '0 s'
}
