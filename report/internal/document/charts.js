// A chart tells its values where it is pointed at, and by the arrow keys. The
// drawing for phones has its spots in the same order, without their words.
const tip = document.createElement('div')
tip.className = 'tip'
tip.role = 'status'
tip.hidden = true
document.body.append(tip)

const words = new Map()
const show = (spots, x, y) => {
  tip.replaceChildren(...spots.slice(0, 6).map(spot => {
    const line = document.createElement('p'), head = document.createElement('strong')
    const [first, ...rest] = words.get(spot).split('\n')
    head.textContent = first
    line.append(head, '\n' + rest.join('\n'))
    return line
  }))
  tip.hidden = false
  const { width, height } = tip.getBoundingClientRect()
  tip.style.left = Math.max(4, Math.min(x + 14, innerWidth - width - 4)) + 'px'
  tip.style.top = Math.max(4, y + 18 + height > innerHeight ? y - height - 12 : y + 18) + 'px'
}
const hide = () => { tip.hidden = true }

const tellValues = svg => {
  const spots = [...svg.querySelectorAll('.spots path')]
  const shown = () => spots.filter(spot => !spot.closest('.off'))
  for (const spot of spots) {
    spot.setAttribute('role', 'img')
    spot.setAttribute('aria-label', words.get(spot))
    spot.setAttribute('tabindex', spot === spots[0] ? 0 : -1)
    spot.onfocus = () => {
      const box = spot.getBoundingClientRect()
      show([spot], box.right, box.top)
    }
    spot.onblur = hide
    spot.onkeydown = e => {
      const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[e.key]
      if (!step) return
      e.preventDefault()
      const list = shown(), next = list[list.indexOf(spot) + step]
      if (!next) return
      spot.setAttribute('tabindex', -1)
      next.setAttribute('tabindex', 0)
      next.focus()
    }
  }
  svg.onpointermove = svg.onpointerdown = e => {
    const at = document.elementsFromPoint(e.clientX, e.clientY).filter(el => words.has(el))
    at.length > 0 && !svg.querySelector('.frame') ? show(at, e.clientX, e.clientY) : hide()
  }
  svg.onpointerleave = e => { if (e.pointerType === 'mouse') hide() }
}

// The name of a line switches it in all panels, and in both drawings.
const switchLines = figure => {
  const entries = [...figure.querySelectorAll('.entry')]
  const flip = name => {
    const off = figure.querySelector(`.entry[data-line="${CSS.escape(name)}"]`).ariaPressed === 'true'
    for (const part of figure.querySelectorAll('[data-line]')) {
      if (part.dataset.line !== name) continue
      if (part.matches('.entry')) part.ariaPressed = String(!off)
      else part.classList.toggle('off', off)
    }
  }
  for (const entry of entries) {
    entry.setAttribute('role', 'button')
    entry.setAttribute('tabindex', 0)
    entry.setAttribute('aria-label', 'Show ' + entry.dataset.line)
    entry.ariaPressed = 'true'
    entry.onclick = () => flip(entry.dataset.line)
    entry.onkeydown = e => {
      if (e.key !== 'Enter' && e.key !== ' ') return
      e.preventDefault()
      flip(entry.dataset.line)
    }
  }
}

// Dragging over a chart shows that part of it larger, until Escape, a double click
// or the button.
const zoom = (figure, svg) => {
  const whole = svg.getAttribute('viewBox'), button = document.createElement('button')
  button.className = 'reset'
  button.textContent = 'Whole chart'
  const reset = () => {
    svg.setAttribute('viewBox', whole)
    svg.classList.remove('zoomed')
    button.remove()
  }
  button.onclick = svg.ondblclick = reset
  const place = e => new DOMPoint(e.clientX, e.clientY).matrixTransform(svg.getScreenCTM().inverse())
  let from = null, frame = null
  const drop = () => {
    frame?.remove()
    from = frame = null
  }
  svg.addEventListener('pointerdown', e => {
    if (e.pointerType !== 'touch' && e.button === 0 && !e.target.closest('.entry')) from = place(e)
  })
  svg.addEventListener('pointermove', e => {
    if (!from) return
    const to = place(e), width = Math.abs(to.x - from.x), height = Math.abs(to.y - from.y)
    if (!frame && Math.max(width, height) > 8) {
      frame = document.createElementNS(svg.namespaceURI, 'rect')
      frame.setAttribute('class', 'frame')
      svg.append(frame)
      svg.setPointerCapture(e.pointerId)
      hide()
    }
    const box = { x: Math.min(from.x, to.x), y: Math.min(from.y, to.y), width, height }
    if (frame) for (const [name, v] of Object.entries(box)) frame.setAttribute(name, v)
  })
  svg.addEventListener('pointercancel', drop)
  svg.addEventListener('pointerup', () => {
    if (frame) {
      const { x, y, width, height } = frame.getBBox()
      if (width >= 8 && height >= 8) {
        svg.setAttribute('viewBox', [x, y, width, height].join(' '))
        svg.classList.add('zoomed')
        figure.prepend(button)
      }
    }
    drop()
  })
  return reset
}

const resets = []
for (const figure of document.querySelectorAll('figure')) {
  const [wide, narrow] = figure.querySelectorAll('svg')
  const said = [...wide.querySelectorAll('.spots path')]
  const others = narrow.querySelectorAll('.spots path')
  said.forEach((spot, i) => {
    for (const each of [spot, others[i]]) words.set(each, spot.textContent)
  })
  for (const spot of said) spot.firstChild.remove() // or there would be two tips
  switchLines(figure)
  for (const svg of [wide, narrow]) {
    if (said.length > 0) svg.setAttribute('role', 'group')
    tellValues(svg)
    resets.push(zoom(figure, svg))
  }
}
addEventListener('keydown', e => {
  if (e.key !== 'Escape') return
  hide()
  for (const reset of resets) reset()
})
addEventListener('scroll', hide, { passive: true, capture: true })
