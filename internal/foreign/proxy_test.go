package foreign

import (
	"io"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"gotest.tools/v3/assert"
)

// proxy passes TCP connections on to a server, until it is cut.
type proxy struct {
	url       string
	toClients counter // bytes passed on to clients

	mu    sync.Mutex
	to    string // host:port; empty while nobody is let through
	conns map[net.Conn]bool
}

// counter counts the bytes written to it.
type counter struct{ atomic.Int64 }

func (c *counter) Write(b []byte) (int, error) {
	c.Add(int64(len(b)))
	return len(b), nil
}

func passOn(t *testing.T, s *chatserver) *proxy {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	assert.NilError(t, err)
	p := &proxy{url: "http://" + l.Addr().String(), conns: map[net.Conn]bool{}}
	p.lead(s)
	var all sync.WaitGroup
	all.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			all.Go(func() { p.pass(c) })
		}
	})
	t.Cleanup(func() {
		l.Close()
		p.cut()
		all.Wait()
	})
	return p
}

// lead lets connections through to a server from now on.
func (p *proxy) lead(s *chatserver) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.to = strings.TrimPrefix(s.url, "http://")
}

// cut drops all connections, and new ones until [proxy.lead] is called.
func (p *proxy) cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.to = ""
	for c := range p.conns {
		c.Close()
	}
	clear(p.conns)
}

func (p *proxy) pass(client net.Conn) {
	defer client.Close()
	server, err := p.open(client)
	if err != nil {
		return
	}
	defer server.Close()
	var back sync.WaitGroup
	back.Go(func() {
		_, _ = io.Copy(io.MultiWriter(&p.toClients, client), server) // ends when either is closed
		client.Close()
	})
	_, _ = io.Copy(server, client)
	server.Close()
	back.Wait()
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.conns, client)
	delete(p.conns, server)
}

// open dials the server, so that no cut can miss the two connections.
func (p *proxy) open(client net.Conn) (server net.Conn, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.to == "" {
		return nil, net.ErrClosed
	}
	if server, err = net.Dial("tcp", p.to); err == nil {
		p.conns[client], p.conns[server] = true, true
	}
	return server, err
}
