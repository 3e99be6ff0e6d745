package transport_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"gotest.tools/v3/assert"

	"github.com/pollpush/pollpush/internal/result"
	"github.com/pollpush/pollpush/internal/transport"
	"github.com/pollpush/pollpush/loadgen"
	"github.com/pollpush/pollpush/server"
)

// serve starts a server of ours on a free port. It offers every transport.
func serve(t *testing.T) (url string) { return serveHistory(t, 0) }

func serveHistory(t *testing.T, history int) (url string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	assert.NilError(t, err)
	return serveOn(t, l, history)
}

func serveOn(t *testing.T, l net.Listener, history int) (url string) {
	t.Helper()
	config, scheme := server.Config{History: history, Deflate: true, Batch: 2 * time.Millisecond}, "http://"
	if overTLS(t) {
		own := trusted(t).own
		config.Certificate, scheme = &own, "https://"
	}
	s := server.New(config)
	served := make(chan error, 1)
	go func() { served <- s.Serve(l) }()
	t.Cleanup(func() {
		assert.Check(t, s.Shutdown(context.Background()), "shutdown")
		<-served
	})
	return scheme + l.Addr().String()
}

// person is a client of some transport, and what it has received.
type person struct {
	t *testing.T
	*loadgen.Client
	pushed chan message // closed when receiving has ended; nil for polling
	got    []string
	ids    []uint64
}

type message struct {
	id   uint64
	text string
}

func dial(t *testing.T, tr transport.Transport, target loadgen.Target) *person {
	t.Helper()
	if target.User == "" {
		target.User = tr.Name
	}
	target.Roots = trusted(t).roots
	c, err := loadgen.Dial(t.Context(), tr.Name, target)
	assert.NilError(t, err, tr.Name)
	p := &person{t: t, Client: c}
	assert.Check(t, c.Polls() == tr.Paced, "%s: Paced is %v, but that it polls is %v", tr.Name, tr.Paced, c.Polls())
	if !c.Polls() {
		p.pushed = make(chan message, 1000)
		go p.listen()
	}
	t.Cleanup(func() {
		c.Close()
		if p.pushed != nil {
			for range p.pushed { // until listen has ended
			}
		}
	})
	return p
}

// listen receives all the time: who is pushed to sees its acknowledgements so.
func (p *person) listen() {
	defer close(p.pushed)
	for {
		ds, err := p.Receive()
		for _, d := range ds {
			p.pushed <- message{d.ID, string(d.Text)}
		}
		var refused *loadgen.AnswerError
		if err != nil && !errors.As(err, &refused) {
			return
		}
	}
}

// until receives until there are n messages in all.
func (p *person) until(n int) {
	p.t.Helper()
	for len(p.got) < n {
		if !p.Polls() {
			m, ok := <-p.pushed
			assert.Assert(p.t, ok, "the connection ended after %d of %d messages", len(p.got), n)
			p.got, p.ids = append(p.got, m.text), append(p.ids, m.id)
			continue
		}
		p.Poll()
		ds, err := p.Receive()
		assert.NilError(p.t, err, "after %d of %d messages", len(p.got), n)
		for _, d := range ds {
			p.got, p.ids = append(p.got, string(d.Text)), append(p.ids, d.ID)
		}
	}
	for i, id := range p.ids {
		assert.Assert(p.t, id == p.ids[0]+uint64(i), "ids %v are not in order without holes", p.ids)
	}
}

func (p *person) publish(texts ...string) {
	p.t.Helper()
	for _, text := range texts {
		assert.NilError(p.t, p.Publish(text), "publish %q", text)
	}
}

func each(t *testing.T, f func(t *testing.T, tr transport.Transport)) {
	for _, tr := range transport.All() {
		t.Run(tr.Name, func(t *testing.T) { f(t, tr) })
	}
}

func TestEveryoneReceivesInOrder(t *testing.T) {
	each(t, func(t *testing.T, tr transport.Transport) {
		url := serve(t)
		speaker := dial(t, tr, loadgen.Target{URL: url, Room: "lobby", Publishes: true})
		listeners := []*person{dial(t, tr, loadgen.Target{URL: url, Room: "lobby"}), dial(t, tr, loadgen.Target{URL: url, Room: "lobby"})}
		var want []string
		for i := range 20 {
			want = append(want, fmt.Sprintf("message %d", i))
			speaker.publish(want[i])
		}
		for _, p := range append(listeners, speaker) {
			p.until(len(want))
			assert.Check(t, fmt.Sprint(p.got) == fmt.Sprint(want), "got %q", p.got)
		}
	})
}

// A server that listens on IPv6 alone is met by its address and by localhost.
func TestServersOnIPv6(t *testing.T) {
	each(t, func(t *testing.T, tr transport.Transport) {
		l, err := net.Listen("tcp", "[::1]:0")
		if err != nil {
			t.Skip(err)
		}
		url := serveOn(t, l, 0)
		for i, url := range []string{url, strings.Replace(url, "[::1]", "localhost", 1)} {
			p := dial(t, tr, loadgen.Target{URL: url, Room: "lobby", Publishes: true})
			p.publish("hello")
			p.until(i + 1)
		}
	})
}

func TestAllMeetInTheSameRoom(t *testing.T) {
	for _, from := range transport.All() {
		for _, to := range transport.All() {
			t.Run(from.Name+" to "+to.Name, func(t *testing.T) {
				url := serve(t)
				listener := dial(t, to, loadgen.Target{URL: url, Room: "lobby"})
				dial(t, from, loadgen.Target{URL: url, Room: "elsewhere", Publishes: true}).publish("not here")
				dial(t, from, loadgen.Target{URL: url, Room: "lobby", Publishes: true}).publish("hello", "again")
				listener.until(2)
				assert.Check(t, fmt.Sprint(listener.got) == "[hello again]", "got %q", listener.got)
			})
		}
	}
}

func TestACursorResumes(t *testing.T) {
	each(t, func(t *testing.T, tr transport.Transport) {
		url := serve(t)
		speaker := dial(t, tr, loadgen.Target{URL: url, Room: "lobby", Publishes: true})
		speaker.publish("one")
		first := dial(t, tr, loadgen.Target{URL: url, Room: "lobby"})
		first.until(1)
		first.Close()
		speaker.publish("two", "three")
		second := dial(t, tr, loadgen.Target{URL: url, Room: "lobby", After: first.ids[0]})
		second.until(2)
		if fmt.Sprint(second.got) != "[two three]" {
			t.Errorf("after id %d came %q", first.ids[0], second.got)
		}
	})
}

// A client whose cursor lies behind what is kept gets all that is.
func TestACursorBehindHistory(t *testing.T) {
	each(t, func(t *testing.T, tr transport.Transport) {
		url := serveHistory(t, 3)
		speaker := dial(t, tr, loadgen.Target{URL: url, Room: "lobby", Publishes: true})
		speaker.publish("one", "two", "three", "four", "five")
		late := dial(t, tr, loadgen.Target{URL: url, Room: "lobby", After: 1})
		late.until(3)
		speaker.publish("six")
		late.until(4)
		assert.Check(t, fmt.Sprint(late.got) == "[three four five six]", "after id 1 came %q", late.got)
	})
}

// A client that is cut off again and again in the middle of a conversation, and
// comes back with its cursor, has in the end got everything once and in order.
func TestCutOffAndResumed(t *testing.T) {
	each(t, func(t *testing.T, tr transport.Transport) {
		url := serve(t)
		speaker := dial(t, transport.All()[0], loadgen.Target{URL: url, Room: "lobby", Publishes: true})
		const n = 60
		var speaking sync.WaitGroup
		defer speaking.Wait()
		speaking.Go(func() {
			for i := range n {
				assert.Check(t, speaker.Publish(fmt.Sprint(i+1)), "publish")
			}
		})
		var got []string
		var cursor uint64
		for len(got) < n {
			p := dial(t, tr, loadgen.Target{URL: url, Room: "lobby", After: cursor})
			p.until(min(1+len(got)%5, n-len(got)))
			p.Close()
			got = append(got, p.got...)
			cursor = p.ids[len(p.ids)-1]
		}
		for i, text := range got {
			assert.Assert(t, text == fmt.Sprint(i+1), "message %d is %q: %q", i+1, text, got)
		}
	})
}

func TestCloseUnblocks(t *testing.T) {
	each(t, func(t *testing.T, tr transport.Transport) {
		c, err := loadgen.Dial(t.Context(), tr.Name, loadgen.Target{URL: serve(t), Room: "lobby", User: "ada", Publishes: true, Roots: trusted(t).roots})
		assert.NilError(t, err)
		received := make(chan error, 1)
		go func() {
			_, err := c.Receive() // nothing will come: nothing was asked or said
			received <- err
		}()
		c.Close()
		err = <-received
		assert.Check(t, err != nil, "Receive returned without an error after Close")
		err = c.Publish("too late")
		assert.Check(t, err != nil, "Publish returned without an error after Close")
		c.Close() // twice does no harm
	})
}

func TestARefusedMessageLeavesTheClientGood(t *testing.T) {
	each(t, func(t *testing.T, tr transport.Transport) {
		url := serve(t)
		speaker := dial(t, tr, loadgen.Target{URL: url, Room: "lobby", Publishes: true})
		listener := dial(t, tr, loadgen.Target{URL: url, Room: "lobby"})
		var refused *loadgen.AnswerError
		if err := speaker.Publish(strings.Repeat("x", 5000)); !errors.As(err, &refused) || refused.Status < 400 || refused.Status > 499 {
			t.Errorf("a message of 5,000 bytes: %v, want a refusal", err)
		}
		assert.Check(t, speaker.Publish("still here"), "after a refusal")
		speaker.until(1)
		listener.until(1)
	})
}

func TestDialFails(t *testing.T) {
	each(t, func(t *testing.T, tr transport.Transport) {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		assert.NilError(t, err)
		l.Close() // nobody listens there now
		if c, err := loadgen.Dial(t.Context(), tr.Name, loadgen.Target{URL: "http://" + l.Addr().String(), Room: "lobby"}); err == nil {
			c.Close()
			t.Error("a dial to a closed port succeeded")
		}
		_, err = loadgen.Dial(t.Context(), tr.Name, loadgen.Target{URL: "http://%", Room: "lobby"})
		assert.Check(t, err != nil, "a dial to no address succeeded")
	})
}

func TestSourceAddress(t *testing.T) {
	each(t, func(t *testing.T, tr transport.Transport) {
		url := serve(t)
		p := dial(t, tr, loadgen.Target{URL: url, Room: "lobby", Publishes: true, Source: netip.MustParseAddr("127.0.1.9")})
		p.publish("from elsewhere")
	})
}

// The meter must have counted what the server has: requests, connections and
// frames exactly, and bytes to the byte.
func TestMeterAgreesWithTheServer(t *testing.T) {
	each(t, func(t *testing.T, tr transport.Transport) {
		url := serve(t)
		base, _ := scrape(t, url)
		var people []*person
		for i := range 5 {
			people = append(people, dial(t, tr, loadgen.Target{URL: url, Room: "lobby", Publishes: i == 0}))
		}
		for i := range 30 {
			people[0].publish(strings.Repeat("ä€😀", i+1))
			for _, p := range people {
				p.until(i + 1)
			}
		}
		// Who asks again by himself has still to do so, and the server to see it.
		deadline := time.Now().Add(2 * time.Minute)
		for {
			all, own := scrape(t, url)
			base = result.Add(base, own)
			want, got := result.Sub(all, base), counted(people, (*loadgen.Client).Totals)
			if got == want {
				return
			}
			assert.Assert(t, !time.Now().After(deadline), "the meter counted %+v, the server %+v", got, want)
		}
	})
}

// counted adds up what clients have counted.
func counted[T any](people []*person, by func(*loadgen.Client) T) (sum T) {
	for _, p := range people {
		sum = result.Add(sum, by(p.Client))
	}
	return sum
}

// scrape reads the server's counts over a connection of its own, and returns
// beside them what this scrape adds to the one before it: the answer to that,
// which it had not counted yet, and the question of this one.
func scrape(t *testing.T, url string) (counted, own result.Totals) {
	t.Helper()
	request := "GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
	wire := &countedConn{}
	var c io.ReadWriteCloser = wire
	scheme, addr, _ := strings.Cut(url, "://")
	var err error
	if wire.Conn, err = net.Dial("tcp", addr); err != nil {
		t.Fatal(err)
	}
	defer wire.Close()
	if scheme == "https" {
		secured := tls.Client(wire, &tls.Config{ServerName: "127.0.0.1", RootCAs: trusted(t).roots})
		assert.NilError(t, secured.Handshake())
		c = secured
	}
	before := wire.in // what the server has said, and counted, before it is asked
	fmt.Fprint(c, request)
	var answer strings.Builder
	_, err = bufio.NewReader(c).WriteTo(&answer)
	assert.NilError(t, err)
	r, err := http.ReadResponse(bufio.NewReader(strings.NewReader(answer.String())), nil)
	assert.NilError(t, err)
	for lines := bufio.NewScanner(r.Body); lines.Scan(); {
		name, value, _ := strings.Cut(lines.Text(), " ")
		v, _ := strconv.ParseFloat(value, 64)
		switch name {
		case "pollpush_http_requests_total":
			counted.Requests = int64(v)
		case "pollpush_connections_total":
			counted.Connections = int64(v)
		case "pollpush_frames_sent_total":
			counted.FramesIn = int64(v)
		case "pollpush_frames_received_total":
			counted.FramesOut = int64(v)
		case "pollpush_bytes_sent_total":
			counted.BytesIn = int64(v)
		case "pollpush_bytes_received_total":
			counted.BytesOut = int64(v)
		}
	}
	own = result.Totals{Requests: 1, Connections: 1, BytesIn: answers[url] + before, BytesOut: wire.out}
	answers[url] = wire.in - before
	return counted, own
}

// countedConn counts what passes it.
type countedConn struct {
	net.Conn
	in, out int64
}

func (c *countedConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	c.in += int64(n)
	return n, err
}

func (c *countedConn) Write(p []byte) (int, error) {
	n, err := c.Conn.Write(p)
	c.out += int64(n)
	return n, err
}

// answers holds the length of each server's last scrape.
var answers = map[string]int64{}
