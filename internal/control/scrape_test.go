package control

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"gotest.tools/v3/assert"

	"github.com/pollpush/pollpush/internal/result"
)

// countedServer answers with hand-made metrics, and counts on its own side of
// the connections what passes.
type countedServer struct {
	*httptest.Server
	conns, in, out, requests atomic.Int64 // in: from the clients

	mu   sync.Mutex
	seen []result.Totals // at each request, it included but not its answer
}

// countingListener counts what its server reads and writes.
type countingListener struct {
	net.Listener
	s *countedServer
}

func (l countingListener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err == nil {
		l.s.conns.Add(1)
	}
	return &countingConn{c, l.s}, err
}

type countingConn struct {
	net.Conn
	s *countedServer
}

func (c *countingConn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	c.s.in.Add(int64(n))
	return n, err
}

func (c *countingConn) Write(b []byte) (int, error) {
	c.s.out.Add(int64(len(b))) // before: the client may be here again before Write returns
	return c.Conn.Write(b)
}

func serveMetrics(t *testing.T, answer http.HandlerFunc) *countedServer {
	t.Helper()
	s := &countedServer{}
	s.Server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		s.seen = append(s.seen, result.Totals{
			Requests: s.requests.Add(1), Connections: s.conns.Load(), BytesIn: s.out.Load(), BytesOut: s.in.Load(),
		})
		s.mu.Unlock()
		assert.Check(t, r.Method == http.MethodGet && r.URL.Path == "/metrics", "%s %s was asked for", r.Method, r.URL)
		answer(w, r)
	}))
	s.Listener = countingListener{s.Listener, s}
	s.Start()
	t.Cleanup(s.Close)
	return s
}

// saw is what the server had counted at its last request.
func (s *countedServer) saw() result.Totals {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.seen[len(s.seen)-1]
}

func metrics(text string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, text) }
}

const someMetrics = `# HELP pollpush_http_requests_total Requests begun.
# TYPE pollpush_http_requests_total counter
pollpush_http_requests_total 12
pollpush_connections_total 3
pollpush_frames_sent_total 1e+03
pollpush_frames_received_total 7
pollpush_bytes_sent_total 1.234567e+06
pollpush_bytes_received_total 89
pollpush_by_room{room="a"} 5
go_gc_duration_seconds{quantile="0.5"} 0.1
go_goroutines 21

nonsense
go_info one
`

func TestScrapeSumsUpServers(t *testing.T) {
	one := serveMetrics(t, metrics(someMetrics))
	two := serveMetrics(t, metrics("pollpush_http_requests_total 100\npollpush_bytes_sent_total 1000\ngo_goroutines 9\n"))
	all := newScrapers([]string{one.URL, two.URL}, nil)
	defer all.close()
	got := all.scrape(t.Context())
	assert.Check(t, got.ok, "two servers of pollpush's are said to be none")
	wantMetrics := map[string]float64{
		"pollpush_http_requests_total": 112, "pollpush_connections_total": 3, "pollpush_frames_sent_total": 1000,
		"pollpush_frames_received_total": 7, "pollpush_bytes_sent_total": 1_235_567, "pollpush_bytes_received_total": 89, "go_goroutines": 30,
	}
	assert.Check(t, reflect.DeepEqual(got.metrics, wantMetrics), "metrics %v\nwant    %v", got.metrics, wantMetrics)
	want := result.Totals{Requests: 112, Connections: 3, FramesIn: 1000, FramesOut: 7, BytesIn: 1_235_567, BytesOut: 89}
	if counted := got.counted(); counted != want {
		t.Errorf("counted %+v, want %+v", counted, want)
	}
	if want := result.Add(one.saw(), two.saw()); got.own != want {
		t.Errorf("the scrapers say %+v of themselves, the servers saw %+v", got.own, want)
	}
}

// Scrapes pass the same point as the load does: what a scraper says of itself
// at a scrape is to the byte what the server has counted of it by then.
func TestScraperCountsItself(t *testing.T) {
	for name, answer := range map[string]http.HandlerFunc{
		"in one piece": metrics(someMetrics),
		"in chunks": func(w http.ResponseWriter, _ *http.Request) {
			for line := range strings.Lines(someMetrics) {
				fmt.Fprint(w, line)
				w.(http.Flusher).Flush()
			}
		},
		"on new connections": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Connection", "close")
			fmt.Fprint(w, someMetrics)
		},
		"ever longer": func() http.HandlerFunc {
			var n atomic.Int64
			return func(w http.ResponseWriter, _ *http.Request) {
				fmt.Fprint(w, someMetrics, strings.Repeat("# padding\n", int(n.Add(1))*1000))
			}
		}(),
	} {
		t.Run(name, func(t *testing.T) {
			server := serveMetrics(t, answer)
			all := newScrapers([]string{server.URL}, nil)
			defer all.close()
			for n := range int64(5) {
				got := all.scrape(t.Context())
				assert.Assert(t, got.ok, "the server's counts were not taken")
				if saw := server.saw(); got.own != saw || saw.Requests != n+1 {
					t.Errorf("scrape %d: the scraper says %+v of itself, the server saw %+v", n+1, got.own, saw)
				}
			}
		})
	}
}

func TestScrapesAtTheSameTimeDoNotMix(t *testing.T) {
	server := serveMetrics(t, metrics(someMetrics))
	all := newScrapers([]string{server.URL}, nil)
	defer all.close()
	var together sync.WaitGroup
	for range 8 {
		together.Go(func() {
			got := all.scrape(t.Context())
			assert.Check(t, got.ok, "a scrape failed")
		})
	}
	together.Wait()
	if got, saw := all.scrape(t.Context()).own, server.saw(); got != saw || saw.Requests != 9 || saw.Connections != 1 {
		t.Errorf("the scraper says %+v of itself, the server saw %+v", got, saw)
	}
}

func TestScrapeOfWhatOffersNoCounts(t *testing.T) {
	for name, answer := range map[string]http.HandlerFunc{
		"another server's metrics": metrics("go_goroutines 9\nhttp_requests_total 5\n"),
		"only a label's":           metrics(`pollpush_http_requests_total{code="200"} 5` + "\n"),
		"HTML":                     metrics("<html>It works!</html>"),
		"not found":                func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "404 page not found", http.StatusNotFound) },
		"nothing":                  metrics(""),
		"a long line":              metrics(strings.Repeat("x", 1<<20)),
		"breaks off": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "10000")
			fmt.Fprint(w, someMetrics)
		},
		"hangs up": func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
	} {
		t.Run(name, func(t *testing.T) {
			good, bad := serveMetrics(t, metrics(someMetrics)), serveMetrics(t, answer)
			for _, urls := range [][]string{{bad.URL}, {good.URL, bad.URL}, {bad.URL, good.URL}} {
				all := newScrapers(urls, nil)
				assert.Check(t, !all.scrape(t.Context()).ok, "%d servers: its counts were taken", len(urls))
				all.close()
			}
		})
	}
}

func TestScrapeEndsWithItsContext(t *testing.T) {
	ctx, leave := context.WithCancel(t.Context())
	server := serveMetrics(t, func(_ http.ResponseWriter, r *http.Request) {
		leave()
		<-r.Context().Done()
	})
	all := newScrapers([]string{server.URL}, nil)
	defer all.close()
	assert.Check(t, !all.scrape(ctx).ok, "a scrape that was left off is taken for a whole one")
}

func TestScrapeOfNobody(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	server.Close()
	assert.Check(t, !newScrapers([]string{server.URL}, nil).scrape(t.Context()).ok, "counts were taken where nobody listens")
}
