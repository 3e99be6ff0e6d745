package control

import (
	"context"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"gotest.tools/v3/assert"

	"github.com/pollpush/pollpush/internal/faultproxy"
)

// front is a proxy before a chatserver that answers as real servers do: it may
// end connections, and answer badly in the chatserver's place. It counts the
// requests of the trial by itself.
type front struct {
	requests atomic.Int64
	begun    atomic.Bool // the target has been tried, and the trial asks

	// answers is asked before each request of the trial, the nth of its
	// connection, and reports whether it has answered.
	answers func(w http.ResponseWriter, r *http.Request, nth int64) bool
	// relays, if there, passes on the messages of a WebSocket until it returns.
	relays func(client, server *websocket.Conn)
	to     *url.URL
	proxy  http.Handler
}

// nth is the key of a connection's count of requests.
type nth struct{}

// start starts it; connections that were idle for so long, if not for 0, are
// closed.
func (f *front) start(t *testing.T, idle time.Duration) *httptest.Server {
	t.Helper()
	to, err := url.Parse("http://" + throughProxy(t, faultproxy.Faults{}).Addr())
	assert.NilError(t, err)
	f.to, f.proxy = to, &httputil.ReverseProxy{
		FlushInterval: -1, ErrorLog: log.New(io.Discard, "", 0), Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(to) },
	}
	server := httptest.NewUnstartedServer(f)
	server.Config.IdleTimeout = idle
	server.Config.ConnContext = func(ctx context.Context, _ net.Conn) context.Context {
		return context.WithValue(ctx, nth{}, new(atomic.Int64))
	}
	server.Start()
	t.Cleanup(server.Close)
	return server
}

func (f *front) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	n := r.Context().Value(nth{}).(*atomic.Int64).Add(1)
	if r.URL.Path == "/metrics" { // of another count than the front's
		http.NotFound(w, r)
		return
	}
	if r.Method == http.MethodGet && ofTrial("GET "+r.URL.String()) {
		f.begun.Store(true)
	}
	if f.begun.Load() {
		f.requests.Add(1)
		if f.answers != nil && f.answers(w, r, n) {
			return
		}
	}
	if f.relays != nil && websocket.IsWebSocketUpgrade(r) {
		f.relay(w, r)
		return
	}
	f.proxy.ServeHTTP(w, r)
}

// relay is a WebSocket on both sides.
func (f *front) relay(w http.ResponseWriter, r *http.Request) {
	server, answer, err := websocket.DefaultDialer.DialContext(r.Context(), "ws://"+f.to.Host+r.URL.String(), nil)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	defer server.Close()
	answer.Body.Close()
	client, err := (&websocket.Upgrader{}).Upgrade(w, r, nil)
	if err != nil {
		return
	}
	defer client.Close()
	f.relays(client, server)
}

// copyMessages passes messages on until either side ends.
func copyMessages(to, from *websocket.Conn) {
	for {
		kind, b, err := from.ReadMessage()
		if err != nil || to.WriteMessage(kind, b) != nil {
			return
		}
	}
}

// endStreams answers for streams of events: it passes one on, and ends it
// cleanly 700 ms after its head has come.
func (f *front) endStreams(w http.ResponseWriter, r *http.Request, _ int64) bool {
	if !strings.HasSuffix(r.URL.Path, "/events") {
		return false
	}
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, r.Method, f.to.String()+r.URL.String(), nil)
	if err != nil {
		panic(err)
	}
	request.Header = r.Header
	answer, err := http.DefaultTransport.RoundTrip(request)
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	defer answer.Body.Close()
	for name, values := range answer.Header {
		w.Header()[name] = values
	}
	w.WriteHeader(answer.StatusCode)
	defer time.AfterFunc(700*time.Millisecond, cancel).Stop()
	b := make([]byte, 4096)
	for err == nil {
		_ = http.NewResponseController(w).Flush()
		var n int
		n, err = answer.Body.Read(b)
		_, _ = w.Write(b[:n])
	}
	return true
}

// broken answers in ways that no server should.
var broken = map[string]func(w http.ResponseWriter){
	"status 502": func(w http.ResponseWriter) {
		w.Header().Set("Content-Type", "text/html")
		w.WriteHeader(http.StatusBadGateway)
		_, _ = io.WriteString(w, "<html><h1>502 Bad Gateway</h1></html>")
	},
	"status 429": func(w http.ResponseWriter) {
		w.Header().Set("Retry-After", "1")
		w.WriteHeader(http.StatusTooManyRequests)
	},
	"malformed answer": hijacked("HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n{]garbage[}"),
	"connection lost":  hijacked("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n" + `{"messages":[`),
}

func hijacked(answer string) func(http.ResponseWriter) {
	return func(w http.ResponseWriter) {
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			panic(err)
		}
		_, _ = io.WriteString(conn, answer)
		if strings.Contains(answer, "1000") {
			conn.Close()
		}
	}
}
