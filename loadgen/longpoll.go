package loadgen

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/pollpush/pollpush/internal/clock"
	"github.com/pollpush/pollpush/internal/transport"
)

// leastWait is the shortest wait that the contract knows: a server that has no
// news, and says so sooner, does not wait.
const leastWait = time.Second

// A target that refuses, or does not wait, is kept off for longer each time,
// and for as long as it says.
const (
	firstBackoff  = 250 * time.Millisecond
	lastBackoff   = 8 * time.Second
	maxRetryAfter = time.Minute
)

// longPollClient asks again as soon as it has an answer, which comes when
// there is news.
type longPollClient struct {
	pager
	armed      atomic.Bool
	backoff    time.Duration // 0 after a good answer
	retryAfter time.Duration
}

// DialLongPoll opens a client that asks with GET ?after=&wait= and publishes
// with POST. Its first request is out by then; what becomes of it, Receive
// will tell.
func DialLongPoll(ctx context.Context, t Target) (Client, error) {
	wait := cmp.Or(t.Wait, transport.LongPollWait).Seconds()
	c := &longPollClient{pager: pager{query: fmt.Sprintf("%s&wait=%gs", pageLimit, wait), may304: true, after: t.After}}
	if err := c.open(ctx, t); err != nil {
		return nil, err
	}
	c.render()
	if err := c.ask(); err != nil {
		c.Close()
		return nil, err
	}
	return c, nil
}

// Armed is true from when a request has been written to when its answer has
// been read.
func (c *longPollClient) Armed() bool { return c.armed.Load() }

func (c *longPollClient) ask() error {
	conn, err := c.usable(&c.conn)
	if err != nil {
		return err
	}
	if err := conn.send(c.request); err != nil {
		return err
	}
	c.armed.Store(true)
	return nil
}

func (c *longPollClient) Receive() ([]Delivery, error) {
	if !c.armed.Load() {
		if err := c.rearm(); err != nil {
			return nil, err
		}
	}
	r, err := c.conn.answer()
	if errors.Is(err, errRetired) { // the request met the close of an idle connection
		if err = c.ask(); err == nil {
			r, err = c.conn.answer()
		}
	}
	c.armed.Store(false)
	if err != nil {
		return nil, err
	}
	ds, err := c.take(r)
	switch {
	case r.status != 200 && r.status != 304:
		c.keepOff(retryAfter(r.field("retry-after")))
		return nil, err
	case err != nil:
		return nil, err
	case len(ds) == 0 && clock.Now()-c.conn.sent < int64(leastWait):
		c.keepOff(0)
		return nil, &AnswerError{Status: r.status, Text: "no news, and no wait for any"}
	}
	c.backoff, c.retryAfter = 0, 0
	return ds, nil
}

// rearm sends the next request, at once after a good answer.
func (c *longPollClient) rearm() error {
	if c.backoff > 0 {
		if err := c.pause(); err != nil {
			return err
		}
	}
	return c.ask()
}

// keepOff lengthens the pause before the next request.
func (c *longPollClient) keepOff(retryAfter time.Duration) {
	c.backoff = min(max(2*c.backoff, firstBackoff), lastBackoff)
	c.retryAfter = retryAfter
}

// pause waits between half the backoff and all of it, so that clients do not
// come back all at once, and that on top of what the server asks for.
func (c *longPollClient) pause() error {
	pause := time.NewTimer(c.retryAfter + c.backoff/2 + rand.N(c.backoff/2))
	defer pause.Stop()
	select {
	case <-pause.C:
	case <-c.life().Done():
		return errClosed
	}
	return nil
}

// retryAfter reads a Retry-After in seconds. One that is a date counts as none.
func retryAfter(value []byte) time.Duration {
	seconds, err := strconv.ParseUint(string(value), 10, 63)
	if err != nil {
		return 0
	}
	return time.Duration(min(seconds, uint64(maxRetryAfter/time.Second))) * time.Second
}
