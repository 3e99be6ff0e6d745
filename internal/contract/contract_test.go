package contract

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"gotest.tools/v3/assert"

	"github.com/pollpush/pollpush/server"
)

// serve starts a server of ours that offers everything.
func serve(t testing.TB, history int) (base string) {
	t.Helper()
	s := server.New(server.Config{History: history, Deflate: true, Batch: 50 * time.Millisecond})
	return serveAs(t, s)
}

func serveAs(t testing.TB, s *server.Server) (base string) {
	t.Helper()
	base = listen(t, s)
	t.Cleanup(func() { assert.Check(t, s.Shutdown(context.Background()), "shutdown") })
	return base
}

// listen serves on a free port until the test has shut the server down.
func listen(t testing.TB, s *server.Server) (base string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	assert.NilError(t, err)
	served := make(chan error, 1)
	go func() { served <- s.Serve(l) }()
	t.Cleanup(func() { <-served })
	return "http://" + l.Addr().String()
}

// visitOf is a visit to the server for as long as the test takes.
func visitOf(t testing.TB, base string) *visit {
	c := newCheck(t.Context(), base, nil)
	v := &visit{check: c, ctx: t.Context()}
	t.Cleanup(func() {
		v.leave()
		c.client.CloseIdleConnections()
	})
	return v
}

func (v Verdict) String() string { return [...]string{"passed", "absent", "failed", "untried"}[v] }

func (p Point) String() string { return p.Group + ": " + p.Name }

// A server that offers nothing but polling breaks no promise, unless more is
// asked for.
func TestAbsence(t *testing.T) {
	base := pollingOnly(t)
	for _, c := range []struct {
		asked  string
		failed []string // groups
	}{
		{"", nil},
		{"poll", nil},
		{"poll,poll-etag", []string{"conditional"}},
		{"longpoll", []string{"long poll"}},
		{"sse", []string{"sse"}},
		{"ws", []string{"websocket"}},
		{"ws-batch,ws-deflate", []string{"websocket", "deflate", "batch"}},
		{"socketio-polling", []string{"socket.io polling"}},
		{"socketio-ws", []string{"socket.io websocket"}},
	} {
		t.Run(c.asked, func(t *testing.T) {
			t.Parallel()
			var asked []string
			if c.asked != "" {
				asked = strings.Split(c.asked, ",")
			}
			results, err := Check(t.Context(), base, nil, Part{Transports: asked})
			assert.NilError(t, err)
			failed := map[string]bool{}
			passed := 0
			for _, r := range results {
				switch r.Verdict {
				case Failed:
					t.Logf("%v: %v", r.Point, r.Fault)
					failed[r.Group] = true
					assert.Check(t, strings.Contains(r.Fault.Remedy, "omit its transport"), "%v: %v", r.Point, r.Fault)
				case Absent:
					assert.Check(t, r.Why != "", "%v is absent, and why is not said", r.Point)
				case Passed:
					passed++
				}
			}
			for _, group := range c.failed {
				assert.Check(t, failed[group], "nothing of %q has failed", group)
				delete(failed, group)
			}
			assert.Check(t, len(failed) == 0 && passed != 0, "failed: %v; %d passed", failed, passed)
		})
	}
}

// known are the transports.
var known = []string{"poll", "poll-etag", "longpoll", "sse", "ws", "ws-deflate", "ws-batch", "socketio-polling", "socketio-ws"}

func TestPointsAreDistinct(t *testing.T) {
	seen := map[string]bool{}
	needed := map[string]bool{}
	for _, p := range Points() {
		assert.Check(t, !seen[p.String()], "%v stands twice", p)
		seen[p.String()] = true
		for _, name := range p.Transports {
			needed[name] = needed[name] || p.Needed
		}
		if p.Needed && (p.Optional || len(p.Transports) == 0) {
			t.Errorf("%v is needed by no transport, or optional", p)
		}
	}
	assert.Check(t, len(needed) == len(known), "points for %v, want %v", needed, known)
	for _, name := range known {
		assert.Check(t, needed[name], "no point is needed to measure %s", name)
	}
}

func TestBase(t *testing.T) {
	for given, want := range map[string]string{
		"http://127.0.0.1:8080": "http://127.0.0.1:8080", "http://localhost:1/": "http://localhost:1", "http://[::1]:80": "http://[::1]:80",
		"http://h": "http://h:80", "https://h/": "https://h:443", "http://[::1]": "http://[::1]:80",
	} {
		base, err := Base(given)
		assert.Check(t, err == nil && base == want, "%s: %q, %v", given, base, err)
	}
	const general = `: give a server's base address, such as http://127.0.0.1:8080`
	for _, bad := range []string{
		"", "nonsense", "127.0.0.1:8080", "localhost:8080", "http://", "http://:", "http://:80", "http://h:", "ftp://127.0.0.1:1", "ws://127.0.0.1:8080",
		"http://h:1?x", "http://h:1/?", "http://h:1/#", "http://h:1/#room", "http://[::1:80", "http://%", " http://h:1", "http://127.0.0.1:80 80", "http://h:http",
		"http://:8080", "http://h:0", "http://h:99999", "http://h:80x", "http://h:-1", "http:/h:80", "http//h:80", "http://h:80\n", "http://::1:80",
	} {
		base, err := Base(bad)
		assert.Check(t, err != nil && err.Error() == fmt.Sprintf("target %q", bad)+general, "%s: %q, %v", bad, base, err)
	}
	for bad, said := range map[string]string{
		"http://h:1/chat/":     "a chat below a path cannot be measured; give the server's base address, such as http://h:1, and",
		"http://h:1//":         "a chat below a path cannot be measured",
		"http://me:secret@h:1": `target "http://me:xxxxx@h:1": names and passwords are not sent; give the server's base address, such as http://h:1`,
	} {
		base, err := Base(bad)
		assert.Check(t, err != nil && strings.Contains(err.Error(), said), "%s: %q, %v", bad, base, err)
	}
}

func TestNoServer(t *testing.T) {
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	assert.NilError(t, err)
	closed.Close()
	_, err = Check(t.Context(), "http://"+closed.Addr().String(), nil, Part{})
	assert.Check(t, err != nil && strings.Contains(err.Error(), "connection refused"), "nobody listens: %v", err)
	page := handle(t, func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "<html>It works!\x1b[2J</html>") })
	_, err = Check(t.Context(), page, nil, Part{})
	assert.Check(t, err != nil && strings.Contains(err.Error(), `200 with "<html>It works!\x1b`), "a page: %v", err)
	moved := handle(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "https://elsewhere.example/", http.StatusMovedPermanently)
	})
	_, err = Check(t.Context(), moved, nil, Part{})
	assert.Check(t, err != nil && strings.Contains(err.Error(), `301, a redirect to "https://elsewhere.example/"`), "moved: %v", err)
	ctx, cancel := context.WithCancel(t.Context())
	silent := handle(t, func(_ http.ResponseWriter, r *http.Request) {
		cancel()
		<-r.Context().Done()
	})
	_, err = Check(ctx, silent, nil, Part{})
	assert.Check(t, err == context.Canceled, "interrupted: %v", err)
}

// A load takes compression on any terms; the contract wants those without
// context.
func TestOtherTermsOfDeflate(t *testing.T) {
	base := wrong{answer: setHeader("Sec-Websocket-Extensions", "permessage-deflate; server_max_window_bits=9")}.before(t, serve(t, 0))
	results, err := Check(t.Context(), base, nil, Part{Transports: []string{"ws-deflate"}})
	assert.NilError(t, err)
	for _, r := range results {
		want := (r.Name == "permessage-deflate is accepted")
		assert.Check(t, r.Group != "deflate" || (r.Verdict == Passed) == want, "%v: %v %v", r.Point, r.Verdict, r.Fault)
	}
}
