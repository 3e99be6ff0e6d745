package loadgen

import (
	"context"
	"fmt"
	"strconv"
	"sync"
)

// httpPair is what the transports over plain HTTP have in common: one
// connection to receive over, and another to publish over by POST, as a
// browser would while its first one waits.
type httpPair struct {
	target Target
	host   string
	conn   *Conn

	guard  sync.Mutex // over conn, but for the goroutine that receives, and what follows
	post   *Conn
	ctx    context.Context    // nil before somebody needs it
	stop   context.CancelFunc // ends it
	closed bool
}

// open connects.
func (p *httpPair) open(ctx context.Context, t Target) (err error) {
	p.target = t
	if p.conn, p.host, err = t.dial(ctx); err != nil {
		return err
	}
	if t.Publishes {
		if err := p.openPost(ctx); err != nil {
			p.Close()
			return err
		}
	}
	return nil
}

// openPost opens the connection to publish over. Servers soon close one on
// which nothing has ever been asked, so one poll goes first.
func (p *httpPair) openPost(ctx context.Context) (err error) {
	if p.post, _, err = p.target.dial(ctx); err != nil {
		return err
	}
	post := p.post
	defer context.AfterFunc(ctx, func() { post.Close() })()
	request := p.appendGet(nil, "/messages", p.target.After, "&limit=1")
	r, err := post.exchange(append(request, acceptJSON...), tally{}, 200)
	if err != nil {
		return err
	}
	if ds, err := scanPage(nil, r.body); err == nil {
		post.meter.in.add(messagesTally(ds, len(r.body)))
	}
	return nil
}

// acceptJSON ends the header of a request that appendGet has begun.
const acceptJSON = "Accept: application/json\r\n\r\n"

// appendGet begins a request for what follows a cursor; more goes on with its
// query, and the caller with its header.
func (p *httpPair) appendGet(b []byte, path string, after uint64, more string) []byte {
	b = append(b, "GET /api/rooms/"...)
	b = append(b, p.target.Room...)
	b = append(b, path...)
	b = append(b, "?after="...)
	b = strconv.AppendUint(b, after, 10)
	b = append(b, more...)
	b = append(b, " HTTP/1.1\r\nHost: "...)
	b = append(b, p.host...)
	return append(b, "\r\nUser-Agent: pollpush\r\n"...)
}

func (p *httpPair) Publish(text string) error {
	request := p.renderPost("/api/rooms/"+p.target.Room+"/messages", "application/json", `{"user":"`+p.target.User+`","text":"`+text+`"}`)
	conn, err := p.usable(&p.post)
	if err != nil {
		return err
	}
	conn.once = true
	_, err = conn.exchange(request, published(p.target.User, text), 201)
	return err
}

func (p *httpPair) renderPost(path, media, body string) []byte {
	return fmt.Appendf(make([]byte, 0, len(path)+len(body)+256), "POST %s HTTP/1.1\r\nHost: %s\r\nUser-Agent: pollpush\r\n"+
		"Content-Type: %s\r\nContent-Length: %d\r\n\r\n%s", path, p.host, media, len(body), body)
}

// usable returns the connection at which, or puts a new one there if its server
// has ended it, or said that it will.
func (p *httpPair) usable(at **Conn) (*Conn, error) {
	last := *at
	if last != nil && !last.over.Load() && last.alive() {
		return last, nil
	}
	conn, err := p.replace(at)
	if err == nil && last != nil {
		conn.meter.reconnects.Add(1)
	}
	return conn, err
}

// life ends with Close.
func (p *httpPair) life() context.Context {
	p.guard.Lock()
	defer p.guard.Unlock()
	if p.ctx == nil {
		p.ctx, p.stop = context.WithCancel(context.Background())
		if p.closed {
			p.stop()
		}
	}
	return p.ctx
}

// replace puts a new connection at which.
func (p *httpPair) replace(at **Conn) (*Conn, error) {
	ctx, cancel := context.WithTimeout(p.life(), dialTimeout)
	defer cancel()
	p.guard.Lock()
	defer p.guard.Unlock()
	if p.closed {
		return nil, errUnsent
	}
	if *at != nil {
		(*at).Close()
	}
	p.guard.Unlock()
	conn, _, err := p.target.dial(ctx)
	p.guard.Lock()
	if p.closed {
		if err == nil {
			conn.Close()
		}
		return nil, errUnsent
	}
	if err != nil {
		return nil, err
	}
	*at = conn
	return conn, nil
}

// Suspend drops the connection that receives, and leaves the one that publishes.
func (p *httpPair) Suspend() { p.conn.Close() }

// reopen replaces the connection that receives.
func (p *httpPair) reopen() error {
	_, err := p.replace(&p.conn)
	return err
}

func (p *httpPair) Close() error {
	p.guard.Lock()
	defer p.guard.Unlock()
	p.closed = true
	if p.stop != nil {
		p.stop()
	}
	if p.post != nil {
		p.post.Close()
	}
	return p.conn.Close()
}
