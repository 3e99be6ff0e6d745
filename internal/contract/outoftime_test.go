package contract

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"sync/atomic"
	"testing"
	"time"

	"gotest.tools/v3/assert"
)

// Of a server that answers what every load asks first and nothing else, a point
// whose own time is over has failed, and one that the end of the check has cut
// short, or kept from beginning, has not.
func TestOutOfTime(t *testing.T) {
	for _, c := range []struct {
		name         string
		limit, total time.Duration
		want         Verdict
	}{
		{"a point's time", 500 * time.Millisecond, patience, Failed},
		{"the check's time", patience, 100 * time.Millisecond, Untried},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			base := handle(t, func(w http.ResponseWriter, r *http.Request) {
				if r.Method == "GET" && r.URL.RawQuery == "after=0&limit=1" {
					io.WriteString(w, `{"messages":[],"last":0}`)
					return
				}
				io.Copy(io.Discard, r.Body)
				<-r.Context().Done()
			})
			k := newCheck(t.Context(), base, nil)
			defer k.client.CloseIdleConnections()
			k.limit, k.total = c.limit, c.total
			results := k.all(Part{})
			if len(results) != len(Points()) {
				t.Errorf("%d results for %d points", len(results), len(Points()))
			}
			found := 0
			for _, r := range results {
				if r.Verdict == c.want {
					found++
				}
				if r.Verdict == Failed != (r.Fault != nil) || r.Verdict != c.want && r.Verdict != Absent || r.Verdict == Absent && c.want == Untried {
					t.Errorf("%v: %v %v, want %v", r.Point, r.Verdict, r.Fault, c.want)
				}
			}
			assert.Check(t, found != 0, "nothing is %v", c.want)
			assert.Check(t, k.stopped(results), "it answers, and")
		})
	}
}

// A server that stops answering at the first bad input ends the check: what was
// found until then stands, and nothing is said of the rest.
func TestServerStops(t *testing.T) {
	for name, stop := range map[string]func(s *httptest.Server, r *http.Request){
		"connection refused": func(s *httptest.Server, _ *http.Request) {
			s.Listener.Close()
			go s.CloseClientConnections()
		},
		"no answer in time": func(_ *httptest.Server, r *http.Request) { <-r.Context().Done() },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			base := stopping(t, stop)
			c := newCheck(t.Context(), base, nil)
			defer c.client.CloseIdleConnections()
			c.limit = 5 * time.Second // which the second of the two waits for
			results := c.all(Part{Transports: []string{"sse"}})
			untried, underWay := 0, 0
			for _, r := range results {
				switch {
				case r.Verdict == Failed:
					t.Errorf("%v: %v", r.Point, r.Fault)
				case r.Needed && r.Verdict != Passed:
					t.Errorf("%v: %v, although it goes before all bad input", r.Point, r.Verdict)
				case r.Verdict == Untried:
					untried++
					if r.Why == "under way when the server stopped answering" {
						underWay++
					}
				}
			}
			assert.Check(t, untried != 0 && underWay != 0 && underWay <= together, "%d untried, %d of them under way", untried, underWay)
			err := c.stopped(results)
			want := fmt.Sprintf("the server at %s stopped answering after %d of %d points (%s); restart it", base, len(results)-untried, len(results), name)
			assert.Check(t, err != nil && err.Error() == want, "it said %v, want %s", err, want)
		})
	}
}

// stopping is our server, which a request with an empty text stops, in some way.
func stopping(t *testing.T, stop func(s *httptest.Server, r *http.Request)) (base string) {
	t.Helper()
	to, err := url.Parse(serve(t, 0))
	assert.NilError(t, err)
	proxy := &httputil.ReverseProxy{
		FlushInterval: -1,
		Rewrite:       func(r *httputil.ProxyRequest) { r.SetURL(to); r.Out.Host = r.In.Host },
		ErrorHandler:  func(http.ResponseWriter, *http.Request, error) { panic(http.ErrAbortHandler) },
	}
	var stopped atomic.Bool
	var s *httptest.Server
	s = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		r.Body = io.NopCloser(bytes.NewReader(b))
		if bytes.Contains(b, []byte(`"text":""`)) {
			stopped.Store(true)
		}
		if stopped.Load() {
			stop(s, r)
			return
		}
		proxy.ServeHTTP(w, r)
	}))
	t.Cleanup(s.Close)
	return s.URL
}
