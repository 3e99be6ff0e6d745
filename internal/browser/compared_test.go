package browser

import (
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"gotest.tools/v3/assert"

	"github.com/pollpush/pollpush/internal/testkit"
)

// awaitFigures waits for what lanes show, by lane and figure. What a browser
// books for an answer it tells after the answer.
func (b *tab) awaitFigures(want map[string]map[string]string) {
	b.t.Helper()
	for lane, figures := range want {
		for name, text := range figures {
			b.await(figure(lane, name) + ` === ` + quote(text))
		}
	}
}

// A poll brings several messages and then none for a day, so the test knows to
// the byte what each lane had cost at the message that all have, and since.
func TestRaceComparesAtTheSameMessage(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	const day = "86400"
	b := race(t, s.url, day, "poll", "sse", "ws", "ws-batch")
	sent := 0
	post := func(n int) {
		for range n {
			sent++
			s.post("lobby", fmt.Sprint("a message, of ", sent))
			for _, lane := range []string{"sse", "ws", "ws-batch"} {
				b.await(figure(lane, "messages") + ` === ` + quote(fmt.Sprint(sent)))
			}
		}
	}
	const before, after = 3, 4
	post(before)
	b.awaitFigures(map[string]map[string]string{
		"poll": {"at": "0", "messages": "0", "behind": "3 behind", "requests": "1", "requests-at": "–", "delay": "–"},
		"sse":  {"at": "0", "messages": "3", "behind": "", "requests": "1", "requests-at": "–", "delay": "–"},
	})
	// It asks at once when its interval changes.
	b.do(`const field = $('race-interval'); field.max = ` + day + `; field.onchange()`)
	b.await(figure("poll", "at") + ` === '3' && ` + figure("poll", "behind") + ` === ''`)
	delay := value[string](b, figure("sse", "delay"))
	post(after)

	bodies, messages := []int{len(`{"messages":[],"last":0}`), len(`{"messages":[,,],"last":3}`)}, [2]int{}
	for i, m := range s.messages("lobby") {
		if i < before {
			messages[0] += len(m)
		}
		messages[1] += len(m)
	}
	polled := bodies[0] + bodies[1] + messages[0]
	pushed := map[string]string{
		"at": "3", "messages": "7", "behind": "", "requests-at": "1", "requests": "1", "transferred-at": "–", "transferred": "–",
		"received-at": inBytes(messages[0]), "received": inBytes(messages[1]),
	}
	b.awaitFigures(map[string]map[string]string{
		"poll": {
			"at": "3", "messages": "3", "behind": "4 behind", "requests-at": "2", "requests": "2",
			"received-at": inBytes(polled), "received": inBytes(polled),
			"transferred-at": inBytes(polled + 2*300), "transferred": inBytes(polled + 2*300), // 300 for each header
		},
		"sse": pushed, "ws": pushed, "ws-batch": pushed,
	})
	assert.Check(t, value[string](b, figure("sse", "delay")) == delay, "the delay of message 3 is another after message 7")
	for lane, reason := range map[string]string{"poll": "", "sse": "when an answer ends", "ws": "none for WebSockets"} {
		said := value[string](b, fmt.Sprintf(`document.querySelector('.lane[data-transport=%s] .untold').textContent`, lane))
		assert.Check(t, (said == "") == (reason == "") && strings.Contains(said, reason), "%s says of its transfer size %q, want %q", lane, said, reason)
	}
	b.do(`$('race-interval').onchange()`)
	b.await(figure("ws", "at") + ` === '7' && ` + figure("ws", "received-at") + ` === ` + quote(inBytes(messages[1])))
}

func TestRaceStartsOverWithTheServer(t *testing.T) {
	t.Parallel()
	s, next := startServer(t), startServer(t)
	p := testkit.NewRelay(t, s.address())
	b := race(t, p.URL, "0.2", "poll", "sse", "ws")
	s.post("lobby", "one")
	s.post("lobby", "two")
	b.await(figure("poll", "at") + ` === '2'`)
	p.Cut()
	p.Lead(next.address())
	next.post("lobby", "another first")
	b.await(`$('compared').textContent.startsWith('The server was restarted')`)
	b.await(`document.querySelectorAll('.lane [data-state=open]').length === 3 && ` + figure("poll", "at") + ` === '0'`)
	next.post("lobby", "another second")
	for _, lane := range []string{"poll", "sse", "ws"} {
		b.await(figure(lane, "at") + ` === '1' && ` + figure(lane, "messages") + ` === '1'`)
	}
}

// On a phone a lane is a row: what is compared stands in one column.
func TestRaceFitsAPhone(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	b := race(t, s.url, "0.2", "poll", "longpoll", "sse", "ws")
	s.post("lobby", strings.Repeat("long ", 200))
	b.await(figure("poll", "at") + ` === '1'`)
	b.must(chromedp.Do(b.ctx, chromedp.EmulateViewport(390, 844)))
	b.await(`innerWidth === 390`)
	for _, name := range []string{"delay", "median", "requests-at", "requests", "received-at", "transferred-at"} {
		columns := value[int](b, fmt.Sprintf(`new Set([...document.querySelectorAll('.lane [data-figure=%s]')].map(e => e.getBoundingClientRect().right)).size`, name))
		assert.Check(t, columns == 1, "%s of the lanes stands in %d columns", name, columns)
	}
	for what, wrong := range map[string]string{
		"scrolls sideways":         `document.documentElement.scrollWidth > 390`,
		"has lanes as high as 200": `[...document.querySelectorAll('.lane')].some(e => e.offsetHeight >= 200)`,
		"cuts figures":             `[...document.querySelectorAll('.lane [data-figure]')].some(e => e.scrollWidth > e.clientWidth && e.clientWidth > 0)`,
	} {
		assert.Check(t, !value[bool](b, wrong), "the page %s", what)
	}
}

// inBytes is a size below 1 kB as the page prints it.
func inBytes(n int) string { return fmt.Sprint(n, " B") }
