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

// What a row counts is shown at its name as well.
const means = new Map([...document.querySelectorAll('.meanings li')].map(li => {
  const name = li.firstChild.textContent
  return [name, li.textContent.slice(name.length + 2)]
}))

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
    const meaning = means.get(button.textContent)
    button.title = (meaning ? meaning + '\n' : '') + (byColumn ? 'Sort by this' : 'Sort the columns by this')
    header.append(button)
    button.onclick = () => {
      const up = header.ariaSort !== 'ascending'
      for (const other of headers) other.removeAttribute('aria-sort')
      header.ariaSort = up ? 'ascending' : 'descending'
      sort(header, up ? 1 : -1)
    }
  }
}

// Tables are copied as spreadsheets take them, commands as a shell does.
const texts = {
  table: table => [...table.rows].map(row => [...row.cells].map(cell => cell.innerText.replace(/\s+/g, ' ').trim()).join('\t')).join('\n'),
  code: code => code.textContent.trim(),
}
for (const [name, text] of Object.entries(texts)) {
  if (!navigator.clipboard) break
  for (const from of document.querySelectorAll('.scroll > table, pre > code')) {
    if (from.localName !== name) continue
    const button = document.createElement('button')
    button.className = 'copy'
    button.textContent = name === 'table' ? 'Copy the table' : 'Copy'
    button.onclick = async () => {
      const label = button.textContent
      await navigator.clipboard.writeText(text(from))
      button.textContent = 'Copied'
      setTimeout(() => { button.textContent = label }, 1500)
    }
    from.parentNode.after(button)
  }
}

// A phone shows what leads; the rest is a tap away.
if (matchMedia('(max-width: 590px)').matches) document.querySelector('.seconds')?.removeAttribute('open')
