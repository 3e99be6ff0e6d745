package testkit

import (
	"io"
	"net"
	"sync"
	"testing"
)

// Relay passes TCP connections on to a server, until it is cut or deafened.
type Relay struct {
	URL string // http://…

	mu    sync.Mutex
	to    string // host:port; empty while nobody is let through
	deaf  bool
	conns map[net.Conn]bool
}

// NewRelay starts a relay to host:port, which ends with the test.
func NewRelay(t testing.TB, to string) *Relay {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	r := &Relay{URL: "http://" + l.Addr().String(), to: to, conns: map[net.Conn]bool{}}
	var all sync.WaitGroup
	all.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			all.Go(func() { r.pass(c) })
		}
	})
	t.Cleanup(func() {
		l.Close()
		r.Cut()
		all.Wait()
	})
	return r
}

// Lead lets connections through to host:port from now on.
func (r *Relay) Lead(to string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.to, r.deaf = to, false
}

// Cut drops all connections, and each new one, until Lead.
func (r *Relay) Cut() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.to = ""
	for c := range r.conns {
		c.Close()
	}
	clear(r.conns)
}

// Deafen has the server hear nothing more of what is said, until Lead.
func (r *Relay) Deafen() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.deaf = true
}

// ear is the way to the server.
type ear struct {
	*Relay
	server net.Conn
}

func (e ear) Write(b []byte) (int, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.deaf {
		return len(b), nil
	}
	return e.server.Write(b)
}

func (r *Relay) pass(client net.Conn) {
	defer client.Close()
	server, err := r.open(client)
	if err != nil {
		return
	}
	defer server.Close()
	var back sync.WaitGroup
	back.Go(func() {
		_, _ = io.Copy(client, server) // ends when either is closed
		client.Close()
	})
	_, _ = io.Copy(ear{r, server}, client)
	server.Close()
	back.Wait()
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.conns, client)
	delete(r.conns, server)
}

// open dials the server, so that no cut can miss the two connections.
func (r *Relay) open(client net.Conn) (server net.Conn, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.to == "" {
		return nil, net.ErrClosed
	}
	if server, err = net.Dial("tcp", r.to); err == nil {
		r.conns[client], r.conns[server] = true, true
	}
	return server, err
}
