package browser

import (
	"testing"

	"github.com/chromedp/chromedp"
)

// The name of a line switches it in both drawings, by keys as well; a drag shows a
// part of a chart, and Escape all of it again.
func TestReportSwitchesAndZooms(t *testing.T) {
	t.Parallel()
	b := open(t, written(t, "run", ofEveryTransport(t)))
	b.do(`window.figure = document.querySelector('#chart-latency')
		window.hidden = () => [...figure.querySelectorAll('[data-line="ws"].off')].map(e => e.ownerSVGElement.classList[0])
		window.entry = figure.querySelector('.wide .entry[data-line="ws"]')
		entry.focus()`)
	for _, gone := range []string{`new Set(hidden()).size === 2`, `hidden().length === 0`} {
		b.must(chromedp.Do(b.ctx, chromedp.KeyEvent("\r")))
		b.await(gone)
	}
	b.do(`window.svg = figure.querySelector('.wide')
		window.whole = svg.getAttribute('viewBox')
		const { x, y, width, height } = svg.getBoundingClientRect()
		const at = (type, share) => svg.dispatchEvent(new PointerEvent(type, {
			bubbles: true, button: 0, pointerType: 'mouse', clientX: x + share * width, clientY: y + share * height }))
		svg.setPointerCapture = () => {} // no pointer is there to be captured
		at('pointerdown', 0.2)
		at('pointermove', 0.6)
		at('pointerup', 0.6)`)
	b.await(`svg.getAttribute('viewBox') !== whole && figure.querySelector('.reset') !== null`)
	b.must(chromedp.Do(b.ctx, chromedp.KeyEvent("\u001b")))
	b.await(`svg.getAttribute('viewBox') === whole && figure.querySelector('.reset') === null`)
}
