package contract

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"gotest.tools/v3/assert"
)

func handle(t testing.TB, h http.HandlerFunc) (base string) {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s.URL
}

// wrong is what stands between a server and a check, and makes the server seem
// to do something wrong.
type wrong struct {
	ask    func(r *http.Request)                         // changes what the server is asked
	answer func(r *http.Response)                        // changes what it answers
	in     func(r *http.Request) bool                    // whose answers' bytes are changed; nil is all
	old    string                                        // bytes of answers, streams and frames
	new    string                                        // as long as old
	serve  func(http.ResponseWriter, *http.Request) bool // answers instead of the server, if it wants to
}

// before puts a wrong before the server at base.
func (w wrong) before(t testing.TB, base string) string {
	t.Helper()
	assert.Assert(t, len(w.old) == len(w.new), "%q is not as long as %q", w.old, w.new)
	to, err := url.Parse(base)
	assert.NilError(t, err)
	proxy := &httputil.ReverseProxy{
		FlushInterval: -1,
		Transport:     &http.Transport{DisableCompression: true, MaxIdleConnsPerHost: together},
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(to)
			r.Out.Host = r.In.Host
			r.Out.URL.RawQuery = r.In.URL.RawQuery // as bad as it may be
			if w.ask != nil {
				w.ask(r.Out)
			}
		},
		ModifyResponse: func(r *http.Response) error {
			if w.old != "" && (w.in == nil || w.in(r.Request)) {
				r.Body = &forger{r.Body, []byte(w.old), []byte(w.new)}
			}
			if w.answer != nil {
				w.answer(r)
			}
			return nil
		},
		ErrorHandler: func(w http.ResponseWriter, _ *http.Request, _ error) { w.WriteHeader(http.StatusBadGateway) },
	}
	return handle(t, func(rw http.ResponseWriter, r *http.Request) {
		if w.serve == nil || !w.serve(rw, r) {
			proxy.ServeHTTP(rw, r)
		}
	})
}

// forger replaces bytes in what is read.
type forger struct {
	io.ReadCloser
	old, new []byte
}

func (f *forger) Read(b []byte) (int, error) {
	n, err := f.ReadCloser.Read(b)
	copy(b, bytes.ReplaceAll(b[:n], f.old, f.new))
	return n, err
}

// Write is for what was upgraded.
func (f *forger) Write(b []byte) (int, error) { return f.ReadCloser.(io.Writer).Write(b) }

// What a wrong may do to a question.

func without(parameters ...string) func(*http.Request) {
	return func(r *http.Request) {
		q := r.URL.Query()
		for _, p := range parameters {
			q.Del(p)
		}
		r.URL.RawQuery = q.Encode()
	}
}

// with sets a parameter where the question does not have it.
func with(name, value string) func(*http.Request) {
	return func(r *http.Request) {
		if q := r.URL.Query(); !q.Has(name) {
			q.Set(name, value)
			r.URL.RawQuery = q.Encode()
		}
	}
}

func withoutHeader(name string) func(*http.Request) {
	return func(r *http.Request) { r.Header.Del(name) }
}

// What a wrong may do to an answer.

func status(from, to int) func(*http.Response) {
	return func(r *http.Response) {
		if r.StatusCode == from {
			r.StatusCode = to
		}
	}
}

func setHeader(name, value string) func(*http.Response) {
	return func(r *http.Response) { r.Header.Set(name, value) }
}

// body replaces what matches in the whole body of an answer.
func forge(pattern, replacement string) func(*http.Response) {
	expression := regexp.MustCompile(pattern)
	return func(r *http.Response) {
		if r.StatusCode == http.StatusSwitchingProtocols || r.Header.Get("Content-Type") == "text/event-stream" {
			return
		}
		b, _ := io.ReadAll(r.Body)
		r.Body.Close()
		b = expression.ReplaceAll(b, []byte(replacement))
		r.Body = io.NopCloser(bytes.NewReader(b))
		r.ContentLength = int64(len(b))
		r.Header.Set("Content-Length", strconv.Itoa(len(b)))
	}
}

// on has a change made to answers of some questions only.
func on(method, path string, change func(*http.Response)) func(*http.Response) {
	return func(r *http.Response) {
		if r.Request.Method == method && strings.Contains(r.Request.URL.Path, path) {
			change(r)
		}
	}
}

// unframed has the connection's end end the body.
func unframed(r *http.Response) {
	r.ContentLength = -1
	r.Header.Del("Content-Length")
	r.Header.Set("Transfer-Encoding", "identity")
}

// isUpgrade and its like choose whose bytes are forged.
func isUpgrade(r *http.Request) bool { return r.Header.Get("Upgrade") != "" }

func isPath(part string) func(*http.Request) bool {
	return func(r *http.Request) bool { return strings.Contains(r.URL.Path, part) }
}

// respond is a wrong that answers by itself where something holds.
func respond(status int, body string, where func(*http.Request) bool) wrong {
	return wrong{serve: func(w http.ResponseWriter, r *http.Request) bool {
		if !where(r) {
			return false
		}
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("ETag", r.Header.Get("If-None-Match"))
		w.WriteHeader(status)
		fmt.Fprint(w, body)
		return true
	}}
}

// pollingOnly serves what the contract cannot do without.
func pollingOnly(t *testing.T) (base string) {
	return wrong{
		serve: func(w http.ResponseWriter, r *http.Request) bool {
			if r.Method != http.MethodHead && strings.HasSuffix(r.URL.Path, "/messages") {
				return false
			}
			w.WriteHeader(http.StatusNotFound)
			return true
		},
		ask: func(r *http.Request) { without("wait")(r); r.Header.Del("If-None-Match") },
		answer: func(r *http.Response) {
			r.Header.Del("Etag")
			r.Header.Del("Cache-Control")
			r.Header.Del("Location")
			if r.StatusCode >= 400 {
				r.Header.Set("Content-Type", "text/plain")
			}
		},
	}.before(t, serve(t, 50))
}

// headWithBody answers HEAD with a body all the same, and closes the connection
// once the client has asked again, or has closed it.
func headWithBody(header, body string) func(http.ResponseWriter, *http.Request) bool {
	return func(w http.ResponseWriter, r *http.Request) bool {
		if r.Method != http.MethodHead {
			return false
		}
		c, rest, err := w.(http.Hijacker).Hijack()
		if err != nil {
			panic(err)
		}
		defer c.Close()
		fmt.Fprintf(c, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n%sContent-Length: %d\r\n\r\n%s", header, len(body), body)
		_, _ = rest.ReadByte()
		return true
	}
}
