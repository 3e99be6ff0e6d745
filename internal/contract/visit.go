package contract

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"
)

// try tries one point. What goes wrong when the whole check is over, or the
// server gone, says nothing of the point: the error is untried then.
func (c *check) try(p Point) error {
	if c.ctx.Err() != nil {
		return untried{}
	}
	v := &visit{check: c}
	var cancel context.CancelFunc
	v.ctx, cancel = context.WithTimeout(c.ctx, c.limit)
	defer cancel()
	defer v.leave()
	err := attempt(func() { p.try(v) })
	switch _, failed := err.(*Fault); {
	case err == nil:
		return nil
	case failed && c.isGone():
		return untried{"under way when the server stopped answering"}
	case c.isOver() || c.ctx.Err() != nil:
		return untried{}
	}
	return err
}

// failure is what a point panics with where something it needs goes wrong.
type failure struct{ error }

// must ends the point that is being tried where there is an error. Like all that
// may end a point it is for the point's own goroutine, and for attempt.
func must(err error) {
	if err != nil {
		panic(failure{err})
	}
}

// attempt calls f, and returns what f has failed by.
func attempt(f func()) (err error) {
	defer func() {
		switch e := recover().(type) {
		case nil:
		case failure:
			err = e.error
		default:
			panic(e)
		}
	}()
	f()
	return nil
}

// atOnce calls f n times at the same time, and fails where one of them does.
func atOnce(n int, f func(i int)) {
	var running sync.WaitGroup
	errs := make([]error, n)
	for i := range n {
		running.Go(func() { errs[i] = attempt(func() { f(i) }) })
	}
	running.Wait()
	must(cmp.Or(errs...))
}

// question is what the server was asked.
type question struct{ asked string }

// fail ends the point: the answer is not what the contract says.
func (q question) fail(found, remedy string) {
	must(&Fault{Asked: q.asked, Found: found, Remedy: remedy})
}

// about is the question with what more was asked.
func (q question) about(more string) question { return question{q.asked + ", " + more} }

// absent ends the point: the server does not offer that.
func (q question) absent(why string) { must(&absence{q.asked, why}) }

// isOver says whether the time of all points is. It looks at the clock, since a
// connection's deadline can come a moment before the context's own timer.
func (c *check) isOver() bool {
	end, bounded := c.ctx.Deadline()
	return bounded && !time.Now().Before(end)
}

// untried is the end of the check before a point's own.
type untried struct{ why string }

func (untried) Error() string { return "the check ended" }

// visit is one point being tried. Its methods end it by a [*Fault] or an
// [*absence].
type visit struct {
	*check
	ctx     context.Context
	closers []func()
}

// later has f called when the visit ends.
func (v *visit) later(f func()) { v.closers = append(v.closers, f) }

func (v *visit) leave() {
	for _, f := range slices.Backward(v.closers) {
		f()
	}
}

// absence is a feature that the server does not offer.
type absence struct{ asked, why string }

func (a *absence) Error() string { return a.why }

// refuses says whether a status means that nothing is served at a path.
func refuses(status int) bool {
	return slices.Contains([]int{http.StatusNotFound, http.StatusMethodNotAllowed, http.StatusUpgradeRequired, http.StatusNotImplemented}, status)
}

// room names a room that nobody has used.
func (v *visit) room() string {
	return fmt.Sprintf("pollpush-%s-%d", v.word, v.rooms.Add(1))
}

func (v *visit) messages(room, query string) string {
	return "/api/rooms/" + room + "/messages" + query
}

// get asks for a path; header holds names and values in turn.
func (v *visit) get(path string, header ...string) *answer {
	return v.do(http.MethodGet, path, "", header...)
}

func (v *visit) do(method, path, body string, header ...string) *answer {
	r, a := v.open(method, path, body, header...)
	defer r.Body.Close()
	var err error
	a.body, err = io.ReadAll(io.LimitReader(r.Body, maxAnswer))
	v.unbroken(a.question, err)
	return a
}

// open is do without reading the body, which the caller closes.
func (v *visit) open(method, path, body string, header ...string) (*http.Response, *answer) {
	a := &answer{question: asked(method, path, body, header)}
	began := time.Now()
	ctx := httptrace.WithClientTrace(v.ctx, &httptrace.ClientTrace{
		GotConn: func(i httptrace.GotConnInfo) { a.reused = i.Reused },
	})
	request, err := http.NewRequestWithContext(ctx, method, v.base+path, strings.NewReader(body))
	if err != nil {
		panic(err) // the points ask for nothing that is no request
	}
	request.Header = fields(header)
	r, err := v.client.Do(request)
	v.unbroken(a.question, err)
	a.status, a.header, a.took = r.StatusCode, r.Header, time.Since(began)
	a.framed = r.ContentLength >= 0 || len(r.TransferEncoding) > 0
	return r, a
}

// fields is a header of names and values in turn.
func fields(header []string) http.Header {
	h := http.Header{}
	for pair := range slices.Chunk(header, 2) {
		h.Set(pair[0], pair[1])
	}
	return h
}

func asked(method, path, body string, header []string) question {
	s := method + " " + path
	for pair := range slices.Chunk(header, 2) {
		s += fmt.Sprintf(", %s: %.80s", pair[0], pair[1])
	}
	if body != "" {
		s += ", " + quote(body)
	}
	return question{s}
}

// quote makes what a server or a point has said fit for a terminal.
func quote(s string) string {
	const most = 120
	if len(s) > most {
		return fmt.Sprintf("%+q and %d bytes more", s[:most], len(s)-most)
	}
	return fmt.Sprintf("%+q", s)
}

// unbroken ends the point where err is that of a server that does not answer.
func (v *visit) unbroken(q question, err error) {
	if cause := (*url.Error)(nil); errors.As(err, &cause) {
		err = cause.Err
	}
	var timeout net.Error
	switch {
	case err == nil:
	case v.ctx.Err() != nil || errors.As(err, &timeout) && timeout.Timeout():
		q.fail("no answer in time", "answer in time")
	case errors.Is(err, syscall.ECONNREFUSED):
		q.fail("connection refused", "start the server there")
	default:
		q.fail("incomplete answer: "+quote(err.Error()), "send a complete HTTP/1.1 answer")
	}
}
