package browser

import (
	"bytes"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"gotest.tools/v3/assert"
)

// A report of two transports is read at a glance on a desk, without scrolling
// sideways on a phone, and on a few sheets of paper.
func TestReportFits(t *testing.T) {
	t.Parallel()
	address := written(t, "short", measured(t, short))
	for width, highest := range map[int64]float64{1400: 5076, 390: 5873} {
		b := openWide(t, address, width)
		high := value[float64](b, `document.documentElement.scrollHeight`)
		assert.Check(t, high <= highest, "the page is %v pixels high in a window of %d", high, width)
		if width == 1400 {
			end := value[float64](b, `document.querySelector('figure svg').getBoundingClientRect().bottom`)
			assert.Check(t, end <= 900, "the first chart ends at %v, below the fold", end)
			pdf, err := chromedp.Call(b.ctx, page.PrintToPDF, page.PrintToPDFParams{PaperWidth: 8.27, PaperHeight: 11.69})
			b.must(err)
			sheets := bytes.Count(pdf.Data, []byte("/Type /Page\n"))
			assert.Check(t, sheets > 0 && sheets <= 6, "the report prints on %d pages", sheets)
			continue
		}
		b.do(`for (const part of document.querySelectorAll('details')) part.open = true`)
		sideways := value[[]string](b, `[document.documentElement, ...document.querySelectorAll('.scroll, pre')].filter(e => e.scrollWidth > e.clientWidth + 1).map(e => e.textContent.trim().slice(0, 60))`)
		assert.Check(t, len(sideways) == 0, "on a phone these scroll sideways: %q", sideways)
	}
}

// Tables are copied as spreadsheets take them, and commands as a shell does.
func TestReportCopies(t *testing.T) {
	t.Parallel()
	b := open(t, written(t, "short", measured(t, short)))
	b.do(`navigator.clipboard.writeText = async text => { window.copied = text }`)
	for from, want := range map[string]string{"#numbers ~ .copy": "metric\tpoll\tws\ntrials shown\t", "#repeat ~ .copy": "pollpush run "} {
		b.do(`document.querySelector(` + quote(from) + `).focus()`)
		b.must(chromedp.Do(b.ctx, chromedp.KeyEvent("\r")))
		b.await(`window.copied`)
		copied := value[string](b, `copied`)
		assert.Check(t, strings.HasPrefix(copied, want), "copied %q, want %q…", copied, want)
		b.do(`window.copied = ''`)
	}
}
