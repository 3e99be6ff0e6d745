// Draws when messages arrived, how late they were, and when requests were sent.

export const span = 30_000 // ms that are shown

const decades = [1, 10, 100, 1000, 10_000] // ms of delay, on a logarithmic scale
const labels = ['1 ms', '10', '100', '1 s', '10 s']
const left = 38, right = 6, top = 8, rug = 26 // px; the rug is the strip of requests

// draw shows the delays [{ at, delay }] and the requests [at] up to now, all in ms.
export function draw(canvas, { now, delays, requests }) {
  const { width, height } = canvas.getBoundingClientRect()
  if (width === 0) return
  const scale = window.devicePixelRatio
  if (canvas.width !== Math.round(width * scale) || canvas.height !== Math.round(height * scale)) {
    canvas.width = Math.round(width * scale)
    canvas.height = Math.round(height * scale)
  }
  const style = getComputedStyle(canvas)
  const ink = style.getPropertyValue('--ink')
  const edge = style.getPropertyValue('--edge')
  const c = canvas.getContext('2d')
  c.setTransform(scale, 0, 0, scale, 0, 0)
  c.clearRect(0, 0, width, height)

  const bottom = height - rug
  const x = at => left + (width - left - right) * (1 - (now - at) / span)
  const y = ms => bottom - (bottom - top) * Math.log10(Math.min(Math.max(ms, 1), 10_000)) / 4

  c.strokeStyle = style.getPropertyValue('--line')
  c.fillStyle = style.color
  c.font = `10px ${style.fontFamily}`
  c.textAlign = 'right'
  c.textBaseline = 'middle'
  c.lineWidth = 1
  c.beginPath()
  decades.forEach((ms, i) => {
    if (i % 2 && bottom - top < 60) return
    const at = Math.round(y(ms)) + 0.5
    c.moveTo(left, at)
    c.lineTo(width - right, at)
    c.fillText(labels[i], left - 6, at)
  })
  c.stroke()
  c.fillText('asked', left - 6, height - 7)

  c.beginPath()
  c.rect(left - 4, 0, width - left + 4, height)
  c.save()
  c.clip()
  c.strokeStyle = edge
  c.lineWidth = 1.5
  c.beginPath()
  for (const at of requests) {
    c.moveTo(x(at), height - 13)
    c.lineTo(x(at), height - 1)
  }
  c.stroke()
  c.fillStyle = ink
  c.lineWidth = 1
  for (const { at, delay } of delays) {
    c.beginPath()
    c.arc(x(at), y(delay), 3, 0, 2 * Math.PI)
    c.fill()
    c.stroke()
  }
  c.restore()
}
