'use strict'

// A table sorts by a click on a header: rows by a column, or, where each column
// is one transport's, columns by a row. What has no number stands last.
const natural = new Intl.Collator('en', { numeric: true }).compare
const compare = (a, b, sign) => {
  const x = a.dataset.key, y = b.dataset.key
  if (x !== undefined && y !== undefined) return sign * (x - y)
  if (x !== undefined || y !== undefined) return x !== undefined ? -1 : 1
  return sign * natural(a.textContent, b.textContent)
}

for (const table of document.querySelectorAll('table[data-sorts]')) {
  const rows = [...table.rows], body = table.tBodies[0]
  const byColumn = table.dataset.sorts === 'rows'
  const headers = byColumn ? [...rows[0].cells] : rows.slice(1).map(row => row.cells[0])
  const several = (byColumn ? rows.length : rows[0].cells.length) > 2
  if (!several) continue
  const sort = (header, sign) => {
    if (byColumn) {
      const at = header.cellIndex
      body.append(...[...body.rows].sort((a, b) => compare(a.cells[at], b.cells[at], sign)))
      return
    }
    const cells = [...header.parentNode.cells].slice(1)
    const order = cells.map((_, i) => i).sort((a, b) => compare(cells[a], cells[b], sign))
    for (const row of rows) {
      const old = [...row.cells].slice(1)
      row.append(...order.map(i => old[i]))
    }
  }
  for (const header of headers) {
    const button = document.createElement('button')
    button.append(...header.childNodes)
    button.title = byColumn ? 'Sort by this' : 'Sort the columns by this'
    header.append(button)
    button.onclick = () => {
      const up = header.ariaSort !== 'ascending'
      for (const other of headers) other.removeAttribute('aria-sort')
      header.ariaSort = up ? 'ascending' : 'descending'
      sort(header, up ? 1 : -1)
    }
  }
}

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
