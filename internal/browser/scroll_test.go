package browser

import (
	"fmt"
	"testing"

	"github.com/chromedp/chromedp"
)

// Who reads the end of the log stays there when the window shrinks, as when a
// phone is turned; and the page fits its window.
func TestTheLogStaysAtItsEnd(t *testing.T) {
	s := startServer(t)
	for i := range 60 {
		s.post("lobby", fmt.Sprint("message ", i+1))
	}
	b := open(t, s.url+"/?room=lobby")
	b.await(`$('log').querySelectorAll('.text').length >= 50`)
	const gap = `$('log').scrollHeight - $('log').scrollTop - $('log').clientHeight`
	for _, size := range [][2]int64{{1400, 900}, {1400, 600}, {390, 844}, {844, 390}} {
		b.must(chromedp.Do(b.ctx, chromedp.EmulateViewport(size[0], size[1])))
		b.await(`innerWidth === ` + fmt.Sprint(size[0]) + ` && ` + gap + ` < 2`)
	}
	b.must(chromedp.Do(b.ctx, chromedp.EmulateViewport(1400, 900)))
	b.await(`document.documentElement.scrollHeight <= innerHeight`)
	b.do(`$('log').scrollTop = 0`)
	b.await(`$('log').scrollTop === 0`)
	s.post("lobby", "while you were reading")
	b.await(`!$('unread').hidden`)
	if n := value[float64](b, `$('log').scrollTop`); n != 0 {
		t.Errorf("who has scrolled back is moved to %v", n)
	}
}
