package loadgen

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"gotest.tools/v3/assert"
	is "gotest.tools/v3/assert/cmp"
)

// serveBytes answers one request on one connection with these bytes, and then
// closes it.
func serveBytes(t *testing.T, answer string) (url string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	assert.NilError(t, err)
	served := make(chan struct{})
	go func() {
		defer close(served)
		conn, err := l.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		var request []byte
		for b := make([]byte, 4096); !strings.HasSuffix(string(request), "\r\n\r\n"); {
			n, err := conn.Read(b)
			if err != nil {
				return
			}
			request = append(request, b[:n]...)
		}
		io.WriteString(conn, answer)
	}()
	t.Cleanup(func() { l.Close(); <-served })
	return "http://" + l.Addr().String()
}

// chunked frames a body in chunks of n bytes.
func chunked(body string, n int) string {
	var b strings.Builder
	for len(body) > 0 {
		piece := body[:min(n, len(body))]
		fmt.Fprintf(&b, "%x\r\n%s\r\n", len(piece), piece)
		body = body[len(piece):]
	}
	return b.String()
}

// event is a message as an event.
func event(id int) string {
	return fmt.Sprintf("id: %d\nevent: message\ndata: %s\n\n", id, messageJSON(id, fmt.Sprint("text ", id)))
}

func TestSSE(t *testing.T) {
	const (
		head   = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
		chunks = head + "Transfer-Encoding: chunked\r\n\r\n"
		last   = "0\r\n\r\n"
	)
	three := event(1) + ": \n\n" + event(2) + event(3)
	long := three
	for i := 4; len(long) < 3*bufferSize; i++ {
		long += event(i)
	}
	for name, c := range map[string]struct {
		answer string
		last   int // the messages from 1 to this one are received
		err    error
	}{
		"a chunk":          {chunks + chunked(three, 1000) + last, 3, errEnded},
		"chunks of a byte": {chunks + chunked(three, 1) + last, 3, errEnded},
		"chunks of seven":  {chunks + chunked(three, 7) + last, 3, errEnded},
		"many of them":     {chunks + chunked(long, 100) + last, strings.Count(long, "id: "), errEnded},
		"a very large one": {chunks + chunked(long, 1<<20) + last, strings.Count(long, "id: "), errEnded},
		"extension":        {chunks + "1;x=y\r\n:\r\n" + chunked("\n"+three, 50) + "0;a\r\nX-Sum: 1\r\n\r\n", 3, errEnded},
		"no last chunk":    {chunks + chunked(three, 9), 3, io.EOF},
		"a broken chunk":   {chunks + chunked(three, 100) + "5\r\n: too long\r\n\r\n", 3, errMalformed},
		"no chunk":         {chunks + strings.ReplaceAll(three, "\n", "\r\n"), 0, errMalformed},
		"until the end":    {head + "\r\n" + three, 3, errEnded},
		"a length":         {head + fmt.Sprintf("Content-Length: %d\r\n\r\n", len(three)) + three, 3, errEnded},
		"parameters":       {"HTTP/1.1 200 OK\r\ncontent-type: Text/Event-Stream ; charset=utf-8\r\n\r\n" + three, 3, errEnded},
		"CRLF":             {chunks + chunked(strings.ReplaceAll(three, "\n", "\r\n"), 3) + last, 3, errEnded},
		"CR":               {chunks + chunked(strings.ReplaceAll(three, "\n", "\r"), 3) + last, 3, errEnded},
		"byte order mark":  {head + "\r\n\uFEFF" + three, 3, errEnded},
		"truncated":        {head + "\r\nevent: truncated\ndata: {\"truncated\":true}\n\n" + three, 3, errEnded},
		"foreign events":   {head + "\r\nevent: weather\ndata: rain\n\nretry: 1\n\nfoo: bar\n\n" + three, 3, errEnded},
		"type left out":    {head + "\r\n" + strings.ReplaceAll(three, "event: message\n", ""), 3, errEnded},
		"cut off":          {head + "\r\n" + three + strings.TrimSuffix(event(4), "\n"), 3, io.EOF},
		"cut off, chunked": {chunks + chunked(three+"id: 4\n", 100) + last, 3, io.EOF},
		"a comment cut":    {chunks + chunked(three+": keep", 100) + last, 3, errEnded},
		"nothing":          {head + "\r\n", 0, errEnded},
		"no message":       {head + "\r\n" + three + "data: {}\n\n" + event(4), 3, errMalformed},
		"two in one":       {head + "\r\n" + three + "data: " + messageJSON(4, "a") + "\ndata: " + messageJSON(5, "b") + "\n\n", 3, errMalformed},
		"an endless event": {head + "\r\n" + three + "data: " + strings.Repeat("x", 2*maxEvent), 3, errMalformed},
	} {
		t.Run(name, func(t *testing.T) {
			m := &Meter{}
			client, err := DialSSE(t.Context(), Target{URL: serveBytes(t, c.answer), Room: "lobby", Meter: m})
			assert.NilError(t, err)
			defer client.Close()
			n := m.read()
			assert.Check(t, n.requests == 1 && n.byStatus[200] == 1, "dialled, and counted %+v", n)
			next := 1
			for {
				ds, err := client.Receive()
				if err != nil {
					assert.Check(t, errors.Is(err, c.err), "ended with %v, want %v", err, c.err)
					_, again := client.Receive()
					assert.Check(t, again == err, "and then with %v", again)
					break
				}
				assert.Assert(t, len(ds) != 0, "received nothing")
				ids := []uint64{}
				for range ds {
					ids = append(ids, uint64(next))
					next++
				}
				got := idsOf(t, ds)
				assert.Assert(t, got == fmt.Sprint(ids), "received %s, want %v", got, ids)
			}
			assert.Check(t, next == c.last+1, "received %d messages, want %d", next-1, c.last)
			if n := m.read(); n.requests != 1 || n.byStatus[200] != 1 || n.unanswered != 0 || c.err != errMalformed && n.bytes.In != int64(len(c.answer)) {
				t.Errorf("counted %+v of %d bytes", n, len(c.answer))
			}
		})
	}
}

func TestSSEAsks(t *testing.T) {
	for _, c := range []struct {
		after  uint64
		lastID []string
	}{{0, nil}, {43, []string{"43"}}} {
		asked := make(chan *http.Request, 1)
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			asked <- r
			w.Header().Set("Content-Type", "text/event-stream")
			w.(http.Flusher).Flush()
			<-r.Context().Done()
		}))
		t.Cleanup(server.Close)
		client, err := DialSSE(t.Context(), Target{URL: server.URL, Room: "lobby", After: c.after, Meter: &Meter{}})
		assert.NilError(t, err)
		r := <-asked
		want := fmt.Sprintf("GET /api/rooms/lobby/events?after=%d [text/event-stream] %v", c.after, c.lastID)
		assert.Check(t, is.Equal(fmt.Sprint(r.Method, " ", r.URL, " ", r.Header["Accept"], " ", r.Header["Last-Event-Id"]), want), "asked by")
		ended := background(client)
		client.Close()
		err = <-ended
		assert.Check(t, err != nil, "Receive outlived Close")
	}
}

func TestSSEIsRefused(t *testing.T) {
	for name, c := range map[string]struct {
		answer string
		status int // 0 for a malformed answer
		text   string
	}{
		"not found":       {"HTTP/1.1 404 Not Found\r\nContent-Length: 4\r\n\r\ngone", 404, "gone"},
		"in chunks":       {"HTTP/1.1 503 Busy\r\nTransfer-Encoding: chunked\r\n\r\n4\r\ngone\r\n0\r\n\r\n", 503, "gone"},
		"no more":         {"HTTP/1.1 204 No Content\r\n\r\n", 204, ""},
		"another type":    {"HTTP/1.1 200 OK\r\nContent-Type: text/event-streams\r\n\r\ngone", 0, ""},
		"no type":         {"HTTP/1.1 200 OK\r\n\r\ngone", 0, ""},
		"no HTTP":         {"gone\r\n\r\n", 0, ""},
		"a strange chunk": {"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n", 0, ""},
	} {
		t.Run(name, func(t *testing.T) {
			m := &Meter{}
			client, err := DialSSE(t.Context(), Target{URL: serveBytes(t, c.answer), Room: "lobby", Meter: m})
			if err == nil {
				client.Close()
			}
			n := m.read()
			if c.status > 0 {
				refusedWith(t, err, c.status, c.text)
				assert.Check(t, n.byStatus[c.status] == 1 && n.unanswered == 0, "counted %+v", n)
			} else if !errors.Is(err, errMalformed) {
				t.Errorf("got %v, want a malformed answer", err)
			}
			assert.Check(t, n.held == 0, "%d connections are left", n.held)
		})
	}
}
