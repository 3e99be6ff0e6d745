package browser

import (
	"fmt"
	"testing"

	"github.com/chromedp/chromedp"
	"gotest.tools/v3/assert"
	is "gotest.tools/v3/assert/cmp"
)

// Who reads the end of the log stays there when the window shrinks, as when a
// phone is turned; and the page fits its window.
func TestTheLogStaysAtItsEnd(t *testing.T) {
	t.Parallel()
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
	b.await(`document.documentElement.scrollHeight <= innerHeight && ` + gap + ` < 2`)
	b.do(`for (const _ of [1, 2]) await new Promise(requestAnimationFrame)`)
	b.do(`$('log').scrollTop = 0`)
	b.await(`$('log').scrollTop === 0`)
	s.post("lobby", "while you were reading")
	b.await(`!$('unread').hidden`)
	// A message may come before the page is told of the scrolling.
	b.do(`$('unread').click()`)
	b.await(gap + ` < 2`)
	b.do(`
		const sent = fetch('/api/rooms/lobby/messages', {
			method: 'POST', headers: { 'Content-Type': 'application/json' }, body: '{"user":"ada","text":"at once"}'})
		$('log').scrollTop = 0
		for (const until = performance.now() + 50; performance.now() < until;);
		await sent`)
	b.await(`!$('unread').hidden`)
	assert.Check(t, is.Equal(value[float64](b, `$('log').scrollTop`), float64(0)), "who has scrolled back is moved to")
}
