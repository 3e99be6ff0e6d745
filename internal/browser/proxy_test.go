package browser

import (
	"io"
	"net"
	"sync"
	"testing"

	"gotest.tools/v3/assert"
)

// proxy relays TCP to an address, until it is cut or deafened.
type proxy struct {
	url string
	to  string

	mu       sync.Mutex
	isCut    bool
	isDeaf   bool
	relaying map[net.Conn]bool
}

func startProxy(t *testing.T, to string) *proxy {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	assert.NilError(t, err)
	p := &proxy{url: "http://" + l.Addr().String(), to: to, relaying: map[net.Conn]bool{}}
	var relays sync.WaitGroup
	relays.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			relays.Go(func() { p.relay(c) })
		}
	})
	t.Cleanup(func() {
		l.Close()
		p.cut()
		relays.Wait()
	})
	return p
}

// cut drops all connections, and each new one at once, until mend.
func (p *proxy) cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.isCut = true
	for c := range p.relaying {
		c.Close()
	}
}

func (p *proxy) mend() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.isCut, p.isDeaf = false, false
}

// deafen has the server hear nothing more of what is said, until mend.
func (p *proxy) deafen() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.isDeaf = true
}

// ear is the way to the server.
type ear struct {
	*proxy
	server net.Conn
}

func (e ear) Write(b []byte) (int, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.isDeaf {
		return len(b), nil
	}
	return e.server.Write(b)
}

// hold keeps c, to be closed when the proxy is cut. Where that is so already, it
// closes c and returns false.
func (p *proxy) hold(c net.Conn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.isCut {
		c.Close()
		return false
	}
	p.relaying[c] = true
	return true
}

func (p *proxy) release(c net.Conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.relaying, c)
	c.Close()
}

func (p *proxy) relay(client net.Conn) {
	if !p.hold(client) {
		return
	}
	defer p.release(client)
	server, err := net.Dial("tcp", p.to)
	if err != nil || !p.hold(server) {
		return
	}
	defer p.release(server)
	var up sync.WaitGroup
	up.Go(func() {
		io.Copy(ear{p, server}, client)
		server.(*net.TCPConn).CloseWrite()
	})
	io.Copy(client, server)
	client.Close()
	up.Wait()
}
