// Package faultproxy is a TCP proxy of known behaviour, for tests: it stands
// between clients and a server, does to their connections what it is told to,
// and counts by itself what passes. It reads HTTP/1.1, WebSockets, event
// streams and Socket.IO by parsers of its own, and shares no code with the
// clients and servers that it is to prove.
package faultproxy

import (
	"errors"
	"fmt"
	"net"
	"slices"
	"sync"
	"time"

	"github.com/pollpush/pollpush/internal/clock"
)

// Faults is what a proxy does beside relaying. The zero value does nothing.
// Connections are numbered from 0, in the order in which they are accepted.
type Faults struct {
	// Delay is added to the way in each direction, however much is under way.
	Delay time.Duration
	// Rate is how many bytes a second pass, on each connection and in each
	// direction; 0 is no limit.
	Rate int64
	// Refuse tells by its first request, as "GET /path", which connection is
	// dropped unanswered.
	Refuse func(request string) bool
	// ResetAfter is after how many bytes to the client a connection is reset;
	// 0 is never.
	ResetAfter func(connection int) int64
	// Message tells what becomes of a chat message on its way to a client: in
	// a WebSocket's text frame, an event of a chunked event stream, or a
	// Socket.IO event over a WebSocket. It is asked once for each message and
	// connection, and may be asked by several goroutines at a time. While it
	// is set, every message goes on in a frame or a chunk of its own; what
	// holds no message, and compressed frames, go on as they are.
	Message func(connection int, id uint64) Fault
}

// Fault is what becomes of a message.
type Fault int

const (
	Pass  Fault = iota
	Drop        // it is left out
	Twice       // it comes twice in a row
	Swap        // it comes after the next one that passes
	Reset       // the connection is reset instead
)

// Counts is what has passed on the clients' side of a proxy.
type Counts struct {
	Connections int64
	Requests    int64 // of HTTP, WebSocket handshakes included
	BytesIn     int64 // to the clients
	BytesOut    int64
	FramesIn    Frames // to the clients
	FramesOut   Frames
	Unparsed    int64 // directions of connections that held what cannot be read, from there on relayed as it is
}

// Frames counts WebSocket frames by kind.
type Frames struct {
	Data    int64
	Control int64 // pings and pongs
	Close   int64
}

func (c *Counts) add(o Counts) {
	for _, n := range [...]struct {
		to   *int64
		more int64
	}{
		{&c.Connections, o.Connections}, {&c.Requests, o.Requests}, {&c.BytesIn, o.BytesIn}, {&c.BytesOut, o.BytesOut},
		{&c.FramesIn.Data, o.FramesIn.Data}, {&c.FramesIn.Control, o.FramesIn.Control}, {&c.FramesIn.Close, o.FramesIn.Close},
		{&c.FramesOut.Data, o.FramesOut.Data}, {&c.FramesOut.Control, o.FramesOut.Control}, {&c.FramesOut.Close, o.FramesOut.Close},
		{&c.Unparsed, o.Unparsed},
	} {
		*n.to += n.more
	}
}

// Proxy relays connections to one server.
type Proxy struct {
	faults   Faults
	target   string
	listener net.Listener
	running  sync.WaitGroup

	mu                    sync.Mutex
	relays                []*relay
	stallFrom, stallUntil int64 // as clock.Now gives them
	closed                bool
}

// Start listens on a port of 127.0.0.1 and relays to target ("host:port").
func Start(target string, faults Faults) (*Proxy, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("the proxy to %s cannot listen: %w", target, err)
	}
	p := &Proxy{faults: faults, target: target, listener: listener}
	p.running.Go(p.accept)
	return p, nil
}

// Addr is where clients connect to, as "127.0.0.1:12345".
func (p *Proxy) Addr() string { return p.listener.Addr().String() }

func (p *Proxy) accept() {
	for {
		client, err := p.listener.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			continue // a client that has gone again
		}
		p.running.Go(p.newRelay(client.(*net.TCPConn)).run)
	}
}

// Stall lets nothing pass, in either direction, from an instant on for as long
// as given. Connections stay, and what comes meanwhile passes afterwards.
func (p *Proxy) Stall(from time.Time, length time.Duration) {
	at := clock.Now() + int64(time.Until(from))
	p.mu.Lock()
	defer p.mu.Unlock()
	p.stallFrom, p.stallUntil = at, at+int64(length)
}

// stalledUntil is when the stall ends that an instant lies in, or 0.
func (p *Proxy) stalledUntil(now int64) int64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	if now < p.stallFrom || now >= p.stallUntil {
		return 0
	}
	return p.stallUntil
}

// Counts sums up the connections whose first request, as "GET /path", is one
// of those asked for; nil asks for all connections.
func (p *Proxy) Counts(of func(request string) bool) (sum Counts) {
	p.mu.Lock()
	relays := slices.Clone(p.relays)
	p.mu.Unlock()
	for _, r := range relays {
		r.mu.Lock()
		if of == nil || r.first != "" && of(r.first) {
			sum.add(r.counts)
		}
		r.mu.Unlock()
	}
	return sum
}

// Close drops all connections, and returns when nothing of the proxy runs any
// more. What has been counted stays.
func (p *Proxy) Close() {
	p.listener.Close()
	p.mu.Lock()
	p.closed = true
	relays := slices.Clone(p.relays)
	p.mu.Unlock()
	for _, r := range relays {
		r.cut()
	}
	p.running.Wait()
}
