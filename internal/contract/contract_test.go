package contract

import (
	"context"
	"crypto/x509"
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"gotest.tools/v3/assert"

	"github.com/pollpush/pollpush/internal/certificate"
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
	l, err := net.Listen("tcp", "127.0.0.1:0")
	assert.NilError(t, err)
	served := make(chan error, 1)
	go func() { served <- s.Serve(l) }()
	t.Cleanup(func() {
		assert.Check(t, s.Shutdown(context.Background()), "shutdown")
		<-served
	})
	return "http://" + l.Addr().String()
}

func (v Verdict) String() string { return [...]string{"passed", "absent", "failed", "untried"}[v] }

func (p Point) String() string { return p.Group + ": " + p.Name }

func TestOurServerKeepsTheContract(t *testing.T) {
	results, err := Check(t.Context(), serve(t, 0), nil, Part{})
	assert.NilError(t, err)
	if len(results) != len(Points()) {
		t.Errorf("%d points of %d", len(results), len(Points()))
	}
	for _, r := range results {
		assert.Check(t, r.Verdict == Passed, "%v: %v %s %v", r.Point, r.Verdict, r.Why, r.Fault)
	}
}

// It keeps it by TLS as well, and only for who trusts it.
func TestOurServerKeepsTheContractByTLS(t *testing.T) {
	own, text, err := certificate.New("127.0.0.1")
	assert.NilError(t, err)
	base := "https" + strings.TrimPrefix(serveAs(t, server.New(server.Config{Deflate: true, Batch: 50 * time.Millisecond, Certificate: &own})), "http")
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM([]byte(text))
	results, err := Check(t.Context(), base, roots, Part{})
	if err != nil || len(results) != len(Points()) {
		t.Fatalf("%d points of %d: %v", len(results), len(Points()), err)
	}
	for _, r := range results {
		assert.Check(t, r.Verdict == Passed, "%v: %v %s %v", r.Point, r.Verdict, r.Why, r.Fault)
	}
	if _, err := Check(t.Context(), base, nil, Part{}); err == nil || !strings.Contains(err.Error(), "certificate signed by unknown authority") {
		t.Errorf("not trusted: %v", err)
	}
}

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
					assert.Check(t, strings.Contains(r.Fault.Remedy, "leave its transport out"), "%v: %v", r.Point, r.Fault)
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
		if base, err := Base(given); err != nil || base != want {
			t.Errorf("%s: %q, %v", given, base, err)
		}
	}
	const general = `: give a server's base address, as http://127.0.0.1:8080`
	for _, bad := range []string{
		"", "nonsense", "127.0.0.1:8080", "localhost:8080", "http://", "http://:", "http://:80", "http://h:", "ftp://127.0.0.1:1", "ws://127.0.0.1:8080",
		"http://h:1?x", "http://h:1/?", "http://h:1/#", "http://h:1/#room", "http://[::1:80", "http://%", " http://h:1", "http://127.0.0.1:80 80", "http://h:http",
		"http://:8080", "http://h:0", "http://h:99999", "http://h:80x", "http://h:-1", "http:/h:80", "http//h:80", "http://h:80\n", "http://::1:80",
	} {
		if base, err := Base(bad); err == nil || err.Error() != fmt.Sprintf("target %q", bad)+general {
			t.Errorf("%s: %q, %v", bad, base, err)
		}
	}
	for bad, said := range map[string]string{
		"http://h:1/chat/":     "a chat below a path cannot be measured; give the server's base address, as http://h:1, and",
		"http://h:1//":         "a chat below a path cannot be measured",
		"http://me:secret@h:1": `target "http://me:xxxxx@h:1": no name and password are sent to a server; give its base address, as http://h:1`,
	} {
		if base, err := Base(bad); err == nil || !strings.Contains(err.Error(), said) {
			t.Errorf("%s: %q, %v", bad, base, err)
		}
	}
}

func TestNoServer(t *testing.T) {
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	assert.NilError(t, err)
	closed.Close()
	if _, err := Check(t.Context(), "http://"+closed.Addr().String(), nil, Part{}); err == nil || !strings.Contains(err.Error(), "connection refused") {
		t.Errorf("nobody listens: %v", err)
	}
	page := handle(t, func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "<html>It works!\x1b[2J</html>") })
	if _, err := Check(t.Context(), page, nil, Part{}); err == nil || !strings.Contains(err.Error(), `200 with "<html>It works!\x1b`) {
		t.Errorf("a page: %v", err)
	}
	moved := handle(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "https://elsewhere.example/", http.StatusMovedPermanently)
	})
	if _, err := Check(t.Context(), moved, nil, Part{}); err == nil || !strings.Contains(err.Error(), `301, a redirect to "https://elsewhere.example/"`) {
		t.Errorf("moved: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	silent := handle(t, func(_ http.ResponseWriter, r *http.Request) {
		cancel()
		<-r.Context().Done()
	})
	if _, err := Check(ctx, silent, nil, Part{}); err != context.Canceled {
		t.Errorf("interrupted: %v", err)
	}
}

// A load takes compression on any terms; the contract wants those without
// context.
func TestOtherTermsOfDeflate(t *testing.T) {
	base := wrong{answer: setHeader("Sec-Websocket-Extensions", "permessage-deflate; server_max_window_bits=9")}.before(t, serve(t, 0))
	results, err := Check(t.Context(), base, nil, Part{Transports: []string{"ws-deflate"}})
	assert.NilError(t, err)
	for _, r := range results {
		if want := (r.Name == "permessage-deflate is agreed on"); r.Group == "deflate" && (r.Verdict == Passed) != want {
			t.Errorf("%v: %v %v", r.Point, r.Verdict, r.Fault)
		}
	}
}
