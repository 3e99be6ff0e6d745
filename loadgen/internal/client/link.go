package client

import (
	"errors"
	"fmt"
	"io"
	"syscall"
	"time"

	"github.com/pollpush/pollpush/loadgen/internal/codec"
)

// link is one connection that requests go over, one at a time.
type link struct {
	line   Line
	up     bool  // connected
	had    bool  // was connected before
	asked  bool  // a request is out and its answer is not in
	sent   int64 // when that request was
	over   bool  // the other side has announced the end
	once   bool  // requests here must not be repeated
	takes  bool  // an answer takes what it holds away from the server: one may have been lost with a reset
	reused bool  // an answer has come
	stream bool  // what comes now answers no request
	come   codec.Reader
}

// crossing bounds how long a request and the close of an idle connection can
// cross on their way. A request that is older had reached its server.
const crossing = int64(250 * time.Millisecond)

// errRetired says that a connection ended between two requests: its server
// closed it while it was idle, or had announced that it would. Nothing is
// broken off, and the next request goes over a new connection.
var errRetired = fmt.Errorf("the connection was closed between two requests: %w", codec.ErrEnded)

func (l *link) opened(t *Turn) {
	if l.had && l.line == Post { // of Main, whoever carries out Turn.Ready counts
		t.Counts.Reconnects++
	}
	*l = link{line: l.line, up: true, had: true, once: l.once, takes: l.takes}
}

// ready reports whether a request can go out now. Where it cannot it asks for a
// connection, and its Open is the time to send.
func (l *link) ready(t *Turn) bool {
	if l.up && !l.over {
		return true
	}
	l.up = false
	t.Open[l.line] = true
	return false
}

func (l *link) ask(t *Turn) {
	l.asked, l.sent = true, t.Now
	t.Counts.Requests++
}

// answer takes in the answer to the request that is out, once it is whole. The
// error is errRetired if the server says that nothing more will come.
func (l *link) answer(t *Turn, b []byte, ended bool) (r codec.Response, ok bool, err error) {
	r, t.Need, ok, err = l.come.Read(b, ended)
	switch {
	case err != nil:
	case !ok:
		l.over = l.over || r.Open
	case l.asked:
		l.answered(t, r)
		return r, true, nil
	case r.Last: // such as 408, for a connection that was idle for long
		err = errRetired
	default:
		err = codec.Malformed("an answer without a request", r.First)
	}
	if err != nil {
		l.giveUp(t)
	}
	return codec.Response{}, false, err // of a head alone nothing may be used yet
}

// answered counts a response. What a 200 holds its reader counts.
func (l *link) answered(t *Turn, r codec.Response) {
	l.asked, l.reused = false, true
	l.over = r.Last
	t.Counts.ByStatus[r.Status]++
	if r.Status != 200 {
		t.Counts.In.Add(codec.ObjectTally(r.Body))
	}
}

// giveUp counts the request that is out as never answered.
func (l *link) giveUp(t *Turn) {
	if l.asked {
		l.asked = false
		t.Counts.Unanswered++
	}
	l.over = true
}

// end takes in that the connection has ended, after rest, which may have become
// an answer by that. The error is errRetired if nothing is broken off by it; a
// request that was out then (again) can be sent once more.
func (l *link) end(t *Turn, rest []byte, err error) (r codec.Response, ok, again bool, broken error) {
	if !l.up {
		return r, false, false, err // never connected
	}
	l.up = false
	if err == io.EOF && l.asked && !l.stream {
		if r, ok, broken = l.answer(t, rest, true); ok {
			return r, true, false, nil
		} else if broken != nil {
			err = broken
		}
	}
	if l.retires(t, rest, err) {
		again, err = l.asked && !l.over, errRetired
	} else if !errors.Is(err, ErrTimeout) {
		t.Counts.Lost++ // by the other side
	}
	l.giveUp(t)
	return r, false, again, err
}

// retires reports whether nothing is broken off by a connection that ends with
// err.
func (l *link) retires(t *Turn, rest []byte, err error) bool {
	gone := errors.Is(err, io.EOF) || errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE)
	switch {
	case l.over && (l.stream || l.asked): // the end of what lasts until the connection's end
		return err == io.EOF
	case l.stream || !gone:
		return false
	case !l.asked:
		return true
	}
	return !l.once && l.reused && len(rest) == 0 && t.Now-l.sent < crossing && (!l.takes || errors.Is(err, io.EOF))
}
