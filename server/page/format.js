// Numbers and times as people read them.

const whole = new Intl.NumberFormat('en')
const short = new Intl.NumberFormat('en', { maximumSignificantDigits: 3 })

export const count = n => whole.format(n)

export function bytes(n) {
  if (n < 1000) return `${n} B`
  if (n < 999_500) return `${short.format(n / 1000)} kB`
  return `${short.format(n / 1e6)} MB`
}

export function duration(ms) {
  if (ms < 1000) return `${Math.round(ms)} ms`
  return `${short.format(ms / 1000)} s`
}

const timeOfDay = new Intl.DateTimeFormat(undefined, { timeStyle: 'medium', hourCycle: 'h23' })

export const clock = at => timeOfDay.format(at)

export function median(numbers) {
  const sorted = numbers.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}
