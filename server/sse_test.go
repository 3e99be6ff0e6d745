package server

import (
	"bufio"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"gotest.tools/v3/assert"
	is "gotest.tools/v3/assert/cmp"
)

// stream opens a stream of events and returns what reads its lines.
func (h *harness) stream(path string, header ...string) (*bufio.Reader, *http.Response) {
	h.t.Helper()
	r, err := http.NewRequest("GET", h.url+"/api/rooms/"+path, nil)
	assert.NilError(h.t, err)
	r.Header = headerOf(header)
	res, err := h.client.Do(r)
	assert.NilError(h.t, err)
	h.t.Cleanup(func() { res.Body.Close() })
	return bufio.NewReader(res.Body), res
}

// events reads n blocks of lines.
func events(t *testing.T, r *bufio.Reader, n int) (blocks []string) {
	t.Helper()
	block := ""
	for len(blocks) < n {
		line, err := r.ReadString('\n')
		assert.NilError(t, err, "after %q and %q", blocks, block)
		if line == "\n" {
			blocks = append(blocks, block)
			block = ""
			continue
		}
		block += line
	}
	return blocks
}

func event(m reply, id int) string {
	return fmt.Sprintf("id: %d\nevent: message\ndata: %s\n", id, m.body)
}

// A cursor that the room has not reached, as after a restart of the server, means
// from now on: nothing that is posted once the answer is there is missed.
func TestACursorAhead(t *testing.T) {
	h := start(t, Config{})
	for i := range 200 {
		room := fmt.Sprint("room-", i)
		r, _ := h.stream(room + "/events?after=5")
		ws := h.open(room + "/ws?after=5")
		m := h.post(room, "the first")
		assert.Assert(t, is.Equal(events(t, r, 1)[0], event(m, 1)), "the stream got")
		wantMessages(t, lines(t, ws, 1), 1)
		ws.Close()
		k := h.join("&after=5&room=" + room)
		h.post(room, "the second")
		k.wantEvents(2, 2)
		k.Close()
	}
}

func TestHeadOfAStream(t *testing.T) {
	r := start(t, Config{}).do("HEAD", "/api/rooms/lobby/events", "")
	assert.Check(t, r.status == 200 && r.header.Get("Content-Type") == "text/event-stream", "HEAD: %d %v", r.status, r.header)
}

// Fifteen seconds of silence bring a comment; a message puts it off.
func TestSilentStreamGetsComments(t *testing.T) {
	h := startTurned(t)
	r, _ := h.stream("lobby/events")
	h.await("streams", &h.tally.streams, 1)
	pass := func(seconds int) {
		for range seconds {
			h.members.turn()
		}
	}
	pass(silentSeconds + 1)
	assert.Assert(t, is.Equal(events(t, r, 1)[0], ":\n"), "got")
	pass(silentSeconds - 2)
	m := h.post("lobby", "not silent")
	assert.Assert(t, is.Equal(events(t, r, 1)[0], event(m, 1)), "got")
	pass(silentSeconds - 1)
	m = h.post("lobby", "in time")
	assert.Assert(t, is.Equal(events(t, r, 1)[0], event(m, 2)), "a comment after less than %d s", silentSeconds)
}

func TestStreamThatIsNotReadIsDropped(t *testing.T) {
	h := start(t, Config{Backlog: 64 << 10})
	h.streamThatStalls()
	h.fillUntilSlow(func(int) {})
	h.await("streams", &h.tally.streams, 0)
	h.await("connections", &h.tally.Open, 0)
}

// A long history is replayed at the reader's pace, not dropped as too much.
func TestStreamReplaysMoreThanTheBacklog(t *testing.T) {
	h := start(t, Config{Backlog: 64 << 10})
	const n = 200
	h.fill(n, 4000)
	r, _ := h.stream("lobby/events?after=0")
	for i, block := range events(t, r, n) {
		assert.Assert(t, strings.HasPrefix(block, fmt.Sprintf("id: %d\n", i+1)), "event %d begins %.40q", i+1, block)
	}
}

func TestShutdownEndsStreams(t *testing.T) {
	h := start(t, Config{})
	r, _ := h.stream("lobby/events")
	h.await("streams", &h.tally.streams, 1)
	ended := make(chan error, 1)
	go func() {
		_, err := r.ReadString('\n')
		ended <- err
	}()
	h.shutdown()
	if err := <-ended; err.Error() != "EOF" { // a break would be an unexpected EOF
		t.Errorf("the stream ended by %v", err)
	}
}
