package browser

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"gotest.tools/v3/assert"
)

// race opens the race with some lanes, and waits until they receive.
func race(t *testing.T, url, interval string, lanes ...string) *tab {
	t.Helper()
	b := open(t, url+"/#race")
	b.await(`document.querySelectorAll('.lane').length === 5`)
	b.do(`$('race-interval').value = ` + interval + `
		const wanted = ` + quote(strings.Join(lanes, " ")) + `.split(' ')
		for (const box of document.querySelectorAll('#lanes input')) box.checked = wanted.includes(box.value)`)
	b.click("again")
	b.await(fmt.Sprintf(`document.querySelectorAll('.lane').length === %d && document.querySelectorAll('.lane [data-state=open]').length === %[1]d`, len(lanes)))
	return b
}

// figure is an expression for what a lane shows.
func figure(lane, name string) string {
	return fmt.Sprintf(`document.querySelector('.lane[data-transport=%s] [data-figure=%s]').textContent`, lane, name)
}

func number(t *testing.T, text string) int {
	t.Helper()
	n, err := strconv.Atoi(strings.ReplaceAll(text, ",", ""))
	assert.NilError(t, err)
	return n
}

func TestRaceCountsAsTheServerDoes(t *testing.T) {
	s := startServer(t)
	lanes := []string{"poll", "poll-etag", "longpoll", "sse", "ws", "ws-batch"}
	if hasSocketIO() {
		lanes = append(lanes, "socketio-ws")
	}
	b := race(t, s.url, "0.25", lanes...)
	// apart is what the server has served but for the lanes and for being asked
	// here. A lane shows what it has asked a moment before or after the server
	// counts it: only what is the same many times over is told.
	scrapes := 0
	apart := func() int {
		last, same := 0, 0
		for deadline := time.Now().Add(patience); same < 10; {
			shown := value[int](b, `new Promise(requestAnimationFrame).then(() =>
				[...document.querySelectorAll('[data-figure=requests]')].reduce((sum, e) => sum + Number(e.textContent), 0))`)
			scrapes++
			if now := s.metric("http_requests_total") - scrapes - shown; now != last {
				last, same = now, 0
			}
			same++
			assert.Assert(t, !time.Now().After(deadline), "the lanes and the server never agree for long")
		}
		return last
	}
	// On a busy machine an answer may be under way for that long: then it is
	// counted again, with more messages.
	const some, tries = 6, 4
	said := 0
	for try := 1; ; try++ {
		before := apart()
		for range some {
			said++
			s.post("lobby", fmt.Sprint("message ", said))
			for _, l := range lanes { // so that each has an answer, or a frame, of its own
				b.await(figure(l, "messages") + ` === ` + quote(fmt.Sprint(said)))
			}
		}
		got := apart() - before
		if got == some {
			break
		}
		if t.Logf("beside what the lanes show, the server served %d requests, want %d", got, some); try == tries {
			t.FailNow()
		}
	}

	var messages, answers int // bytes
	for i, m := range s.messages("lobby") {
		messages += len(m)
		answers += len(fmt.Sprintf(`{"messages":[%s],"last":%d}`, m, i+1))
	}
	first := len(`{"messages":[],"last":0}`)
	for _, want := range []struct {
		lane, name, text string
	}{
		{"sse", "requests", "1"},
		{"ws", "requests", "1"},
		{"ws-batch", "requests", "1"},
		{"longpoll", "requests", fmt.Sprint(1 + said + 1)}, // the first is answered at once, the last is out
		{"sse", "received", printed(messages)},
		{"ws", "received", printed(messages)},
		{"ws-batch", "received", printed(messages)},
		{"longpoll", "received", printed(first + answers)},
		{"poll-etag", "received", printed(answers)}, // a 304 has no body
	} {
		got := value[string](b, figure(want.lane, want.name))
		assert.Check(t, got == want.text, "%s shows %s %s, want %s", want.lane, got, want.name, want.text)
	}
}

func TestRacePollsAtItsInterval(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	b := race(t, s.url, "0.25", "poll", "poll-etag")
	b.do(`window.begun = performance.now()`)
	b.click("again") // counts from 0
	b.await(`Number(` + figure("poll", "requests") + `) < 10`)
	for _, lane := range []string{"poll", "poll-etag"} {
		b.await(`Number(` + figure(lane, "requests") + `) >= 20`)
		requests := number(t, value[string](b, figure(lane, "requests")))
		// By now it may have sent another, which is not shown yet.
		elapsed := value[float64](b, `performance.now() - begun`)
		atLeast := float64(requests-1) * 250
		assert.Check(t, elapsed >= atLeast-5, "%s: %d requests in %.0f ms, want at least %.0f ms", lane, requests, elapsed, atLeast)
	}
	// The browser's own account is of each answer's body and 300 bytes more, as
	// the page says. No other poll comes meanwhile; of the one that was out the
	// browser may keep no account.
	b.do(`$('race-interval').value = 60; $('race-interval').onchange()`)
	// A figure in kB or MB has three digits: it is off by half of the last at most.
	b.do(`window.bytesOf = text => {
		const unit = { B: 1, kB: 1e3, MB: 1e6 }[text.split(' ')[1]], shown = parseFloat(text)
		return { bytes: shown * unit, off: unit === 1 ? 0 : unit / 2 * 10 ** (Math.floor(Math.log10(shown)) - 2) }
	}`)
	for _, lane := range []string{"poll", "poll-etag"} {
		shown := func(name string) string { return fmt.Sprintf(`bytesOf(%s)`, figure(lane, name)) }
		b.await(fmt.Sprintf(`(() => {
			const transferred = %s, received = %s
			const requests = Number(%s), missing = received.bytes + 300 * requests - transferred.bytes
			const off = transferred.off + received.off + 1
			return Math.abs(missing) < off || Math.abs(missing - (300 + received.bytes / requests)) < off
		})()`, shown("transferred"), shown("received"), figure(lane, "requests")))
	}
}

func TestRaceWithoutTheOfficialClient(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	to, err := url.Parse(s.url)
	assert.NilError(t, err)
	relay := httputil.NewSingleHostReverseProxy(to)
	without := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/page/vendor/") {
			http.NotFound(w, r)
			return
		}
		relay.ServeHTTP(w, r)
	}))
	t.Cleanup(without.Close)
	b := open(t, without.URL+"/#race")
	b.await(`document.querySelector('.lane[data-transport=socketio-ws]')?.textContent.includes('built without npm')`)
	b.await(`document.querySelector('.lane[data-transport=socketio-ws] .state').dataset.state === 'closed'`)
	s.post("lobby", "hello")
	for _, lane := range []string{"poll", "longpoll", "sse", "ws"} {
		b.await(figure(lane, "messages") + ` === '1'`)
		b.await(figure(lane, "at") + ` === '1'`) // the others do not wait for one that is closed
	}
}

// printed is a number of bytes as the page prints it, with three digits.
func printed(bytes int) string {
	if bytes < 1000 {
		return fmt.Sprint(bytes, " B")
	}
	v, _ := strconv.ParseFloat(fmt.Sprintf("%.3g", float64(bytes)/1000), 64)
	return strconv.FormatFloat(v, 'f', -1, 64) + " kB"
}
