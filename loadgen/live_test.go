package loadgen_test

import (
	"compress/flate"
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/gorilla/websocket"
	"gotest.tools/v3/assert"
	is "gotest.tools/v3/assert/cmp"

	"github.com/pollpush/pollpush/internal/result"
	"github.com/pollpush/pollpush/loadgen"
)

func messageJSON(id int, text string) string {
	return fmt.Sprintf(`{"id":%d,"room":"lobby","user":"ada","text":"%s","at":1763850000123}`, id, text)
}

// sockets serves WebSockets, each by serve, which ends it by returning.
func sockets(serve func(*websocket.Conn)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		ws, err := (&websocket.Upgrader{EnableCompression: true}).Upgrade(w, r, nil)
		if err != nil {
			return
		}
		defer ws.Close()
		serve(ws)
	}
}

// dial dials a client that publishes, and closes it at the test's end.
func dial(t *testing.T, by string, target loadgen.Target) *loadgen.Client {
	t.Helper()
	target.Room, target.User = "lobby", "ada"
	c, err := loadgen.Dial(t.Context(), by, target)
	assert.NilError(t, err)
	t.Cleanup(func() { c.Close() })
	return c
}

// gorilla judges frames of all sizes, compressed and not, both ways.
func TestFramesWithGorilla(t *testing.T) {
	for _, by := range []string{"ws", "ws-deflate"} {
		t.Run(by, func(t *testing.T) {
			sent := make(chan string, 1)
			server := httptest.NewServer(sockets(func(ws *websocket.Conn) {
				ws.SetCompressionLevel(flate.BestCompression)
				for i := 1; ; i++ {
					_, b, err := ws.ReadMessage()
					if err != nil {
						return
					}
					sent <- string(b)
					text := strings.TrimSuffix(strings.TrimPrefix(string(b), `{"user":"ada","text":"`), `"}`)
					ws.EnableWriteCompression(i%3 != 0) // some may come as they are
					ws.WriteMessage(websocket.TextMessage, []byte(fmt.Sprintf("{\"ack\":%d}\n", i)+messageJSON(i, text)))
				}
			}))
			defer server.Close()
			c := dial(t, by, loadgen.Target{URL: server.URL})
			for i, size := range []int{1, 101, 102, 1000, 4096, 70000, 200000, 3} { // with 24 bytes of envelope
				text := strings.Repeat("héllo wörld ", size/14+1)[:size]
				before := c.Totals()
				assert.NilError(t, c.Publish(text))
				if got, want := <-sent, `{"user":"ada","text":"`+text+`"}`; got != want {
					t.Fatalf("%d bytes were read as %.100q", size, got)
				}
				ds, err := c.Receive()
				assert.Assert(t, err == nil && len(ds) == 1 && ds[0].ID == uint64(i+1) && string(ds[0].Text) == text, "%d bytes came back as %v, %v", size, ds, err)
				out := result.Sub(c.Totals(), before)
				assert.Check(t, out.FramesOut == 1 && out.FramesIn == 1, "%+v", out)
				assert.Check(t, is.Equal(size == 70000 && out.BytesOut < 2000, size == 70000 && by == "ws-deflate"), "%d bytes took %d on the wire", size, out.BytesOut)
			}
		})
	}
}

// The largest page is 1,000 messages of 4,096 bytes, each byte an escape. It can
// come with its length, in chunks, in one frame, and in one event each.
func TestTheLargestAnswers(t *testing.T) {
	const count = 1000
	text := strings.Repeat(`\u0001`, 4096)
	var messages []string
	for i := range count {
		messages = append(messages, messageJSON(i+1, text))
	}
	body := `{"messages":[` + strings.Join(messages, ",") + `],"last":1000}`
	frame := sockets(func(ws *websocket.Conn) {
		ws.WriteMessage(websocket.TextMessage, []byte(strings.Join(messages, "\n")))
		ws.ReadMessage()
	})
	for name, c := range map[string]struct {
		by    string
		serve http.HandlerFunc
	}{
		"a page": {"poll", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", fmt.Sprint(len(body)))
			fmt.Fprint(w, body)
		}},
		"a page, many chunks": {"poll", func(w http.ResponseWriter, _ *http.Request) {
			for rest := body; len(rest) > 0; {
				n := min(4096, len(rest))
				fmt.Fprint(w, rest[:n])
				w.(http.Flusher).Flush()
				rest = rest[n:]
			}
		}},
		"events": {"sse", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/event-stream")
			for i, m := range messages {
				fmt.Fprintf(w, "id: %d\ndata: %s\n\n", i+1, m)
			}
		}},
		"a frame":            {"ws", frame},
		"a compressed frame": {"ws-deflate", frame},
	} {
		for way, start := range map[string]func(http.Handler) *httptest.Server{"": httptest.NewServer, " by TLS": httptest.NewTLSServer} {
			t.Run(name+way, func(t *testing.T) {
				server := start(c.serve)
				defer server.Close()
				target := loadgen.Target{URL: server.URL}
				if server.Certificate() != nil {
					target.Roots = x509.NewCertPool()
					target.Roots.AddCert(server.Certificate())
				}
				client := dial(t, c.by, target)
				if client.Polls() {
					client.Poll()
				}
				for got := 0; got < count; {
					ds, err := client.Receive()
					assert.NilError(t, err, "after %d messages", got)
					for i := range ds {
						if got++; ds[i].ID != uint64(got) || string(ds[i].Text) != text {
							t.Fatalf("message %d is %d of %d bytes", got, ds[i].ID, len(ds[i].Text))
						}
					}
				}
			})
		}
	}
}

// A dial gives up with its context, whatever the server is silent about.
func TestDialEndsWithItsContext(t *testing.T) {
	asked := make(chan struct{}, 10)
	silent := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		asked <- struct{}{}
		<-r.Context().Done()
	}))
	defer silent.Close()
	half := httptest.NewServer(sockets(func(ws *websocket.Conn) {
		asked <- struct{}{}
		ws.ReadMessage()
	}))
	defer half.Close()
	for by, url := range map[string]string{"sse": silent.URL, "ws": silent.URL, "socketio-ws": half.URL, "socketio-polling": silent.URL} {
		ctx, cancel := context.WithCancel(t.Context())
		go func() {
			<-asked
			cancel()
		}()
		_, err := loadgen.Dial(ctx, by, loadgen.Target{URL: url, Room: "lobby"})
		assert.Check(t, is.ErrorIs(err, context.Canceled), by)
	}
}

// Close lets go who waits for news, and who waits for an answer.
func TestCloseLetsGo(t *testing.T) {
	asked := make(chan struct{})
	posts := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body) // else the context would not end with the connection
		if r.Method == "POST" {
			asked <- struct{}{}
		}
		<-r.Context().Done()
	}))
	defer posts.Close()
	frames := httptest.NewServer(sockets(func(ws *websocket.Conn) {
		ws.ReadMessage()
		asked <- struct{}{}
		ws.ReadMessage()
	}))
	defer frames.Close()
	for by, url := range map[string]string{"poll": posts.URL, "longpoll": posts.URL, "ws": frames.URL} {
		c := dial(t, by, loadgen.Target{URL: url})
		published, received := make(chan error), make(chan error)
		go func() { published <- c.Publish("hello") }()
		go func() {
			_, err := c.Receive()
			received <- err
		}()
		<-asked
		c.Close()
		err := <-published
		assert.Check(t, err != nil && !errors.Is(err, loadgen.ErrClosed), "%s: Publish ended with %v", by, err)
		assert.Check(t, is.ErrorIs(<-received, loadgen.ErrClosed), by)
	}
}
