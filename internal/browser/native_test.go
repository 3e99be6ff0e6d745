package browser

import (
	"slices"
	"strings"
	"testing"

	"gotest.tools/v3/assert"
	is "gotest.tools/v3/assert/cmp"

	"github.com/pollpush/pollpush/internal/testkit"
)

// These have the browser's own clients talk to the server: the page serves only
// as a place to stand.

func TestNativeEventSourceResumes(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	p := testkit.NewRelay(t, s.address())
	b := open(t, p.URL)
	b.await(isOpen)
	s.post("events", "1")
	s.post("events", "2")
	b.do(`window.got = []
		window.opened = 0
		window.source = new EventSource('/api/rooms/events/events?after=1')
		source.onopen = () => opened++
		source.onmessage = e => got.push([e.lastEventId, JSON.parse(e.data).text])`)
	b.await(`got.length === 1`)
	s.post("events", "3")
	b.await(`got.length === 2`)
	p.Cut()
	s.post("events", "4")
	b.await(`source.readyState === EventSource.CONNECTING`)
	p.Lead(s.address())
	s.post("events", "5")
	// It asks by itself, after a while of its own, with Last-Event-ID: 3 beside after=1.
	b.await(`got.length >= 4`)
	s.post("events", "6")
	b.await(`got.length >= 5`)
	got := value[string](b, `JSON.stringify(got) + ' opened ' + opened`)
	want := `[["2","2"],["3","3"],["4","4"],["5","5"],["6","6"]] opened 2`
	assert.Check(t, got == want, "got %s, want %s", got, want)
	state := value[int](b, `source.close(), source.readyState`)
	assert.Check(t, state == 2, "readyState %d after close", state)
}

func TestNativeWebSocket(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	s.post("socket", "before 🙂")
	b := open(t, s.url)
	b.do(`window.got = []
		window.socket = new WebSocket(location.origin.replace('http', 'ws') + '/api/rooms/socket/ws?after=0')
		socket.onmessage = e => got.push(...e.data.split('\n').map(JSON.parse))
		await new Promise((resolve, reject) => { socket.onopen = resolve; socket.onerror = reject })
		socket.send(JSON.stringify({user: 'ada', text: 'from the page'}))
		socket.send('{"user":"ada"}')`)
	b.await(`got.length >= 4`)
	texts := value[[]string](b, `got.filter(m => m.id).map(m => m.id + ' ' + m.text)`)
	want := []string{"1 before 🙂", "2 from the page"}
	assert.Check(t, slices.Equal(texts, want), "messages %q, want %q", texts, want)
	got := value[string](b, `JSON.stringify([got.find(m => m.ack).ack, got.find(m => m.error).error.status])`)
	assert.Check(t, got == "[2,400]", "ack and error are %s, want [2,400]", got)
	got = value[string](b, `socket.extensions`)
	assert.Check(t, strings.HasPrefix(got, "permessage-deflate"), "extensions %q, want permessage-deflate", got)
	closed := value[string](b, `new Promise(resolve => {
		socket.onclose = e => resolve(e.wasClean + ' ' + e.code)
		socket.send('x'.repeat(16385))
	})`)
	assert.Check(t, closed == "true 1009", "closed (clean, code) as %s, want true 1009", closed)
	// The browser closes, the server answers.
	closed = value[string](b, `new Promise(resolve => {
		const socket = new WebSocket(location.origin.replace('http', 'ws') + '/api/rooms/socket/ws')
		socket.onopen = () => socket.close(1000, 'enough')
		socket.onclose = e => resolve(e.wasClean + ' ' + e.code)
	})`)
	assert.Check(t, closed == "true 1000", "closed (clean, code) as %s, want true 1000", closed)
}

func TestNativeWebSocketIsClosedAtShutdown(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	b := open(t, s.url)
	b.do(`const socket = new WebSocket(location.origin.replace('http', 'ws') + '/api/rooms/socket/ws')
		await new Promise(resolve => { socket.onopen = resolve })
		window.ended = null
		socket.onclose = e => { ended = e.wasClean + ' ' + e.code }`)
	s.stop()
	b.await(`ended !== null`)
	assert.Check(t, is.Equal(value[string](b, `ended`), "true 1001"), "closed (clean, code) as")
}
