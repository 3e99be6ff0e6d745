package loadgen

import (
	"bytes"
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"sync"
	"time"

	"cmp"

	"github.com/pollpush/pollpush/internal/result"
	"github.com/pollpush/pollpush/internal/transport"
	"github.com/pollpush/pollpush/loadgen/internal/client"
	"github.com/pollpush/pollpush/loadgen/internal/codec"
)

// What clients hand over, and are refused with.
type (
	Delivery    = client.Delivery
	Cookies     = client.Cookies
	AnswerError = codec.AnswerError
)

// ErrClosed is returned by a Client that was closed on our side.
var ErrClosed = errors.New("the client is closed")

// Target says whom to dial, and as whom.
type Target struct {
	URL       string // base URL of the server
	Room      string
	User      string
	After     uint64         // the last message id already seen
	Wait      time.Duration  // how long a long poll lets the server wait for news; 0 for [transport.LongPollWait]
	Publishes bool           // will Publish
	Source    netip.Addr     // local address, or the zero Addr for the kernel's choice
	Roots     *x509.CertPool // trusted where the URL is one of https; nil trusts the system's
	Cookies   *Cookies       // of this client, on all its connections; nil keeps none
}

// Client is one client with a loop of its own, for those who want to wait for
// it. Its methods may be called by any goroutine.
type Client struct {
	conversation
	ran     chan struct{} // closed when the loop has ended
	ready   chan error    // how dialling ended, once
	dialled bool
	hungUp  bool       // by Close
	said    chan error // the outcome of Publish

	mu     sync.Mutex
	came   []arrival
	more   *sync.Cond
	closed bool
}

// arrival is what Receive returns.
type arrival struct {
	deliveries []Delivery
	err        error
}

// Totals is what has passed so far. Requests are counted as they are sent.
func (c *Client) Totals() (t result.Totals) {
	c.do(func() { t = c.hub.meter.Totals() })
	return t
}

func (c *Client) Bytes() (b result.Bytes) {
	c.do(func() { b = c.hub.meter.bytes() })
	return b
}

// Dial opens a client by a transport, ready to receive.
func Dial(ctx context.Context, by string, t Target) (*Client, error) {
	if !client.Knows(by) {
		return nil, fmt.Errorf("transport %q is not one of %v", by, transport.Names())
	}
	s, err := lookUp(ctx, t.URL, t.Roots)
	if err != nil {
		return nil, err
	}
	c := &Client{ran: make(chan struct{}), ready: make(chan error, 1), said: make(chan error, 1)}
	c.more = sync.NewCond(&c.mu)
	c.conversation = conversation{hub: new(hub), owner: c, address: &s.address}
	c.address.Source, c.address.Patience = t.Source, dialTimeout
	c.client = client.New(by, client.Target{
		Host: s.host, TLS: s.address.TLS != nil, Room: t.Room, User: t.User, After: t.After,
		Wait: cmp.Or(t.Wait, transport.LongPollWait), Publishes: t.Publishes, Cookies: t.Cookies,
	})
	if err = c.hub.prepare(); err != nil {
		return nil, err
	}
	go func() {
		defer close(c.ran)
		if err := c.hub.loop.Run(); err != nil {
			c.arrived(arrival{err: err})
		}
	}()
	c.hub.loop.Do(func() { c.open(client.Main) })
	select {
	case err = <-c.ready:
	case <-ctx.Done():
		err = ctx.Err()
	}
	if err != nil {
		c.Close()
		return nil, err
	}
	return c, nil
}

// do has f called on the loop, or after its end, and waits for it.
func (c *Client) do(f func()) {
	done := make(chan struct{})
	c.hub.loop.Do(func() {
		f()
		close(done)
	})
	<-done
}

// loopDo has f called on the loop, unless that has ended.
func (c *Client) loopDo(f func()) {
	c.hub.loop.Do(func() {
		if !c.hungUp {
			f()
		}
	})
}

func (c *Client) Wake(int64, int) { c.step(c.client.Wake) }

func (c *Client) opening(client.Line) {}

func (c *Client) turned(t *client.Turn, _ int64) {
	if t.Awake != 0 {
		c.hub.loop.At(t.Awake, c, 0)
	}
	if t.Published {
		select {
		case c.said <- t.NotSaid:
		default:
		}
	}
	if len(t.Deliveries) > 0 || t.Answered && t.Refused == nil {
		a := arrival{deliveries: slices.Clone(t.Deliveries)}
		for i := range a.deliveries {
			d := &a.deliveries[i]
			d.Text, d.JSON = bytes.Clone(d.Text), bytes.Clone(d.JSON)
		}
		c.arrived(a)
	}
	err := t.Ended
	if err == nil && t.Refused != nil {
		err = t.Refused
	}
	if !c.dialled && t.Ready {
		c.dialled = true
		c.ready <- nil
	}
	if !c.dialled && err != nil {
		c.dialled = true
		c.ready <- err
		return
	}
	if err != nil {
		c.arrived(arrival{err: err})
	}
	if t.Ended != nil {
		c.hangUp()
	}
}

func (c *Client) arrived(a arrival) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.came = append(c.came, a)
	c.more.Signal()
}

// Receive waits for what the transport hands over next, oldest first; an empty
// answer to a poll gives an empty slice. After an [AnswerError] the client is
// still good; any other error ends it.
func (c *Client) Receive() ([]Delivery, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for len(c.came) == 0 {
		if c.closed {
			return nil, ErrClosed
		}
		c.more.Wait()
	}
	a := c.came[0]
	var refused *AnswerError
	if a.err == nil || errors.As(a.err, &refused) {
		c.came = c.came[1:]
	}
	return a.deliveries, a.err
}

// Publish returns once the server has accepted a message of this text, or says
// why not. The text needs no escaping in JSON.
func (c *Client) Publish(text string) error {
	select {
	case <-c.said: // of nothing that is waited for
	default:
	}
	c.loopDo(func() { c.step(func(t *client.Turn) { c.client.Publish(t, text) }) })
	select {
	case err := <-c.said:
		return err
	case <-c.ran:
		return client.ErrUnanswered
	}
}

// Polls reports whether the client receives only what it asked for, by Poll.
func (c *Client) Polls() bool {
	_, ok := c.client.(client.Poller)
	return ok
}

// Poll sends one request, without waiting; its answer is the next Receive. There
// must be no unanswered one before.
func (c *Client) Poll() {
	c.loopDo(func() { c.step(c.client.(client.Poller).Poll) })
}

// LetIn reports whether the server has answered well yet: a client that polls, or
// waits for news, is ready before that.
func (c *Client) LetIn() (in bool) {
	c.do(func() { in = c.hub.meter.ByStatus[200]+c.hub.meter.ByStatus[101] > 0 })
	return in
}

// Close drops the connections at once and unblocks Receive and Publish.
func (c *Client) Close() error {
	c.mu.Lock()
	was := c.closed
	c.closed = true
	c.more.Broadcast()
	c.mu.Unlock()
	if !was {
		c.hub.loop.Do(func() {
			c.close()
			c.hungUp = true
			c.hub.loop.Stop()
		})
	}
	<-c.ran
	return nil
}

// Roots returns the certificates of a PEM text, for [Target.Roots]: nil, which
// means the system's, for the empty text.
func Roots(certificates string) (*x509.CertPool, error) {
	if certificates == "" {
		return nil, nil
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM([]byte(certificates)) {
		return nil, fmt.Errorf("found no certificate in %.40q: give one in PEM, which begins with -----BEGIN CERTIFICATE-----", certificates)
	}
	return roots, nil
}
