package loadgen

import (
	"errors"
	"io"
	"runtime"
	"testing"
	"time"

	"gotest.tools/v3/assert"
	is "gotest.tools/v3/assert/cmp"

	"github.com/pollpush/pollpush/internal/clock"
)

// received is what a Receive has returned.
type received struct {
	ids string
	err error
}

// receiving receives in the background, once.
func receiving(t *testing.T, c Client) <-chan received {
	got := make(chan received, 1)
	go func() {
		ds, err := c.Receive()
		got <- received{idsOf(t, ds), err}
	}()
	return got
}

func dialLongPoll(t *testing.T, d *desk) (*longPollClient, *Meter) {
	t.Helper()
	c, m := d.dial(t, DialLongPoll, 40)
	_, ok := c.(Poller)
	assert.Check(t, !ok, "a long poll is not paced")
	assert.Check(t, c.(Rearmer).Armed(), "dialled, and no request is out")
	return c.(*longPollClient), m
}

func TestLongPoll(t *testing.T) {
	d := newDesk(t)
	c, m := dialLongPoll(t, d)
	pause := time.Duration(0) // the least before the next request
	for i, step := range []struct {
		after   string
		status  int
		body    string
		late    bool   // the answer comes after the least wait
		ids     string // received; none for a refusal
		backoff time.Duration
	}{
		{after: "40", status: 200, body: page(41, 42, 43), ids: "[41 42 43]"},
		{after: "43", status: 200, body: page(44), ids: "[44]"},
		{after: "44", status: 200, body: page(), late: true, ids: "[]"},
		{after: "44", status: 304, late: true, ids: "[]"},
		{after: "44", status: 200, body: page(), ids: "[]", backoff: firstBackoff},
		{after: "44", status: 304, ids: "[]", backoff: 2 * firstBackoff},
		{after: "44", status: 200, body: page(45), ids: "[45]"},
		{after: "45", status: 503, body: "busy", backoff: firstBackoff},
		{after: "45", status: 404, body: "nowhere", backoff: 2 * firstBackoff},
		{after: "45", status: 200, body: page(46, 47), ids: "[46 47]"},
	} {
		begun := clock.Now()
		got := receiving(t, c)
		r := <-d.asked
		want := "/api/rooms/lobby/messages?after=" + step.after + "&limit=1000&wait=25s"
		assert.Check(t, r.Method == "GET" && r.URL.String() == want, "step %d: %s %s, want %s", i, r.Method, r.URL, want)
		paused := clock.Now() - begun
		assert.Check(t, paused >= int64(pause), "step %d: asked again after %v, want at least %v", i, time.Duration(paused), pause)
		if step.late {
			c.conn.sent -= int64(leastWait)
		}
		d.answers <- reply(step.status, step.body)
		g := <-got
		switch {
		case step.status >= 400:
			refusedWith(t, g.err, step.status, step.body)
		case step.backoff > 0: // neither news nor a wait
			refusedWith(t, g.err, step.status, "no news, and no wait for any")
		case g.err != nil || g.ids != step.ids:
			t.Errorf("step %d: received %s, %v; want %s", i, g.ids, g.err, step.ids)
		}
		if c.Armed() || c.backoff != step.backoff {
			t.Errorf("step %d: armed %v, backoff %v; want false, %v", i, c.Armed(), c.backoff, step.backoff)
		}
		pause = c.backoff / 2
	}
	if n := m.read(); n.empty != 4 || n.requests != 10 || n.byStatus[200] != 6 || n.byStatus[304] != 2 || n.unanswered != 0 || n.opened != 1 {
		t.Errorf("counted %+v", n)
	}
}

func TestLongPollRearmsInReceive(t *testing.T) {
	d := newDesk(t)
	c, _ := dialLongPoll(t, d)
	got := receiving(t, c)
	d.answer(200, page(41))
	<-got
	assert.Check(t, !c.Armed(), "armed with its answer in")
	got = receiving(t, c)
	<-d.asked
	for !c.Armed() { // the request may be here before its write has returned
		runtime.Gosched()
	}
	d.answers <- reply(200, page(42))
	g := <-got
	assert.Check(t, g.err == nil && g.ids == "[42]", "received %s, %v", g.ids, g.err)
}

func TestLongPollBacksOffToALimit(t *testing.T) {
	c := &longPollClient{}
	want := firstBackoff
	for range 10 {
		if c.keepOff(0); c.backoff != want {
			t.Errorf("backoff %v, want %v", c.backoff, want)
		}
		want = min(2*want, 8*time.Second)
	}
}

func TestRetryAfter(t *testing.T) {
	for value, want := range map[string]time.Duration{
		"": 0, "0": 0, "1": time.Second, "60": time.Minute, "61": time.Minute, "9999999999999": time.Minute,
		"-1": 0, "1.5": 0, "99999999999999999999999": 0, "Wed, 21 Oct 2026 07:28:00 GMT": 0,
	} {
		assert.Check(t, is.Equal(retryAfter([]byte(value)), want), "%q is", value)
	}
}

func FuzzRetryAfter(f *testing.F) {
	f.Add([]byte("60"))
	f.Fuzz(func(t *testing.T, value []byte) {
		d := retryAfter(value)
		assert.Check(t, d >= 0 && d <= maxRetryAfter, "%q is %v", value, d)
	})
}

func TestLongPollHeedsRetryAfter(t *testing.T) {
	d := newDesk(t)
	c, _ := dialLongPoll(t, d)
	got := receiving(t, c)
	d.answer(503, "busy", "Retry-After", "1")
	refusedWith(t, (<-got).err, 503, "busy")
	assert.Assert(t, c.retryAfter == time.Second, "heeds %v", c.retryAfter)
	c.retryAfter = 100 * time.Millisecond
	least := int64(c.retryAfter + c.backoff/2)
	begun := clock.Now()
	got = receiving(t, c)
	d.answer(200, page(41))
	waited := clock.Now() - begun
	assert.Check(t, waited >= least, "asked again after %v, want at least %v", time.Duration(waited), time.Duration(least))
	g := <-got
	assert.Check(t, g.ids == "[41]" && c.retryAfter == 0, "received %s, %v; still heeds %v", g.ids, g.err, c.retryAfter)
}

// A server that refuses and closes is asked again over a new connection.
func TestLongPollAsksAgainOverANewConnection(t *testing.T) {
	for name, header := range map[string][]string{"announced": {"Connection", "close"}, "while it is idle": nil} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t)
			c, m := dialLongPoll(t, d)
			got := receiving(t, c)
			d.answer(503, "busy", header...)
			refusedWith(t, (<-got).err, 503, "busy")
			if header == nil {
				d.server.CloseClientConnections()
			}
			got = receiving(t, c)
			d.answer(200, page(41))
			g := <-got
			assert.Check(t, g.ids == "[41]" && g.err == nil, "received %s, %v", g.ids, g.err)
			n := m.read()
			assert.Check(t, n.requests == 2 && n.lost == 0 && n.reconnects == 1 && n.unanswered == 0, "counted %+v", n)
		})
	}
}

func TestLongPollCloses(t *testing.T) {
	t.Run("while it waits for news", func(t *testing.T) {
		d := newDesk(t)
		c, m := dialLongPoll(t, d)
		got := receiving(t, c)
		<-d.asked
		c.Close()
		if g := <-got; g.err == nil || c.Armed() {
			t.Errorf("received %s, armed %v", g.ids, c.Armed())
		}
		d.answers <- reply(200, page())
		n := m.read()
		assert.Check(t, n.unanswered == 1 && n.lost == 0, "counted %+v", n)
	})
	t.Run("while it keeps off", func(t *testing.T) {
		d := newDesk(t)
		c, _ := dialLongPoll(t, d)
		got := receiving(t, c)
		d.answer(429, "later", "Retry-After", "60")
		refusedWith(t, (<-got).err, 429, "later")
		got = receiving(t, c)
		c.Close()
		c.Close()
		g := <-got
		assert.Check(t, errors.Is(g.err, errClosed), "received %s, %v; want %v", g.ids, g.err, errClosed)
	})
	t.Run("by the server", func(t *testing.T) {
		d := newDesk(t)
		c, m := dialLongPoll(t, d)
		got := receiving(t, c)
		<-d.asked
		d.answers <- hangUp
		g := <-got
		assert.Check(t, errors.Is(g.err, io.EOF), "received %s, %v; want EOF", g.ids, g.err)
		n := m.read()
		assert.Check(t, n.unanswered == 1 && n.lost == 1, "counted %+v", n)
	})
}
