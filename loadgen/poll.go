package loadgen

import (
	"context"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"sync"
)

// pollLimit is the largest page that the contract lets a poll ask for.
const pollLimit = 1000

// pollClient polls over one connection, kept alive, and publishes over
// another, as a browser would while a poll is out.
type pollClient struct {
	conn    *Conn
	target  Target
	host    string
	request []byte // rendered for the cursor
	got     []Delivery

	posting sync.Mutex // guards post while it is being replaced
	post    *Conn
	closed  bool
}

// DialPoll opens a client that polls with GET ?after= and publishes with POST.
func DialPoll(ctx context.Context, t Target) (Client, error) {
	base, err := url.Parse(t.URL)
	if err != nil {
		return nil, err
	}
	c := &pollClient{target: t, host: base.Host}
	if c.conn, err = t.Meter.Dial(ctx, c.host, t.Source); err != nil {
		return nil, err
	}
	c.render(t.After)
	if t.Publishes {
		if err := c.openPost(ctx); err != nil {
			c.Close()
			return nil, err
		}
	}
	return c, nil
}

// openPost opens the connection to publish over. Servers soon close one on
// which nothing has ever been asked, so one poll goes first.
func (c *pollClient) openPost(ctx context.Context) (err error) {
	if c.post, err = c.target.Meter.Dial(ctx, c.host, c.target.Source); err != nil {
		return err
	}
	post := c.post
	defer context.AfterFunc(ctx, func() { post.Close() })()
	if err := post.send(c.appendPoll(nil, c.target.After, 1)); err != nil {
		return err
	}
	r, err := post.answer()
	if err != nil {
		return err
	}
	post.Consume(r.size)
	if r.status != 200 {
		return r.refusal()
	}
	return nil
}

// render makes the request for what follows a cursor.
func (c *pollClient) render(after uint64) {
	c.request = c.appendPoll(c.request[:0], after, pollLimit)
}

func (c *pollClient) appendPoll(b []byte, after uint64, limit int64) []byte {
	b = append(b, "GET /api/rooms/"...)
	b = append(b, c.target.Room...)
	b = append(b, "/messages?after="...)
	b = strconv.AppendUint(b, after, 10)
	b = append(b, "&limit="...)
	b = strconv.AppendInt(b, limit, 10)
	b = append(b, " HTTP/1.1\r\nHost: "...)
	b = append(b, c.host...)
	return append(b, "\r\nUser-Agent: pollpush\r\nAccept: application/json\r\n\r\n"...)
}

func (c *pollClient) Poll() error { return c.conn.send(c.request) }

func (c *pollClient) Receive() ([]Delivery, error) {
	r, err := c.conn.answer()
	if err != nil {
		return nil, err
	}
	c.conn.Consume(r.size) // the body holds until the next Fill
	if r.status != 200 {
		return nil, r.refusal()
	}
	var page object
	if err := scanObject(r.body, &page); err != nil {
		return nil, err
	}
	if page.messages == nil {
		return nil, malformed("no messages", r.body)
	}
	if c.got, err = scanMessages(c.got[:0], page.messages); err != nil {
		return nil, err
	}
	if len(c.got) == 0 {
		c.conn.meter.empty.Add(1)
		return nil, nil
	}
	c.render(c.got[len(c.got)-1].ID)
	return c.got, nil
}

func (c *pollClient) Publish(text string) error {
	body := `{"user":"` + c.target.User + `","text":"` + text + `"}`
	var b strings.Builder
	b.Grow(len(body) + 256)
	fmt.Fprintf(&b, "POST /api/rooms/%s/messages HTTP/1.1\r\nHost: %s\r\nUser-Agent: pollpush\r\n"+
		"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", c.target.Room, c.host, len(body), body)

	conn, err := c.poster()
	if err != nil {
		return err
	}
	if err := conn.send([]byte(b.String())); err != nil {
		return err
	}
	r, err := conn.answer()
	if err != nil {
		return err
	}
	conn.Consume(r.size)
	if r.status != 201 {
		return r.refusal()
	}
	return nil
}

// poster returns the connection to publish over, a new one where the server
// has closed the last.
func (c *pollClient) poster() (*Conn, error) {
	c.posting.Lock()
	defer c.posting.Unlock()
	if c.closed {
		return nil, errClosed
	}
	if c.post != nil {
		if c.post.alive() {
			return c.post, nil
		}
		c.post.Close()
	}
	ctx, cancel := context.WithTimeout(context.Background(), dialTimeout)
	defer cancel()
	conn, err := c.target.Meter.Dial(ctx, c.host, c.target.Source)
	if err != nil {
		return nil, err
	}
	c.post = conn
	return conn, nil
}

func (c *pollClient) Close() error {
	c.posting.Lock()
	defer c.posting.Unlock()
	c.closed = true
	if c.post != nil {
		c.post.Close()
	}
	return c.conn.Close()
}
