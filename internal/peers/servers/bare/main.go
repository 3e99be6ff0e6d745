// Bare answers polls as chatserver does when there is no news, byte for byte, and
// does nothing else: what net/http alone takes for a poll. It counts them, since
// wrk does not say how many fell into a window.
package main

import (
	"fmt"
	"net/http"
	"sync/atomic"

	"github.com/pollpush/pollpush/internal/peers/servers/peer"
)

func main() {
	var requests atomic.Int64
	mux := http.NewServeMux()
	mux.HandleFunc("GET /api/rooms/{room}/messages", func(w http.ResponseWriter, _ *http.Request) {
		requests.Add(1)
		h := w.Header()
		h.Set("Cache-Control", "no-cache")
		h.Set("Content-Length", "24")
		h.Set("Content-Type", "application/json")
		h.Set("Etag", `"0"`)
		_, _ = w.Write([]byte(`{"messages":[],"last":0}`))
	})
	mux.HandleFunc("GET /metrics", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintf(w, "pollpush_http_requests_total %d\n", requests.Load())
	})
	peer.Serve(mux)
}
