package loadgen

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/gorilla/websocket"
	"gotest.tools/v3/assert"
)

// The largest page is 1,000 messages of 4,096 bytes, each byte an escape. It can
// come with its length, in chunks, as packets, in one frame, and in one event
// each.
func TestTheLargestAnswers(t *testing.T) {
	const count = 1000
	text := strings.Repeat(`\u0001`, 4096)
	var messages []string
	for i := range count {
		messages = append(messages, messageJSON(i+1, text))
	}
	body := `{"messages":[` + strings.Join(messages, ",") + `],"last":1000}`
	whole := func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", fmt.Sprint(len(body)))
		fmt.Fprint(w, body)
	}
	chunks := func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, body) }
	small := func(w http.ResponseWriter, r *http.Request) {
		for rest := body; len(rest) > 0; {
			n := min(4096, len(rest))
			fmt.Fprint(w, rest[:n])
			w.(http.Flusher).Flush()
			rest = rest[n:]
		}
	}
	events := func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		for i, m := range messages {
			fmt.Fprintf(w, "id: %d\ndata: %s\n\n", i+1, m)
		}
	}
	frame := func(w http.ResponseWriter, r *http.Request) {
		ws, err := (&websocket.Upgrader{EnableCompression: true}).Upgrade(w, r, nil)
		if err != nil {
			return
		}
		defer ws.Close()
		ws.WriteMessage(websocket.TextMessage, []byte(strings.Join(messages, "\n")))
		ws.ReadMessage()
	}
	for name, c := range map[string]struct {
		dial  Dialer
		serve http.HandlerFunc
	}{
		"a page":              {DialPoll, whole},
		"a page in chunks":    {DialPoll, chunks},
		"a page, many chunks": {DialPoll, small},
		"events":              {DialSSE, events},
		"a frame":             {DialWebSocket, frame},
		"a compressed frame":  {DialWebSocketDeflate, frame},
	} {
		t.Run(name, func(t *testing.T) {
			server := httptest.NewServer(c.serve)
			defer server.Close()
			client, err := c.dial(t.Context(), Target{URL: server.URL, Room: "lobby", Meter: &Meter{}})
			assert.NilError(t, err)
			defer client.Close()
			if p, ok := client.(Poller); ok {
				assert.NilError(t, p.Poll())
			}
			for got := 0; got < count; {
				ds, err := client.Receive()
				assert.NilError(t, err, "after %d messages", got)
				for i := range ds {
					if got++; ds[i].ID != uint64(got) || len(ds[i].Text) != len(text) {
						t.Fatalf("message %d is %d of %d bytes", got, ds[i].ID, len(ds[i].Text))
					}
				}
			}
		})
	}
}
