// A chart tells its values where it is pointed at, and by the arrow keys.
const tip = document.createElement('div')
tip.className = 'tip'
tip.role = 'status'
tip.hidden = true
document.body.append(tip)

const show = (hits, x, y) => {
  tip.replaceChildren(...hits.slice(0, 6).map(hit => {
    const line = document.createElement('p'), name = document.createElement('strong')
    const { name: who, x: where, y: what } = hit.dataset
    name.textContent = who || where
    line.append(name, '\n' + (who && where ? where + ': ' : '') + what)
    return line
  }))
  tip.hidden = false
  const { width, height } = tip.getBoundingClientRect()
  tip.style.left = Math.max(4, Math.min(x + 14, innerWidth - width - 4)) + 'px'
  tip.style.top = Math.max(4, y + 18 + height > innerHeight ? y - height - 12 : y + 18) + 'px'
}
const hide = () => { tip.hidden = true }

for (const svg of document.querySelectorAll('figure svg')) {
  const hits = [...svg.querySelectorAll('[data-y]')]
  if (hits.length === 0) continue
  svg.setAttribute('role', 'group')
  for (const hit of hits) {
    hit.setAttribute('role', 'img')
    hit.setAttribute('aria-label', hit.firstChild.textContent)
    hit.firstChild.remove() // or there would be two tips
    hit.tabIndex = hit === hits[0] ? 0 : -1
    hit.onfocus = () => {
      const box = hit.getBoundingClientRect()
      show([hit], box.right, box.top)
    }
    hit.onblur = hide
    hit.onkeydown = e => {
      const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[e.key]
      if (e.key === 'Escape') hide()
      if (!step) return
      e.preventDefault()
      const next = hits[hits.indexOf(hit) + step]
      if (!next) return
      hit.tabIndex = -1
      next.tabIndex = 0
      next.focus()
    }
  }
  svg.onpointermove = e => {
    const at = document.elementsFromPoint(e.clientX, e.clientY).filter(el => el.dataset.y !== undefined)
    at.length > 0 ? show(at, e.clientX, e.clientY) : hide()
  }
  svg.onpointerleave = hide
}
addEventListener('scroll', hide, { passive: true, capture: true })
