package contract

import (
	"bufio"
	"crypto/tls"
	"net"
	"net/http"
	"net/url"
)

func headAnswered(v *visit) {
	a := v.head(v.messages(v.room(), "?after=0"))
	a.offered()
	a.is(http.StatusOK)
	a.isMedia("application/json")
	if len(a.body) > 0 {
		a.fail("bytes after the header: "+quote(string(a.body)), "answer HEAD with the header only: the next answer begins right after it")
	}
}

// head asks HEAD on a connection of its own. Into the answer's body it reads the
// beginning of what follows the header and is no answer to the next question: a
// client of HTTP would not show it.
func (v *visit) head(path string) *answer {
	q := asked(http.MethodHead, path, "", nil)
	c, err := v.connect()
	v.unbroken(q, err)
	defer c.Close()
	r := bufio.NewReader(c)
	request, err := v.raw(c, http.MethodHead, path)
	v.unbroken(q, err)
	got, err := http.ReadResponse(r, request)
	v.unbroken(q, err)
	if !got.Close {
		_, _ = v.raw(c, http.MethodGet, path) // fails where the server has closed all the same
	}
	a := &answer{question: q, status: got.StatusCode, header: got.Header}
	const next = "HTTP/"
	first, _ := r.Peek(len(next))
	if got.Close || string(first) != next {
		a.body, _ = r.Peek(r.Buffered())
	}
	return a
}

// connect opens a connection to the server, for as long as the point may take.
func (v *visit) connect() (net.Conn, error) {
	u, err := url.Parse(v.base)
	if err != nil {
		return nil, err
	}
	port := u.Port()
	if port == "" {
		port = u.Scheme
	}
	c, err := dialBounded(v.ctx, "tcp", net.JoinHostPort(u.Hostname(), port))
	if err != nil {
		return nil, err
	}
	deadline, _ := v.ctx.Deadline()
	_ = c.SetDeadline(deadline)
	if u.Scheme == "https" {
		c = tls.Client(c, &tls.Config{RootCAs: v.roots, ServerName: u.Hostname()})
	}
	return c, nil
}

// raw asks on a connection. It asks HTTP/1.1 to close it after a GET.
func (v *visit) raw(c net.Conn, method, path string) (*http.Request, error) {
	request, err := http.NewRequestWithContext(v.ctx, method, v.base+path, nil)
	if err != nil {
		return nil, err
	}
	for _, cookie := range v.jar.Cookies(request.URL) {
		request.AddCookie(cookie)
	}
	request.Close = method == http.MethodGet
	return request, request.Write(c)
}
