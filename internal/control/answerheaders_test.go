package control

import (
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"gotest.tools/v3/assert"

	"github.com/pollpush/pollpush/internal/faultproxy"
	"github.com/pollpush/pollpush/internal/transport"
)

// A trial tells the lines of one answer's head: of the transports that ask, and
// of no other.
func TestAnswerHeadersAreTold(t *testing.T) {
	t.Parallel()
	const more = "X-Request-Id: 0123456789abcd\r\n" // 30 bytes
	name, value, _ := strings.Cut(strings.TrimSpace(more), ": ")
	asks := map[string]bool{"poll": true, "poll-etag": true, "longpoll": true, "socketio-polling": true}
	for _, of := range transport.Names() {
		t.Run(of, func(t *testing.T) {
			t.Parallel()
			plain := headOf(t, of, "", "")
			if !asks[of] {
				assert.Check(t, plain == nil, "it has %v", plain)
				return
			}
			if plain[""] != int64(len("HTTP/1.1 200 OK\r\n")) || plain["Content-Length"] < int64(len("Content-Length: 10\r\n")) {
				t.Errorf("the head is %v", plain)
			}
			with := headOf(t, of, name, value)
			want := map[string]int64{name: int64(len(more))}
			for name, n := range plain {
				want[name] = n
			}
			// These have as many digits as there is to tell.
			for _, varies := range []string{"Content-Length", "Etag"} {
				delete(want, varies)
				delete(with, varies)
			}
			if diff := cmp.Diff(want, with); diff != "" {
				t.Errorf("with one more header (-want +got):\n%s", diff)
			}
		})
	}
}

// headOf measures through a proxy that adds a header to every answer, if it is
// given one, and returns what the trial tells of the head of one.
func headOf(t *testing.T, transport, name, value string) map[string]int64 {
	t.Helper()
	behind := throughProxy(t, faultproxy.Faults{})
	proxy := httputil.NewSingleHostReverseProxy(&url.URL{Scheme: "http", Host: behind.Addr()})
	proxy.ErrorLog = log.New(io.Discard, "", 0)
	proxy.ModifyResponse = func(r *http.Response) error {
		if name != "" {
			r.Header.Set(name, value)
		}
		return nil
	}
	front := httptest.NewServer(proxy)
	defer front.Close()
	o := proxied(t, behind, transport, 4, 1, 20)
	o.Target = front.URL
	return measureOne(t, o).AnswerHeaders
}
