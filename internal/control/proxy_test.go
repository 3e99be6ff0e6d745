package control

import (
	"bytes"
	"io"
	"net"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pollpush/pollpush/internal/proc"
	"github.com/pollpush/pollpush/internal/scenario"
)

// countingProxy relays TCP and counts what the load's connections carry. It
// knows nothing of pollpush but the User-Agent that the load's requests bear.
type countingProxy struct {
	net.Listener
	to string

	mu                         sync.Mutex
	in, out, requests, clients int64 // in: from the server
	relays                     sync.WaitGroup
}

// ofTrial tells a trial's rooms, which are numbered, from that in which the
// target is tried before.
var ofTrial = regexp.MustCompile(`^GET /api/rooms/pollpush-[a-z0-9]{6}-[0-9]+/`)

func newCountingProxy(t *testing.T, to string) *countingProxy {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &countingProxy{Listener: l, to: strings.TrimPrefix(to, "http://")}
	p.relays.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			p.relays.Go(func() { p.relay(c) })
		}
	})
	return p
}

func (p *countingProxy) relay(client net.Conn) {
	defer client.Close()
	first := make([]byte, 4096)
	n, err := client.Read(first)
	if err != nil || bytes.HasPrefix(first, []byte("GET /metrics")) {
		return // so that nothing but the load is counted on the other side
	}
	server, err := net.Dial("tcp", p.to)
	if err != nil {
		return
	}
	defer server.Close()
	load := bytes.Contains(first[:n], []byte("User-Agent: pollpush\r\n")) && ofTrial.Match(first[:n])
	count := func(in, out int, b []byte) {
		if !load {
			return
		}
		p.mu.Lock()
		defer p.mu.Unlock()
		p.in += int64(in)
		p.out += int64(out)
		// Requests are written in one piece, and frames to the server are masked.
		p.requests += int64(bytes.Count(b, []byte(" HTTP/1.1\r\nHost: ")))
	}
	if load {
		p.mu.Lock()
		p.clients++
		p.mu.Unlock()
	}
	count(0, n, first[:n])
	server.Write(first[:n])
	back := make(chan struct{})
	go func() {
		defer close(back)
		pump(client, server, func(b []byte) { count(len(b), 0, nil) })
		client.Close()
	}()
	pump(server, client, func(b []byte) { count(0, len(b), b) })
	server.Close()
	<-back
}

func pump(to io.Writer, from io.Reader, count func([]byte)) {
	b := make([]byte, 32<<10)
	for {
		n, err := from.Read(b)
		count(b[:n])
		if err != nil {
			return
		}
		if _, err := to.Write(b[:n]); err != nil {
			return
		}
	}
}

func TestAProxyCountsTheSame(t *testing.T) {
	t.Parallel()
	for _, transport := range []string{"poll", "ws"} {
		t.Run(transport, func(t *testing.T) {
			t.Parallel()
			server, err := proc.Start(chatserver, "--listen", "127.0.0.1:0", "--exit-with-stdin")
			if err != nil {
				t.Fatal(err)
			}
			defer server.Stop(5 * time.Second)
			url, err := announced(t.Context(), server)
			if err != nil {
				t.Fatal(err)
			}
			proxy := newCountingProxy(t, url)
			s := scenario.Scenario{Transports: []string{transport}, Clients: 30, Payload: 200}
			s.Publish = scenario.Publish{Rate: 20, Arrivals: "poisson", Publishers: 5}
			s.Poll.Interval = 200 * time.Millisecond
			s.Phases = scenario.Phases{RampUp: 100 * time.Millisecond, WarmUp: 500 * time.Millisecond, Steady: 2 * time.Second, Drain: 2 * time.Second}
			o := options(t, s)
			o.Target = "http://" + proxy.Addr().String()
			trial := measureOne(t, o)
			proxy.Close()
			proxy.relays.Wait()

			if trial.Totals.Requests != proxy.requests || trial.Totals.Connections != proxy.clients {
				t.Errorf("requests, connections: the generator counted %d, %d, the proxy %d, %d",
					trial.Totals.Requests, trial.Totals.Connections, proxy.requests, proxy.clients)
			}
			// Close frames go out after the totals are taken, and are answered by
			// some: a header of 2 bytes, a mask of 4 if from a client, a code of 2.
			var closing, answers int64
			if transport == "ws" {
				closing, answers = 8*proxy.clients, 4*proxy.clients
			}
			if out := proxy.out - closing; trial.Totals.BytesOut != out {
				t.Errorf("bytes out: the generator counted %d, the proxy %d", trial.Totals.BytesOut, out)
			}
			if more := proxy.in - trial.Totals.BytesIn; more < 0 || more > answers {
				t.Errorf("bytes in: the generator counted %d, the proxy %d", trial.Totals.BytesIn, proxy.in)
			}
			if trial.Lost != 0 || trial.Duplicated != 0 {
				t.Errorf("%d lost, %d duplicated", trial.Lost, trial.Duplicated)
			}
		})
	}
}
