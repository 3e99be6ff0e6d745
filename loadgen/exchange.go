package loadgen

import (
	"errors"
	"fmt"
	"io"
	"syscall"
	"time"

	"github.com/pollpush/pollpush/internal/clock"
)

// errRetired says that a connection ended between two requests: its server
// closed it while it was idle, or had announced that it would. Nothing is
// broken off, and the next request goes over a new connection.
var errRetired = fmt.Errorf("the connection was closed between two requests: %w", errEnded)

// crossing bounds how long a request and the close of an idle connection can
// cross on their way. A request that is older had reached its server.
const crossing = 250 * time.Millisecond

// send writes a rendered request, with the client's cookies, and counts it, or
// returns errRetired and does neither.
func (c *Conn) send(request []byte) error {
	c.sent = clock.Now()
	c.asked.Store(true)
	if c.over.Load() && c.asked.Swap(false) { // in this order: see unanswered
		return errRetired
	}
	c.meter.requests.Add(1)
	return c.Write(c.cookies.into(request))
}

// answer waits for the response to the request sent before, or yet to be sent,
// and counts it. The response holds until its size has been consumed and the
// next one is asked for. The error is errRetired if the connection ends before
// the request has reached the server.
func (c *Conn) answer() (response, error) {
	if c.over.Load() && (c.last || !c.asked.Load()) {
		return response{}, c.unanswered(io.EOF) // errRetired
	}
	for end := error(nil); ; {
		r, ok, err := parseResponse(c.Bytes(), end == io.EOF)
		switch {
		case ok && c.asked.Load():
			c.answered(r)
			return r, nil
		case ok && r.last: // such as 408, for a connection that was idle for long
			return r, c.unanswered(io.EOF)
		case ok:
			err = malformed("an answer without a request", r.first)
		case err == nil && end != nil:
			err = end
		case err == nil:
			if r.open {
				c.over.Store(true)
			}
			if end = c.Fill(); end == nil || end == io.EOF {
				continue // the end may make the answer whole
			}
			err = end
		}
		return r, c.unanswered(err)
	}
}

// exchange sends a request, which holds of the chat what the tally says, and waits
// for an answer of a status. Its body holds until the next Fill.
func (c *Conn) exchange(request []byte, holds tally, status int) (response, error) {
	if err := c.send(request); err != nil {
		return response{}, err
	}
	c.meter.out.add(holds)
	r, err := c.answer()
	if err != nil {
		return r, err
	}
	c.Consume(r.size)
	if r.status != status {
		return r, r.refusal()
	}
	return r, nil
}

// answerHead waits for the response to a request whose answer does not end,
// and counts it. Where its status is 200, the response is without its body,
// which is framed as f says; other responses are whole.
func (c *Conn) answerHead() (r response, f framing, err error) {
	for {
		r, f, ok, err := parseHead(c.Bytes())
		switch {
		case ok && r.status == 200:
			c.answered(r)
			c.stream = true
			c.over.Store(r.open) // whatever it says of its connection: it goes on until the stream ends
			return r, f, nil
		case ok:
			r, err = c.answer()
			return r, f, err
		}
		if err == nil {
			err = c.Fill()
		}
		if err != nil {
			return r, f, c.unanswered(err)
		}
	}
}

// answered counts a response. What a 200 holds its reader counts.
func (c *Conn) answered(r response) {
	c.asked.Store(false)
	c.reused = true
	if c.last = r.last; r.last {
		c.over.Store(true)
	}
	c.meter.byStatus[r.status].Add(1)
	if r.sets && c.cookies != nil {
		c.cookies.take(r, c.tls != nil)
	}
	if r.status != 200 {
		c.meter.in.add(objectTally(r.body))
	}
}

// unanswered gives up the answer that is out, for err, and returns that, or
// errRetired. A request that another goroutine sends meanwhile is either
// counted here, or not sent.
func (c *Conn) unanswered(err error) error {
	if c.retires(err) {
		err = errRetired
	}
	c.over.Store(true)
	if c.asked.Swap(false) {
		c.meter.unanswered.Add(1)
	}
	return err
}

// retires reports whether nothing is broken off by a connection that ends with
// err.
func (c *Conn) retires(err error) bool {
	gone := errors.Is(err, io.EOF) || errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE)
	switch {
	case c.over.Load() && (c.stream || c.asked.Load()): // the end of what lasts until the connection's end
		return err == io.EOF
	case c.stream || !gone:
		return false
	case !c.asked.Load():
		return true
	}
	return !c.once && c.reused && len(c.Bytes()) == 0 && clock.Now()-c.sent < int64(crossing)
}
