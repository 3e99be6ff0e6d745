package contract

import (
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
	err := v.run(p)
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

// run returns what a point returns, or has failed by.
func (v *visit) run(p Point) (err error) {
	defer func() {
		switch f := recover().(type) {
		case nil:
		case failure:
			err = f.error
		default:
			panic(f)
		}
	}()
	return p.try(v)
}

// must ends the point that is being tried where there is an error. It is for
// the point's own goroutine only.
func must(err error) {
	if err != nil {
		panic(failure{err})
	}
}

func must1[A any](a A, err error) A {
	must(err)
	return a
}

func must2[A, B any](a A, b B, err error) (A, B) {
	must(err)
	return a, b
}

// isOver says whether the time of all points is. It looks at the clock, since a
// connection's deadline can come a moment before the context's own timer.
func (c *check) isOver() bool {
	end, bounded := c.ctx.Deadline()
	return bounded && !time.Now().Before(end)
}

// untried is the end of the check before a point's own.
type untried struct{ why string }

func (untried) Error() string { return "the check ended" }

// visit is one point being tried. Its methods return a [*Fault] or an
// [*absence] as their error.
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
func (v *visit) get(path string, header ...string) (*answer, error) {
	return v.do(http.MethodGet, path, "", header...)
}

func (v *visit) do(method, path, body string, header ...string) (*answer, error) {
	r, a, err := v.open(method, path, body, header...)
	if err != nil {
		return nil, err
	}
	defer r.Body.Close()
	if a.body, err = io.ReadAll(io.LimitReader(r.Body, maxAnswer)); err != nil {
		return nil, v.broken(a.asked, err)
	}
	return a, nil
}

// open is do without reading the body, which the caller closes.
func (v *visit) open(method, path, body string, header ...string) (*http.Response, *answer, error) {
	a := &answer{asked: asked(method, path, body, header)}
	began := time.Now()
	ctx := httptrace.WithClientTrace(v.ctx, &httptrace.ClientTrace{
		GotConn: func(i httptrace.GotConnInfo) { a.reused = i.Reused },
	})
	request, err := http.NewRequestWithContext(ctx, method, v.base+path, strings.NewReader(body))
	if err != nil {
		panic(err) // the points ask for nothing that is no request
	}
	for i := 0; i < len(header); i += 2 {
		request.Header[http.CanonicalHeaderKey(header[i])] = []string{header[i+1]}
	}
	r, err := v.client.Do(request)
	if err != nil {
		return nil, nil, v.broken(a.asked, err)
	}
	a.status, a.header, a.took = r.StatusCode, r.Header, time.Since(began)
	a.framed = r.ContentLength >= 0 || len(r.TransferEncoding) > 0
	return r, a, nil
}

func asked(method, path, body string, header []string) string {
	s := method + " " + path
	for i := 0; i < len(header); i += 2 {
		s += fmt.Sprintf(", %s: %.80s", header[i], header[i+1])
	}
	if body != "" {
		s += ", " + quote(body)
	}
	return s
}

// quote makes what a server or a point has said fit for a terminal.
func quote(s string) string {
	const most = 120
	if len(s) > most {
		return fmt.Sprintf("%+q and %d bytes more", s[:most], len(s)-most)
	}
	return fmt.Sprintf("%+q", s)
}

// broken is the fault of a server that does not answer.
func (v *visit) broken(asked string, err error) error {
	if cause := (*url.Error)(nil); errors.As(err, &cause) {
		err = cause.Err
	}
	var timeout net.Error
	switch {
	case v.ctx.Err() != nil || errors.As(err, &timeout) && timeout.Timeout():
		return &Fault{asked, "no answer in time", "answer in time"}
	case errors.Is(err, syscall.ECONNREFUSED):
		return &Fault{asked, "connection refused", "start the server there"}
	}
	return &Fault{asked, "incomplete answer: " + quote(err.Error()), "send a complete HTTP/1.1 answer"}
}
