package loadgen

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/url"
	"sync"
	"sync/atomic"
)

// socketIOPolling receives by Socket.IO over Engine.IO's long polling: a GET
// is out at all times, and its answer holds what has come up by then. What
// the client sends goes by POST, over the same connection between two GETs,
// and over one more if it publishes. Its session it leaves to the server, which
// forgets it when no GET comes any more.
type socketIOPolling struct {
	socketIO
	httpPair
	sid string
	ask []byte // the GET, rendered

	last   response    // until the next Fill
	rest   []byte      // its packets that have not been taken in; nil for none
	news   bool        // that answer had a message
	pinged bool        // and a ping, unanswered yet
	armed  atomic.Bool // a GET is out

	sending sync.Mutex // held over each POST: two of one session must not overlap
}

// DialSocketIOPolling opens a client by Socket.IO over HTTP long polling.
func DialSocketIOPolling(ctx context.Context, t Target) (Client, error) {
	c := &socketIOPolling{socketIO: newSocketIO(t), httpPair: httpPair{target: t}}
	var err error
	if c.conn, c.host, err = t.dial(ctx); err != nil {
		return nil, err
	}
	defer context.AfterFunc(ctx, func() { c.Close() })()
	if err := c.join(socketIOPath(t, "polling")); err != nil {
		c.Close()
		return nil, err
	}
	return c, nil
}

// join opens the session and joins the namespace.
func (c *socketIOPolling) join(path string) error {
	c.ask = c.renderGet(path)
	if err := c.poll(); err != nil {
		return err
	}
	first, rest, more := bytes.Cut(c.rest, separator)
	sid, err := parseOpen(first)
	if err != nil {
		return err
	}
	if c.rest = rest; more {
		return malformed("more than the Engine.IO handshake", rest)
	}
	c.sid = url.QueryEscape(sid)
	c.ask = c.renderGet(c.path())
	if err := c.send([]byte{engineMessage, socketConnect}, tally{}); err != nil {
		return err
	}
	for !c.joined {
		if c.rest == nil {
			err = c.poll()
		} else {
			err = c.next()
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// separator is between two packets.
var separator = []byte{0x1e}

// path is that of the session.
func (c *socketIOPolling) path() string { return "/socket.io/?EIO=4&transport=polling&sid=" + c.sid }

func (c *socketIOPolling) renderGet(path string) []byte {
	return fmt.Appendf(nil, "GET %s HTTP/1.1\r\nHost: %s\r\nUser-Agent: pollpush\r\n\r\n", path, c.host)
}

// Armed reports whether a GET is out.
func (c *socketIOPolling) Armed() bool { return c.armed.Load() }

func (c *socketIOPolling) Receive() ([]Delivery, error) {
	c.got = c.got[:0]
	for {
		for c.rest != nil {
			if err := c.next(); err != nil {
				return nil, err
			}
		}
		if len(c.got) > 0 {
			return c.got, nil
		}
		if err := c.poll(); err != nil {
			return nil, sessionEnd(err)
		}
	}
}

// sessionEnd is the error for a GET or a pong that is refused. The session is
// over then, as it is for the official client: asking again would not help.
func sessionEnd(err error) error {
	var answer *AnswerError
	if errors.As(err, &answer) {
		return &lastAnswer{answer}
	}
	return err
}

// next takes in one packet of rest.
func (c *socketIOPolling) next() error {
	b, rest, more := bytes.Cut(c.rest, separator)
	p, err := parsePacket(b)
	if err != nil {
		return err
	}
	c.rest = rest
	if p.engine == enginePing {
		c.pinged = true
	} else {
		c.news = c.news || p.engine == engineMessage
		err = c.take(p)
	}
	if !more {
		c.count(c.conn.meter)
		if !c.news {
			c.conn.meter.empty.Add(1)
		}
		if len(c.got) > 0 {
			c.conn.meter.head.offer(c.last)
		}
		c.last = response{} // lets go of the buffer
	}
	return err
}

// poll answers the last ping, asks, and waits for the answer.
func (c *socketIOPolling) poll() error {
	if c.pinged {
		c.pinged = false
		if err := c.send([]byte("3"), tally{}); err != nil {
			return err
		}
	}
	r, err := c.get()
	if errors.Is(err, errRetired) { // the GET met the close of an idle connection
		r, err = c.get()
	}
	c.armed.Store(false)
	if err != nil {
		return err
	}
	c.conn.Consume(r.size) // the body holds until the next Fill
	if r.status != 200 {
		return r.refusal()
	}
	c.last, c.rest, c.news = r, r.body, false
	return nil
}

// get asks, and waits for the answer.
func (c *socketIOPolling) get() (response, error) {
	conn, err := c.usable(&c.conn)
	if err != nil {
		return response{}, err
	}
	if err := conn.send(c.ask); err != nil {
		return response{}, err
	}
	c.armed.Store(true)
	return conn.answer()
}

// send posts a packet, which holds of the chat what the tally says.
func (c *socketIOPolling) send(b []byte, holds tally) error {
	c.sending.Lock()
	defer c.sending.Unlock()
	at := &c.conn
	if c.target.Publishes {
		at = &c.post
	}
	conn, err := c.usable(at)
	if err != nil {
		return err
	}
	_, err = conn.exchange(c.renderPost(c.path(), "text/plain;charset=UTF-8", string(b)), holds, 200)
	return err
}

func (c *socketIOPolling) Publish(text string) error {
	if err := c.send(c.emit(text), published(c.user, text)); err != nil {
		return err
	}
	return c.acks.wait(c.life().Done())
}
