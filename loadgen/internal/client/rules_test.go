package client

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"gotest.tools/v3/assert"
	is "gotest.tools/v3/assert/cmp"
)

func TestCookies(t *testing.T) {
	now := time.Date(2026, 11, 23, 4, 41, 0, 0, time.UTC)
	past, future := now.Add(-time.Hour), now.Add(time.Hour)
	var many []string
	for i := range 2 * maxCookies {
		many = append(many, fmt.Sprintf("c%d=1", i))
	}
	for name, c := range map[string]struct {
		set  []string
		want string // of the Cookie field, on a path below /api/
	}{
		"none":                   {nil, ""},
		"one":                    {[]string{"SRV=one; path=/; HttpOnly"}, "SRV=one"},
		"two":                    {[]string{"a=1", "b=2;Domain=elsewhere.example"}, "a=1; b=2"},
		"a later value":          {[]string{"a=1", "b=2", "a=3"}, "b=2; a=3"},
		"as it was written":      {[]string{`a="x y" ; path="/"`, "b=c=d", "empty="}, `a="x y"; b=c=d; empty=`},
		"deleted by age":         {[]string{"a=1", "b=2", "a=; Max-Age=0"}, "b=2"},
		"deleted by date":        {[]string{"a=1", "a=; Expires=Thu, 01-Jan-1970 00:00:01 GMT"}, ""},
		"deleted long ago":       {[]string{"a=1; expires=" + past.Format(time.RFC1123), "b=1; EXPIRES=" + past.Format(http.TimeFormat), "c=1; Max-Age=9999999999999", "c=1; Max-Age=-1"}, ""},
		"still good":             {[]string{"a=1; expires=" + future.Format(http.TimeFormat), "b=2; max-age=60; Expires=" + past.Format(http.TimeFormat)}, "a=1; b=2"},
		"a date that is none":    {[]string{"a=1; Expires=soon; Max-Age=1e9"}, "a=1"},
		"its path":               {[]string{"a=1; Path=/api", "b=2; Path=/api/", "c=3; Path=/ap", "d=4; Path=/socket.io/", "e=5; Path=x"}, "a=1; b=2; e=5"},
		"by path":                {[]string{"a=1; Path=/", "a=2; Path=/api"}, "a=1; a=2"},
		"only by TLS":            {[]string{"a=1; Secure", "b=2"}, "b=2"},
		"no cookies":             {[]string{"", "a", "=1", " =1", "a=\x00", "a\x7f=1", "big=" + strings.Repeat("x", maxCookie)}, ""},
		"more than a client has": {many, strings.Join(many[:maxCookies], "; ")},
		"the same, many times":   {slices.Repeat([]string{"a=1", "b=2"}, maxCookies), "a=1; b=2"},
	} {
		t.Run(name, func(t *testing.T) {
			var cookies Cookies
			for _, field := range c.set {
				cookies.Set(field, false, now)
			}
			want := ""
			if c.want != "" {
				want = "Cookie: " + c.want + "\r\n"
			}
			assert.Check(t, is.Equal(string(cookies.appendTo(nil, []byte("GET /api/rooms/a/messages?after=1 HTTP/1.1\r\n"), now)), want))
		})
	}
	var byTLS Cookies
	byTLS.Set("a=1; Secure", true, now)
	assert.Check(t, is.Len(byTLS.held, 1), "a cookie set by TLS")
}

// A server's tag goes back to it in a header, so it must be one.
func TestETags(t *testing.T) {
	for etag, want := range map[string]bool{
		`"43"`: true, `W/"43"`: true, `""`: true,
		`43`: false, `"43`: false, `"`: false, `W/43`: false, `w/"43"`: false, `"4"3"`: false, "\"4\n3\"": false, `"4 3"`: false,
		`"` + strings.Repeat("x", maxETag) + `"`: false,
	} {
		assert.Check(t, is.Equal(isETag([]byte(etag)), want), "%.40q is an ETag", etag)
	}
}

// What is sent back must come out as it was, and nothing beside it.
func FuzzETag(f *testing.F) {
	for _, etag := range []string{`"43"`, `W/"43"`, `""`, `"a"b"`, "\"\r\nX: y\"", `*`} {
		f.Add([]byte(etag))
	}
	f.Fuzz(func(t *testing.T, etag []byte) {
		if !isETag(etag) {
			return
		}
		p := newPeer(t, "poll-etag", Target{}, new(Tools), 0)
		p.client.(*poll).etag = etag
		p.connect(Main)
		p.poll()
		r, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(p.sent[Main])))
		assert.Check(t, err == nil && r.Header.Get("If-None-Match") == string(etag) && len(r.Header) == 3, "%q was sent as %+v, %v", etag, r, err)
	})
}

func TestRetryAfter(t *testing.T) {
	for value, want := range map[string]time.Duration{
		"": 0, "0": 0, "1": time.Second, "60": time.Minute, "61": time.Minute, "9999999999999": time.Minute,
		"-1": 0, "1.5": 0, "99999999999999999999999": 0, "Wed, 21 Oct 2026 07:28:00 GMT": 0,
	} {
		assert.Check(t, is.Equal(retryAfter([]byte(value)), want), "%q is", value)
	}
}

func TestLongPollBacksOffToALimit(t *testing.T) {
	c, want := &longPoll{}, firstBackoff
	for range 10 {
		turn := Turn{Now: 5}
		c.keepOff(&turn, time.Minute)
		pause := time.Duration(turn.Awake-turn.Now) - time.Minute
		assert.Check(t, c.backoff == want && pause >= want/2 && pause < want, "paused for %v, and backs off for %v, want %v", pause, c.backoff, want)
		want = min(2*want, lastBackoff)
	}
}

// accepting are good answers to the handshakes of sockets.
var accepting = map[string]string{
	"ws": switching(""), "ws-batch": switching("\r\nBatch-Window: 50ms"), "ws-deflate": switching(deflates), "socketio-ws": switching(""),
}

// begin connects a client, and accepts its handshake, if it has one.
func (p *peer) begin(transport string) {
	p.connect(Main)
	if accept := accepting[transport]; accept != "" {
		p.reaction()
		hears(Main, accept)(p)
	}
}

// heard is what a server says in a conversation, but for its first handshake.
func (c conversation) heard(f *testing.F) []byte {
	p := newPeer(f, c.transport, c.target, new(Tools), 0)
	for _, s := range c.steps {
		s.happens(p)
		p.reaction()
	}
	if _, after, found := bytes.Cut(p.all, []byte("\r\n\r\n")); found && accepting[c.transport] != "" {
		return after
	}
	return p.all
}

// Whatever a server sends, in whatever pieces, and whenever its connections end:
// peer checks each turn.
func FuzzClient(f *testing.F) {
	for _, c := range conversations() {
		if b := c.heard(f); len(b) < 5000 {
			f.Add(c.transport, c.target.Publishes, b, slices.Repeat([]byte{0x06, 0x70, 0x78, 0x05, 0xf0, 0xf8, 0x16, 0x0f, 0x07, 0x04}, 5))
			f.Add(c.transport, c.target.Publishes, b, slices.Repeat([]byte{0x06, 0xf0, 0x07}, 50))
		}
	}
	f.Fuzz(func(t *testing.T, transport string, publishes bool, b, moves []byte) {
		if !Knows(transport) {
			return
		}
		p := newPeer(t, transport, Target{Publishes: publishes, Cookies: &Cookies{}}, new(Tools), 0)
		_, byPoll := p.client.(Poller)
		p.begin(transport)
		for _, move := range moves {
			line, dialled := Line(move>>3&1), false
			if !p.up[line] {
				dialled = p.did[line] != "" || line == Main && p.over
			}
			switch kind := move & 7; {
			case kind < 4 && p.up[line]:
				n := min(len(b), int(move>>4)*8+1)
				p.hear(line, b[:n])
				b = b[n:]
			case kind == 4 && (p.up[line] || dialled):
				p.did[line] = ""
				p.end(line, io.EOF)
			case kind == 5 && p.began && p.publishes == 0:
				p.publish("hello")
			case kind == 6:
				after(time.Duration(move>>4) * time.Second)(p)
				if byPoll && p.began && p.polls == 0 && !p.over {
					p.poll()
				}
			case kind == 7 && dialled:
				p.did[line] = ""
				if line == Main {
					p.begin(transport)
				} else {
					p.connect(Post)
				}
			}
		}
	})
}

// What is pushed comes to the same, however it is cut.
func FuzzPieces(f *testing.F) {
	for _, c := range conversations() {
		if b := c.heard(f); len(b) < 5000 {
			f.Add(c.transport, b, len(b)/2)
		}
	}
	f.Fuzz(func(t *testing.T, transport string, b []byte, cut int) {
		if transport != "sse" && accepting[transport] == "" || len(b) > 10_000 {
			return
		}
		var whole string
		for i, cut := range []int{0, -1, cut} {
			p := newPeer(t, transport, Target{}, new(Tools), cut)
			p.begin(transport)
			p.hear(Main, bytes.Clone(b))
			if p.up[Main] {
				p.end(Main, io.EOF)
			}
			came := fmt.Sprintln(p.reaction(), p.counted(), p.counts.In.Tally, p.counts.In.Compression)
			if i == 0 {
				whole = came
			}
			assert.Assert(t, is.Equal(came, whole), "cut at %d", cut)
		}
	})
}
