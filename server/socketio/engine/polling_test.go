package engine

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/pollpush/pollpush/internal/testkit"
	"gotest.tools/v3/assert"
	is "gotest.tools/v3/assert/cmp"
)

func TestMessagesOverPolling(t *testing.T) {
	h := start(t, Config{})
	id, _ := h.dialPolling()
	for _, payload := range []string{
		"4hello",
		"4",
		"4one\x1e4two\x1e4three",
		"4hello\x1ebAQIDBA==",
		"b",
		"4grüße 😀",
	} {
		h.post(id, payload).want(t, 200, "ok")
		h.get(id).want(t, 200, payload)
	}
	// Nothing to echo, and nothing wrong.
	posted := h.post(id, "6\x1e3\x1e4after a noop and a pong")
	posted.want(t, 200, "ok")
	assert.Check(t, is.Equal(posted.header.Get("Content-Type"), "text/html"), "Content-Type")
	h.get(id).want(t, 200, "4after a noop and a pong")
}

// A parked GET outlasts the timeouts that the HTTP server has for requests, and
// so does the connection, for the next.
func TestParkedGetIsAnswered(t *testing.T) {
	const limit = time.Second
	h := startWith(t, Config{PingInterval: 2 * limit}, limit)
	id, _ := h.dialPolling()
	h.get(id).want(t, 200, "2")
	h.post(id, "3").want(t, 200, "ok")
}

func TestSendWakesParkedGet(t *testing.T) {
	h := start(t, Config{})
	id, r := h.dialPolling()
	for i := range 100 {
		parked := h.goGet(id)
		text := fmt.Sprint(i)
		r.session.Send(Text([]byte(text)))
		(<-parked).want(t, 200, "4"+text)
	}
}

// Nothing is lost, doubled or reordered between many GETs.
func TestOrderOverPolling(t *testing.T) {
	h := start(t, Config{})
	id, r := h.dialPolling()
	const n = 2000
	go func() {
		for i := range n {
			r.session.Send(Text(fmt.Append(nil, i)))
		}
	}()
	for i := 0; i < n; {
		for packet := range strings.SplitSeq(h.get(id).body, "\x1e") {
			want := fmt.Sprint("4", i)
			assert.Assert(t, packet == want, "got %q, want %q", packet, want)
			i++
		}
	}
}

func TestSecondGetEndsTheSession(t *testing.T) {
	h := start(t, Config{})
	id, r := h.dialPolling()
	first := h.goGet(id)
	h.get(id).want(t, 400, bodyBad)
	(<-first).want(t, 200, "1")
	r.wantGone(t, ReasonError)
	h.get(id).want(t, 400, bodyUnknown)
}

func TestSecondPostEndsTheSession(t *testing.T) {
	h := start(t, Config{})
	id, r := h.dialPolling()
	taking, goOn := make(chan bool), make(chan bool)
	r.onEcho = func([]byte) { taking <- true; <-goOn }
	first := h.goDo(t.Context(), "POST", id, strings.NewReader("4one\x1e4two"))
	<-taking
	h.post(id, "4three").want(t, 400, bodyBad)
	assert.Check(t, !r.ended.Load(), "Closed was called during a message")
	goOn <- true // and "two" is not taken any more: nobody would let it go on
	<-first
	r.wantGone(t, ReasonError)
	h.get(id).want(t, 400, bodyUnknown)
}

func TestGivenUpGetEndsTheSession(t *testing.T) {
	h := start(t, Config{})
	id, r := h.dialPolling()
	ctx, giveUp := context.WithCancel(context.Background())
	done := h.goDo(ctx, "GET", id, nil)
	h.awaitPolling("a parked GET", r.session, func(p *polling) bool { return p.parked })
	giveUp()
	<-done
	r.wantGone(t, ReasonClose)
	h.get(id).want(t, 400, bodyUnknown)
}

func TestCloseByThePollingClient(t *testing.T) {
	h := start(t, Config{})
	t.Run("parked", func(t *testing.T) {
		id, r := h.dialPolling()
		parked := h.goGet(id)
		h.post(id, "1").want(t, 200, "ok")
		(<-parked).want(t, 200, "6")
		r.wantGone(t, ReasonClose)
		h.get(id).want(t, 400, bodyUnknown)
	})
	t.Run("not parked", func(t *testing.T) {
		id, r := h.dialPolling()
		h.post(id, "4last\x1e1\x1e4too late").want(t, 200, "ok")
		r.wantGone(t, ReasonClose)
		h.post(id, "4too late").want(t, 400, bodyUnknown)
		h.get(id).want(t, 200, "4last\x1e6")
		h.get(id).want(t, 400, bodyUnknown)
	})
}

func TestCloseByTheServerWhilePolling(t *testing.T) {
	h := start(t, Config{})
	t.Run("parked", func(t *testing.T) {
		id, r := h.dialPolling()
		parked := h.goGet(id)
		r.session.Close("enough")
		(<-parked).want(t, 200, "1")
		r.wantGone(t, "enough")
		h.get(id).want(t, 400, bodyUnknown)
	})
	t.Run("not parked", func(t *testing.T) {
		id, r := h.dialPolling()
		r.session.Send(Text([]byte("bye")))
		r.session.Close("enough")
		r.session.Close("more than enough")
		r.session.Send(Text([]byte("not any more")))
		r.wantGone(t, "enough")
		h.get(id).want(t, 200, "4bye\x1e1")
		h.get(id).want(t, 400, bodyUnknown)
	})
	t.Run("nobody asks", func(t *testing.T) {
		_, r := h.dialPolling()
		r.session.Close("enough")
		testkit.Await(h.t, "the session forgotten", func() bool { return h.session(r.session.id) == nil })
	})
	t.Run("by its handler", func(t *testing.T) {
		id, r := h.dialPolling()
		r.onEcho = func([]byte) { r.session.Close("had enough") }
		h.post(id, "4x\x1e4y").want(t, 200, "ok")
		r.wantGone(t, "had enough")
	})
}

// What waits for a client that does not ask is bounded.
func TestSlowPollerIsDropped(t *testing.T) {
	h := start(t, Config{Backlog: 10_000})
	id, r := h.dialPolling()
	p := Text(make([]byte, 900))
	sent := 0
	for ; !r.session.isEnded(); sent++ {
		r.session.Send(p)
	}
	if sent != 11 { // the eleventh is too much
		t.Errorf("dropped after %d messages", sent)
	}
	r.wantGone(t, ReasonSlow)
	h.get(id).want(t, 400, bodyUnknown)

	_, r = h.dialPolling() // holding counts too, however little is held
	for sent = 0; !r.session.isEnded(); sent++ {
		r.session.Send(Text(nil))
	}
	assert.Check(t, sent <= 10_000/packetCost, "dropped only after %d messages", sent)
	r.wantGone(t, ReasonSlow)
	assert.Check(t, is.Equal(h.slow.Load(), int64(2)), "slow readers counted")

	_, r = h.dialPolling() // who asks in time is not slow
	for range 3 {
		for range 10 {
			r.session.Send(p)
		}
		h.get(r.session.id)
	}
	assert.Check(t, !r.session.isEnded(), "a client that asks was dropped")
}

func (s *Session) isEnded() bool { return !s.isOpen() }

func TestBadPosts(t *testing.T) {
	half := base(strings.Repeat("x", 100))[:50]
	h := start(t, Config{MaxPayload: 1000, MaxPackets: 10})
	for _, c := range []struct {
		name, body string
		chunked    bool
		status     int
		reason     string
	}{
		{name: "empty", body: "", status: 400, reason: ReasonParse},
		{name: "probe", body: "2probe", status: 400, reason: ReasonParse},
		{name: "a good one first", body: "4good\x1e9", status: 400, reason: ReasonParse},
		{name: "ends with a separator", body: "4x\x1e", status: 400, reason: ReasonParse},
		{name: "too many packets", body: "4" + strings.Repeat("\x1e4", 10), status: 400, reason: ReasonParse},
		{name: "half base64", body: "b" + half[:49], status: 400, reason: ReasonParse},
		{name: "base64 after its padding", body: "bAA=A", status: 400, reason: ReasonParse},
		{name: "not UTF-8", body: "4\xff\xfe", status: 400, reason: ReasonParse},
		{name: "length of Engine.IO 3", body: "6:4hello", status: 200, reason: ""}, // a noop with data
		{name: "oversize", body: "4" + strings.Repeat("x", 1000), status: 413, reason: ReasonTooLarge},
		{name: "oversize in chunks", body: "4" + strings.Repeat("x", 1000), chunked: true, status: 413, reason: ReasonTooLarge},
		{name: "chunks", body: "4" + strings.Repeat("x", 999), chunked: true, status: 200, reason: ""},
		{name: "as large as may be", body: "4" + strings.Repeat("x", 999), status: 200, reason: ""},
		{name: "as many as may be", body: "4" + strings.Repeat("\x1e4", 9), status: 200, reason: ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			id, r := h.dialPolling()
			echoed := false
			r.onEcho = func([]byte) { echoed = true }
			var body io.Reader = strings.NewReader(c.body)
			if c.chunked {
				body = io.MultiReader(body) // of a length that net/http does not know
			}
			got := h.do("POST", pollingQuery+"&sid="+id, body)
			assert.Assert(t, got.status == c.status, "%d %q, want %d", got.status, got.body, c.status)
			if c.reason == "" {
				return
			}
			r.wantGone(t, c.reason)
			assert.Check(t, !echoed, "a part of it was taken")
			h.get(id).want(t, 400, bodyUnknown)
		})
	}
}

// A parked GET learns that the session has ended by a bad POST.
func TestBadPostReleasesParkedGet(t *testing.T) {
	h := start(t, Config{})
	id, r := h.dialPolling()
	parked := h.goGet(id)
	h.post(id, "abc").want(t, 400, bodyBad)
	(<-parked).want(t, 200, "1")
	r.wantGone(t, ReasonParse)
}

// A POST that breaks off ends its session, and takes nothing of what came.
func TestBrokenPost(t *testing.T) {
	h := start(t, Config{})
	id, r := h.dialPolling()
	r.onEcho = func([]byte) { t.Error("a part of it was taken") }
	body, feed := io.Pipe()
	done := h.goDo(t.Context(), "POST", id, body)
	io.WriteString(feed, "4first\x1e4sec")
	h.awaitPolling("the POST", r.session, func(p *polling) bool { return p.posting })
	feed.CloseWithError(io.ErrUnexpectedEOF) // has the client drop the connection
	<-done
	r.wantGone(t, ReasonClose)
}

func TestPanickingHandlerEndsOnlyItsSession(t *testing.T) {
	panics := make(chan string, 2)
	h := start(t, Config{Panicked: func(doing string, value any) { panics <- fmt.Sprint(value) }})
	id, r := h.dialPolling()
	r.onEcho = func([]byte) { panic(http.ErrAbortHandler) } // which net/http does not log
	_, err := h.try(context.Background(), "POST", pollingQuery+"&sid="+id, strings.NewReader("4x"))
	assert.Check(t, err != nil, "a POST was answered whose handler panicked")
	r.wantGone(t, ReasonPanic)

	k, r := h.dialSocket()
	r.onEcho = func([]byte) { panic("oh") }
	k.Send("4x")
	r.wantGone(t, ReasonPanic)
	assert.Check(t, is.Equal(<-panics, "oh"), "Panicked was told")
	k.wantClosed(1011)
}
