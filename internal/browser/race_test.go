package browser

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"path"
	"strconv"
	"strings"
	"sync"
	"testing"

	"gotest.tools/v3/assert"
)

// race opens the race with some lanes, in a room that nobody was in before, and
// waits until they receive.
func race(t *testing.T, url, interval string, lanes ...string) *tab {
	t.Helper()
	b := open(t, url+"/?room=elsewhere#race")
	b.await(`document.querySelectorAll('.lane').length === 5`)
	b.do(`$('race-interval').value = ` + interval + `
		const wanted = ` + quote(strings.Join(lanes, " ")) + `.split(' ')
		for (const box of document.querySelectorAll('#lanes input')) box.checked = wanted.includes(box.value)
		$('room').value = 'lobby'
		$('room').onchange()`)
	b.await(allOpen(len(lanes)))
	return b
}

// allOpen is a condition: there are so many lanes, and each receives.
func allOpen(lanes int) string {
	return fmt.Sprintf(`document.querySelectorAll('.lane').length === %d && document.querySelectorAll('.lane [data-state=open]').length === %[1]d`, lanes)
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
	var mu sync.Mutex
	served := map[string]int{} // requests, by lane
	url := relay(t, s.url, func(w http.ResponseWriter, r *http.Request) (answered bool) {
		mu.Lock()
		defer mu.Unlock()
		if r.URL.Path == "/served" {
			fmt.Fprint(w, served[r.URL.RawQuery])
			return true
		}
		served[laneOf(r.URL)]++
		return false
	})
	lanes := []string{"poll", "poll-etag", "longpoll", "sse", "ws", "ws-batch"}
	if hasSocketIO() {
		lanes = append(lanes, "socketio-ws")
	}
	// No poll is under way but those that are asked for here.
	b := race(t, url, "60", lanes...)
	pollNow := func() {
		b.do(`$('race-interval').onchange()`)
		b.await(allOpen(len(lanes))) // the first answer has come
	}
	const said = 6 // few enough that no lane shows kB, which are rounded
	for i := range said {
		s.post("lobby", fmt.Sprint("message ", i))
		pollNow()
		// So that each has an answer, or a frame, of its own.
		b.await(fmt.Sprintf(`[...document.querySelectorAll('[data-figure=messages]')].every(e => e.textContent === '%d')`, i+1))
	}
	pollNow() // without news

	var messages, answers int // bytes
	for i, m := range s.messages("lobby") {
		messages += len(m)
		answers += len(fmt.Sprintf(`{"messages":[%s],"last":%d}`, m, i+1))
	}
	empty := len(`{"messages":[],"last":0}`)
	asked := 1 + said + 1 // of a long poll the last is out
	for _, want := range []struct {
		lane               string
		requests, received int
	}{
		{"poll", asked, empty + answers + empty},
		{"poll-etag", asked, answers}, // a 304 has no body
		{"longpoll", asked, empty + answers},
		{"sse", 1, messages},
		{"ws", 1, messages},
		{"ws-batch", 1, messages},
	} {
		// On a slow machine a long poll may run out: its answer is empty, and one more is asked.
		b.await(fmt.Sprintf(`await (async () => {
			const served = Number(await (await fetch('/served?%[1]s')).text())
			const ranOut = '%[1]s' === 'longpoll' ? served - %[2]d : 0
			return ranOut >= 0 && served === %[2]d + ranOut && %[3]s === String(served) && %[4]s === %[5]d + ranOut * %[6]d + ' B'
		})()`, want.lane, want.requests, figure(want.lane, "requests"), figure(want.lane, "received"), want.received, empty))
	}
	if hasSocketIO() {
		b.await(`await (await fetch('/served?socketio-ws')).text() === '1' && ` + figure("socketio-ws", "requests") + ` === '1'`)
	}
}

// laneOf returns the lane of the race in the lobby whose request this is, if any.
func laneOf(u *url.URL) string {
	q := u.Query()
	switch {
	case q.Get("room") == "lobby":
		return "socketio-ws"
	case path.Dir(u.Path) != "/api/rooms/lobby":
		return ""
	case q.Has("batch"):
		return "ws-batch"
	case q.Has("via"):
		return q.Get("via")
	}
	return map[string]string{"events": "sse", "ws": "ws"}[path.Base(u.Path)]
}

// relay relays to a server what `answered` does not answer, and returns its URL.
func relay(t *testing.T, server string, answered func(http.ResponseWriter, *http.Request) bool) string {
	t.Helper()
	to, err := url.Parse(server)
	assert.NilError(t, err)
	onward := httputil.NewSingleHostReverseProxy(to)
	r := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !answered(w, r) {
			onward.ServeHTTP(w, r)
		}
	}))
	t.Cleanup(r.Close)
	return r.URL
}

func TestRacePollsAtItsInterval(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	b := race(t, s.url, "60", "poll", "poll-etag")
	b.do(`$('race-interval').value = 0.25; window.begun = performance.now()`)
	b.click("again") // counts from 0
	for _, lane := range []string{"poll", "poll-etag"} {
		b.await(`Number(` + figure(lane, "requests") + `) >= 20`)
		requests := number(t, value[string](b, figure(lane, "requests")))
		// By now it may have sent another, which is not shown yet.
		elapsed := value[float64](b, `performance.now() - begun`)
		atLeast := float64(requests-1) * 250
		assert.Check(t, elapsed >= atLeast-5, "%s: %d requests in %.0f ms, want at least %.0f ms", lane, requests, elapsed, atLeast)
	}
	// The browser's own account is of each answer's body and 300 bytes more, as
	// the page says. Each lane asks once more, then not for a minute: nothing is
	// given up, and nothing comes meanwhile.
	b.do(`$('race-interval').value = 60`)
	// A figure in kB or MB has three digits: it is off by half of the last at most.
	b.do(`window.bytesOf = text => {
		const unit = { B: 1, kB: 1e3, MB: 1e6 }[text.split(' ')[1]], shown = parseFloat(text)
		return { bytes: shown * unit, off: unit === 1 ? 0 : unit / 2 * 10 ** (Math.floor(Math.log10(shown)) - 2) }
	}`)
	for _, lane := range []string{"poll", "poll-etag"} {
		shown := func(name string) string { return fmt.Sprintf(`bytesOf(%s)`, figure(lane, name)) }
		b.await(fmt.Sprintf(`(() => {
			const transferred = %s, received = %s
			const expected = received.bytes + 300 * Number(%s)
			return Math.abs(expected - transferred.bytes) < transferred.off + received.off + 1
		})()`, shown("transferred"), shown("received"), figure(lane, "requests")))
	}
}

func TestRaceWithoutTheOfficialClient(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	without := relay(t, s.url, func(w http.ResponseWriter, r *http.Request) (answered bool) {
		if answered = strings.HasPrefix(r.URL.Path, "/page/vendor/"); answered {
			http.NotFound(w, r)
		}
		return answered
	})
	b := open(t, without+"/#race")
	b.await(`document.querySelector('.lane[data-transport=socketio-ws]')?.textContent.includes('built without npm')`)
	b.await(`document.querySelector('.lane[data-transport=socketio-ws] .state').dataset.state === 'closed'`)
	s.post("lobby", "hello")
	for _, lane := range []string{"poll", "longpoll", "sse", "ws"} {
		b.await(figure(lane, "messages") + ` === '1'`)
		b.await(figure(lane, "at") + ` === '1'`) // the others do not wait for one that is closed
	}
}
