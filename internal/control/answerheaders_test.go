package control

import (
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"sync/atomic"
	"testing"

	"gotest.tools/v3/assert"
	is "gotest.tools/v3/assert/cmp"

	"github.com/pollpush/pollpush/internal/faultproxy"
)

// asks are the transports of whose answers a trial tells the head.
var asks = []string{"poll", "poll-etag", "longpoll", "socketio-polling"}

// A trial tells the lines of one answer's head, one that a proxy has added
// among them.
func TestAnswerHeadersAreTold(t *testing.T) {
	t.Parallel()
	for _, transport := range asks {
		t.Run(transport, func(t *testing.T) {
			t.Parallel()
			behind := throughProxy(t, faultproxy.Faults{})
			proxy := httputil.NewSingleHostReverseProxy(&url.URL{Scheme: "http", Host: behind.Addr()})
			proxy.ErrorLog = log.New(io.Discard, "", 0)
			var last atomic.Pointer[map[string]int64] // answer to a poll
			proxy.ModifyResponse = func(r *http.Response) error {
				r.Header.Set("X-Request-Id", "0123456789abcd")
				if r.Request.Method == http.MethodGet && r.StatusCode == http.StatusOK && r.Request.URL.Path != "/metrics" {
					lines := map[string]int64{"": int64(len("HTTP/1.1 200 OK\r\n"))}
					for name := range r.Header {
						lines[name] = int64(len(name + ": " + r.Header.Get(name) + "\r\n"))
					}
					last.Store(&lines)
				}
				return nil
			}
			front := httptest.NewServer(proxy)
			defer front.Close()
			o := proxied(t, behind, transport, 4, 1, 20)
			o.Target = front.URL
			got, want := measureOne(t, o).AnswerHeaders, *last.Load()
			assert.Check(t, want["X-Request-Id"] == 30 && got["Content-Length"] >= int64(len("Content-Length: 10\r\n")), "%v", got)
			for _, varies := range []string{"Content-Length", "Etag"} { // they have as many digits as there is to tell
				delete(want, varies)
				delete(got, varies)
			}
			assert.Check(t, is.DeepEqual(want, got))
		})
	}
}
