package client

import (
	"fmt"
	"io"
	"strings"
	"syscall"
	"testing"
	"time"

	"gotest.tools/v3/assert"
	is "gotest.tools/v3/assert/cmp"

	"github.com/pollpush/pollpush/loadgen/internal/codec"
)

// conversation is one client's, from the beginning, and what it counts.
type conversation struct {
	name, transport string
	target          Target
	steps           []step
	counted         string
}

// step is something that happens, and what the client does thereupon.
type step struct {
	happens func(p *peer)
	does    string
}

func connect(line Line) func(*peer)         { return func(p *peer) { p.connect(line) } }
func ends(line Line, err error) func(*peer) { return func(p *peer) { p.end(line, err) } }
func publish(text string) func(*peer)       { return func(p *peer) { p.publish(text) } }
func polls(p *peer)                         { p.poll() }
func closes(p *peer)                        { p.step(p.client.Close) }

func hears(line Line, parts ...any) func(*peer) {
	w := cat(parts...)
	return func(p *peer) {
		p.in.Add(w.Tally)
		p.in.Compression += w.Compression
		p.hear(line, []byte(strings.ReplaceAll(w.bytes, acceptPlace, codec.AcceptKey(p.key))))
	}
}

// after has time pass, and wakes the client if that was its wish.
func after(d time.Duration) func(*peer) {
	return func(p *peer) {
		p.turn.Now += int64(d)
		if p.wake != 0 && p.wake <= p.turn.Now {
			p.wake = 0
			p.step(p.client.Wake)
		}
	}
}

// hold has the conversation, with what comes cut at a place, and returns how many
// bytes came.
func (c conversation) hold(t *testing.T, tools *Tools, cut int) (size int) {
	p := newPeer(t, c.transport, c.target, tools, cut)
	for i, s := range c.steps {
		s.happens(p)
		if did := p.reaction(); did != s.does {
			t.Fatalf("step %d, cut at %d: %s\nwant %s", i+1, cut, did, s.does)
		}
	}
	assert.Check(t, is.Equal(p.counted(), c.counted), "cut at %d", cut)
	assert.Check(t, p.counts.In.Tally == p.in.Tally && p.counts.In.Compression == p.in.Compression, "cut at %d: %+v came, counted %+v", cut, p.in, p.counts.In)
	assert.Check(t, p.counts.Out.Tally == p.out.Tally && p.counts.Out.Compression == p.out.Compression, "cut at %d: %+v sent, counted %+v", cut, p.out, p.counts.Out)
	return p.heard
}

// However the bytes of a conversation are cut into pieces, it is the same one. A
// long one is cut at some of all places.
func TestConversations(t *testing.T) {
	for _, c := range conversations() {
		t.Run(c.transport+"/"+c.name, func(t *testing.T) {
			t.Parallel()
			tools := new(Tools)
			size := c.hold(t, tools, 0)
			c.hold(t, tools, -1)
			for cut := 1; cut < size && !t.Failed(); cut += 1 + size/1500*size/1500 {
				c.hold(t, tools, cut)
			}
		})
	}
}

func conversations() (all []conversation) {
	for _, cs := range [][]conversation{pollConversations, longPollConversations, streamConversations, socketConversations, engineConversations()} {
		all = append(all, cs...)
	}
	return all
}

const (
	asks40  = "> GET /api/rooms/lobby/messages?after=40&limit=1000"
	asks43  = "> GET /api/rooms/lobby/messages?after=43&limit=1000"
	tries   = "post> GET /api/rooms/lobby/messages?after=0&limit=1"
	posts   = `post> POST /api/rooms/lobby/messages {"user":"ada","text":"hello"}`
	problem = `{"type":"about:blank","title":"Too Many Requests","status":429,"detail":"wait"}`
)

var (
	from40   = Target{After: 40}
	speaker  = Target{Publishes: true}
	news     = hears(Main, answer("200 OK", page(41, 42, 43)))
	noNews   = hears(Main, answer("200 OK", page()))
	accepted = hears(Post, answer("201 Created", object(44, "hello")))

	// These begin a client that publishes by POST.
	connectSpeaker = []step{{connect(Main), "dials post"}, {connect(Post), tries}}
	// And this one has polled once.
	polledOnce = []step{{connect(Main), "ready"}, {polls, asks40}, {news, "got 41 42 43; answered"}}
)

func steps(first []step, more ...step) []step { return append(first[:len(first):len(first)], more...) }

var pollConversations = []conversation{
	{"pages", "poll", from40, steps(polledOnce,
		step{polls, asks43},
		step{noNews, "answered"},
		step{polls, asks43},
		step{hears(Main, answer("429 Too Many Requests", envelope(problem))), "answered; refused: 429 " + problem},
		step{polls, asks43},
		step{hears(Main, answer("404 Not Found", "404 page not found\n")), "answered; refused: 404 404 page not found"},
		step{polls, asks43},
		step{hears(Main, answer("302 Found\r\nLocation: /there")), "answered; refused: 302 a redirect to /there, which is not followed"},
		step{polls, asks43},
		step{hears(Main, answer("304 Not Modified")), "answered; refused: 304"},
		step{closes, ""},
	), "requests=6 200=2 302=1 304=1 404=1 429=1 empty=1"},
	{"pages in other frames", "poll", Target{}, []step{
		{connect(Main), "ready"},
		{polls, "> GET /api/rooms/lobby/messages?after=0&limit=1000"},
		{hears(Main, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", chunked(7, page(1, 2)), "0\r\nX-Sum: 1\r\n\r\n"), "got 1 2; answered"},
		{polls, "> GET /api/rooms/lobby/messages?after=2&limit=1000"},
		{hears(Main, "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n", answer("200 OK", page(3))), "got 3; answered"},
		{polls, "> GET /api/rooms/lobby/messages?after=3&limit=1000"},
		{hears(Main, "HTTP/1.0 200 OK\r\n\r\n", page(4)), ""},
		{ends(Main, io.EOF), "got 4; answered"},
		{polls, "dials main"},
		{connect(Main), "> GET /api/rooms/lobby/messages?after=4&limit=1000; ready"},
	}, "requests=4 200=3 reconnects=1"},
	{"closed while idle", "poll", from40, steps(polledOnce,
		step{ends(Main, io.EOF), ""},
		step{polls, "dials main"},
		step{ends(Main, syscall.ECONNREFUSED), "ended: connection refused"},
		step{connect(Main), "ready"},
		step{polls, asks43},
		step{noNews, "answered"},
		step{hears(Main, answer("408 Request Timeout\r\nConnection: close")), ""},
		step{polls, "dials main"},
		step{connect(Main), asks43 + "; ready"},
		step{hears(Main, answer("200 OK\r\nConnection: close", page())), "answered"},
		step{polls, "dials main"},
	), "requests=3 200=3 empty=2 reconnects=2"},
	{"closed as it asks, twice", "poll", from40, steps(polledOnce,
		step{polls, asks43},
		step{ends(Main, syscall.ECONNRESET), "dials main"},
		step{connect(Main), asks43 + "; ready"},
		step{ends(Main, io.EOF), "ended: broken off"},
	), "requests=3 200=1 unanswered=2 lost=1 reconnects=1"},
	{"closed after it asked", "poll", from40, steps(polledOnce,
		step{polls, asks43},
		step{after(time.Duration(crossing)), ""},
		step{ends(Main, io.EOF), "ended: broken off"},
		step{connect(Main), "ready"},
		step{polls, asks43},
		step{noNews, "answered"},
		step{polls, asks43},
		step{hears(Main, "HTTP/1.1 200"), ""},
		step{ends(Main, io.EOF), "ended: broken off"},
	), "requests=4 200=2 unanswered=2 empty=1 lost=2 reconnects=1"},
	{"no page", "poll", Target{}, []step{
		{connect(Main), "ready"},
		{polls, "> GET /api/rooms/lobby/messages?after=0&limit=1000"},
		{hears(Main, answer("200 OK", `{"messages":[{"id":1}]}`)), "ended: malformed"},
		{connect(Main), "ready"},
		{polls, "> GET /api/rooms/lobby/messages?after=0&limit=1000"},
		{hears(Main, "SSH-2.0-OpenSSH_9.2\r\n\r\n"), "ended: malformed"},
		{connect(Main), "ready"},
		{hears(Main, answer("200 OK")), "ended: malformed"},
	}, "requests=2 200=1 unanswered=1 reconnects=2"},
	{"posts", "poll", speaker, steps(connectSpeaker,
		step{hears(Post, answer("200 OK", page(1))), "ready"},
		step{publish("hello"), posts},
		step{accepted, "published"},
		step{publish("hello"), posts},
		step{hears(Post, answer("429 Too Many Requests\r\nConnection: close", envelope("{}"))), "unpublished: 429 {}"},
		step{publish("hello"), "dials post"},
		step{connect(Post), posts},
		step{accepted, "published"},
		step{ends(Post, io.EOF), ""},
		step{publish("hello"), "dials post"},
		step{ends(Post, syscall.ECONNREFUSED), "unpublished: connection refused"},
		step{publish("hello"), "dials post"},
		step{connect(Post), posts},
		step{accepted, "published"},
		step{publish("hello"), posts},
		step{ends(Post, io.EOF), "unpublished: broken off"}, // and not sent again: it may have been accepted
		step{publish("hello"), "dials post"},
		step{connect(Post), posts},
		step{hears(Post, "nonsense\r\n\r\n"), "unpublished: malformed"},
		step{polls, "> GET /api/rooms/lobby/messages?after=0&limit=1000"},
		step{hears(Main, answer("200 OK", page(1))), "got 1; answered"},
	), "requests=8 200=2 201=3 429=1 unanswered=2 lost=1 reconnects=3"},
	{"refused to post", "sse", speaker, steps(connectSpeaker,
		step{hears(Post, answer("404 Not Found", "no such room")), "ended: 404 no such room"},
	), "requests=1 404=1"},
	{"cookies", "poll", Target{Publishes: true, Cookies: &Cookies{}}, steps(connectSpeaker,
		step{hears(Post, answer("200 OK\r\nSet-Cookie: SRV=one; path=/; HttpOnly\r\nset-cookie: a=1; Max-Age=60", page())), "ready"},
		step{polls, "> GET /api/rooms/lobby/messages?after=0&limit=1000 Cookie: SRV=one; a=1"},
		step{hears(Main, answer("503 Busy\r\nSet-Cookie: SRV=two; path=/api")), "answered; refused: 503"},
		step{after(time.Minute), ""},
		step{publish("hello"), strings.Replace(posts, "messages", "messages Cookie: SRV=one; SRV=two", 1)},
		step{hears(Post, answer("201 Created\r\nSet-Cookie: SRV=; Max-Age=0; Path=/")), "published"},
		step{polls, "> GET /api/rooms/lobby/messages?after=0&limit=1000 Cookie: SRV=two"},
	), "requests=4 200=1 201=1 503=1"},
	{"ETags", "poll-etag", from40, []step{
		{connect(Main), "ready"},
		{polls, asks40},
		{hears(Main, answer("200 OK\r\nETag: \"43\"", page(41, 42, 43))), "got 41 42 43; answered"},
		{polls, asks43 + ` If-None-Match: "43"`},
		{hears(Main, "HTTP/1.1 304 Not Modified\r\nETag: \"43\"\r\n\r\n"), "answered"},
		{polls, asks43 + ` If-None-Match: "43"`},
		{hears(Main, answer("503 Busy", "busy")), "answered; refused: 503 busy"},
		{polls, asks43 + ` If-None-Match: "43"`},
		{hears(Main, answer("200 OK\r\nETag: W/\"xyz-44\"", page())), "answered"},
		{polls, asks43 + ` If-None-Match: W/"xyz-44"`},
		{hears(Main, answer("200 OK", page())), "answered"},
		{polls, asks43},
		{hears(Main, answer("304 Not Modified")), "answered; refused: 304"}, // there was no condition
	}, "requests=6 200=3 304=2 503=1 empty=3"},
	{"no ETag", "poll-etag", from40, []step{
		{connect(Main), "ready"},
		{polls, asks40},
		{hears(Main, answer("200 OK", "{}")), "ended: malformed"},
		{connect(Main), "ready"},
		{polls, asks40},
		{hears(Main, answer("200 OK\r\nETag: 43", `{"messages":[],"last":0}`)), "ended: malformed"},
	}, "requests=2 200=2 reconnects=1"},
}

func waits(id int) string {
	return fmt.Sprintf("> GET /api/rooms/lobby/messages?after=%d&limit=1000&wait=25s", id)
}

var listener = Target{After: 40, Wait: 25 * time.Second}

var longPollConversations = []conversation{
	{"asks again at once", "longpoll", listener, []step{
		{connect(Main), waits(40) + "; ready"},
		{news, waits(43) + "; got 41 42 43"},
		{after(time.Second), ""},
		{noNews, waits(43)},
		{after(time.Second), ""},
		{hears(Main, "HTTP/1.1 304 Not Modified\r\n\r\n"), waits(43)},
		{hears(Main, answer("200 OK", page(44))), waits(44) + "; got 44"},
		{after(time.Hour), ""},
		{ends(Main, io.EOF), "ended: broken off"},
		{connect(Main), waits(44) + "; ready"},
	}, "requests=6 200=3 304=1 unanswered=1 empty=2 lost=1 reconnects=1"},
	{"is kept off", "longpoll", listener, []step{
		{connect(Main), waits(40) + "; ready"},
		{noNews, "refused: 200 no news, and no wait for any"},
		{after(124 * time.Millisecond), ""},
		{after(126 * time.Millisecond), waits(40)},
		{hears(Main, "HTTP/1.1 304 Not Modified\r\n\r\n"), "refused: 304 no news, and no wait for any"},
		{after(249 * time.Millisecond), ""},
		{after(251 * time.Millisecond), waits(40)},
		{news, waits(43) + "; got 41 42 43"},
		{hears(Main, answer("503 Busy\r\nRetry-After: 60", "busy")), "refused: 503 busy"},
		{after(time.Minute + 124*time.Millisecond), ""},
		{ends(Main, io.EOF), ""},
		{after(126 * time.Millisecond), "dials main"},
		{connect(Main), waits(43) + "; ready"},
		{hears(Main, answer("503 Busy\r\nConnection: close", "busy")), "refused: 503 busy"},
		{after(500 * time.Millisecond), "dials main"},
		{connect(Main), waits(43) + "; ready"},
	}, "requests=6 200=2 304=1 503=2 empty=2 reconnects=2"},
	{"closed as it asks", "longpoll", listener, []step{
		{connect(Main), waits(40) + "; ready"},
		{news, waits(43) + "; got 41 42 43"},
		{ends(Main, syscall.EPIPE), "dials main"},
		{connect(Main), waits(43) + "; ready"},
	}, "requests=3 200=1 unanswered=1 reconnects=1"},
}
