// Package faultproxy is a TCP proxy of known behaviour, for tests: it sits
// between clients and a server, does to their connections what it is told to,
// and counts by itself what passes. It reads HTTP/1.1 and WebSockets by
// parsers of its own, and shares no code with the clients and servers that it is
// to prove.
package faultproxy

import (
	"bytes"
	"errors"
	"fmt"
	"io"
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
	// Refuse decides by its first request, as "GET /path", which connection is
	// dropped unanswered.
	Refuse func(request string) bool
	// ResetAfter is after how many bytes to the client a connection is reset;
	// 0 is never.
	ResetAfter func(connection int) int64
}

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
	c.Connections += o.Connections
	c.Requests += o.Requests
	c.BytesIn += o.BytesIn
	c.BytesOut += o.BytesOut
	c.FramesIn.add(o.FramesIn)
	c.FramesOut.add(o.FramesOut)
	c.Unparsed += o.Unparsed
}

func (f *Frames) add(o Frames) {
	f.Data += o.Data
	f.Control += o.Control
	f.Close += o.Close
}

// Proxy relays connections to one server.
type Proxy struct {
	faults   Faults
	target   string
	listener net.Listener
	running  sync.WaitGroup

	mu     sync.Mutex
	relays []*relay
	closed bool
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

// relay is one client's connection and that to the server behind it.
type relay struct {
	proxy          *Proxy
	number         int
	client, server *net.TCPConn
	over           chan struct{} // closed by cut
	alarms         [2]*clock.Alarm
	once           sync.Once

	mu     sync.Mutex
	first  string // request, as "GET /path"
	counts Counts
}

// newRelay records a client's connection, whatever becomes of it.
func (p *Proxy) newRelay(client *net.TCPConn) *relay {
	p.mu.Lock()
	defer p.mu.Unlock()
	r := &relay{proxy: p, number: len(p.relays), client: client, over: make(chan struct{}), counts: Counts{Connections: 1}}
	p.relays = append(p.relays, r)
	return r
}

// run relays until both directions have ended.
func (r *relay) run() {
	p := r.proxy
	defer r.client.Close()
	server, err := net.Dial("tcp", p.target)
	if err != nil {
		r.client.SetLinger(0)
		return
	}
	defer server.Close()
	for i := range r.alarms {
		if r.alarms[i], err = clock.NewAlarm(); err != nil {
			r.client.SetLinger(0)
			return
		}
		defer r.alarms[i].Close()
	}
	p.mu.Lock()
	r.server = server.(*net.TCPConn)
	closed := p.closed
	p.mu.Unlock()
	if closed {
		return
	}
	out, in := newDirections(r)
	var both sync.WaitGroup
	both.Go(func() { r.pass(out, r.client, r.server, r.alarms[0]) })
	both.Go(func() { r.pass(in, r.server, r.client, r.alarms[1]) })
	both.Wait()
}

// cut resets both connections.
func (r *relay) cut() {
	r.once.Do(func() {
		close(r.over)
		r.proxy.mu.Lock()
		server := r.server
		r.proxy.mu.Unlock()
		if server == nil {
			return // the proxy is closed before it has been dialled
		}
		for _, c := range [...]*net.TCPConn{r.client, server} {
			c.SetLinger(0)
			c.Close()
		}
		for _, a := range r.alarms {
			a.Close()
		}
	})
}

// chunk is bytes under way; the last one of a direction says how it ended.
type chunk struct {
	at   int64 // when it is to go on
	data []byte
	end  error // io.EOF, or what broke the connection
}

// chunksUnderWay is how many reads of a direction may wait to be written.
const chunksUnderWay = 1024

// pass relays one direction until it ends.
func (r *relay) pass(d *direction, from, to *net.TCPConn, alarm *clock.Alarm) {
	chunks := make(chan chunk, chunksUnderWay)
	var reading sync.WaitGroup
	reading.Go(func() { r.read(d, from, chunks) })
	defer reading.Wait()
	var left int64 // bytes until the connection is reset; at most 0 for never
	if to == r.client && r.proxy.faults.ResetAfter != nil {
		left = r.proxy.faults.ResetAfter(r.number)
	}
	for {
		var c chunk
		select {
		case c = <-chunks:
		case <-r.over:
			return
		}
		err := alarm.Wait(c.at)
		if err == nil {
			err = r.write(to, c.data, &left)
		}
		switch {
		case err != nil || c.end != nil && c.end != io.EOF:
			r.cut()
			return
		case c.end != nil:
			to.CloseWrite()
			return
		}
	}
}

// read takes in what comes and hands it on.
func (r *relay) read(d *direction, from *net.TCPConn, chunks chan<- chunk) {
	buffer := make([]byte, 32<<10)
	for {
		n, err := from.Read(buffer)
		r.mu.Lock()
		if !d.in {
			r.counts.BytesOut += int64(n)
		}
		d.feed(buffer[:n])
		if d.reset {
			n, err = 0, net.ErrClosed
		}
		r.mu.Unlock()
		select {
		case chunks <- chunk{clock.Now() + int64(r.proxy.faults.Delay), bytes.Clone(buffer[:n]), err}:
		case <-r.over:
			return
		}
		if err != nil {
			return
		}
	}
}

// write writes and counts what is due. The error is [net.ErrClosed] where the
// connection is to be reset after that.
func (r *relay) write(to *net.TCPConn, data []byte, left *int64) error {
	if len(data) == 0 {
		return nil
	}
	last := *left > 0 && int64(len(data)) >= *left
	if last {
		data = data[:*left]
	}
	n, err := to.Write(data)
	*left -= int64(n)
	if to == r.client {
		r.mu.Lock()
		r.counts.BytesIn += int64(n)
		r.mu.Unlock()
	}
	if err == nil && last {
		err = net.ErrClosed
	}
	return err
}
