package engine

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/gorilla/websocket"
	"gotest.tools/v3/assert"
	is "gotest.tools/v3/assert/cmp"
)

func TestHandshakeOverPolling(t *testing.T) {
	h := start(t, Config{})
	got := h.do("GET", pollingQuery, nil)
	o := h.parse(got.body)
	want := opening{o.SID, []string{"websocket"}, 25000, 20000, 1000000}
	diff := cmp.Diff(want, o)
	assert.Check(t, diff == "" && got.status == 200, "%d; -want +got:\n%s", got.status, diff)
	c := got.header.Get("Content-Type")
	assert.Check(t, c == "text/plain; charset=UTF-8", "Content-Type %q", c)
	for name := range got.header {
		assert.Check(t, !strings.HasPrefix(name, "Access-Control-"), "other origins are told %s", name)
	}
	if r := <-h.opened; r.session.ID() != o.SID {
		t.Errorf("the handler has %q, the client %q", r.session.ID(), o.SID)
	}
}

func TestHandshakeOverWebSocket(t *testing.T) {
	h := start(t, Config{})
	o := h.parse(h.connect(socketQuery).Next())
	assert.Check(t, is.DeepEqual(o, opening{o.SID, []string{}, 25000, 20000, 1000000}))
}

func TestRefusals(t *testing.T) {
	h := start(t, Config{MayConnect: func(r *http.Request) bool { return r.URL.Query().Get("from") != "elsewhere" }})
	id, r := h.dialPolling()
	own := "&sid=" + id
	for _, c := range []struct {
		method, query string
		status        int
		body          string
	}{
		{"GET", "", 400, `{"code":0,"message":"Transport unknown"}`},
		{"GET", "EIO=4", 400, `{"code":0,"message":"Transport unknown"}`},
		{"GET", "EIO=4&transport=", 400, `{"code":0,"message":"Transport unknown"}`},
		{"GET", "EIO=4&transport=flashsocket", 400, `{"code":0,"message":"Transport unknown"}`},
		{"GET", "EIO=4&transport=webtransport", 400, `{"code":0,"message":"Transport unknown"}`},
		{"GET", "transport=polling", 400, `{"code":5,"message":"Unsupported protocol version"}`},
		{"GET", "EIO=3&transport=polling", 400, `{"code":5,"message":"Unsupported protocol version"}`},
		{"GET", "EIO=abc&transport=polling", 400, `{"code":5,"message":"Unsupported protocol version"}`},
		{"GET", "EIO=abc&transport=websocket", 400, `{"code":5,"message":"Unsupported protocol version"}`},
		{"GET", "EIO=3&transport=polling" + own, 400, `{"code":5,"message":"Unsupported protocol version"}`},
		{"GET", pollingQuery + "&sid=nobody", 400, bodyUnknown},
		{"POST", pollingQuery + "&sid=nobody", 400, bodyUnknown},
		{"GET", socketQuery + "&sid=nobody", 400, bodyUnknown},
		{"GET", pollingQuery + "&sid=%20", 400, bodyUnknown},
		{"POST", pollingQuery, 400, `{"code":2,"message":"Bad handshake method"}`},
		{"PUT", pollingQuery, 400, `{"code":2,"message":"Bad handshake method"}`},
		{"DELETE", pollingQuery, 400, `{"code":2,"message":"Bad handshake method"}`},
		{"POST", socketQuery, 400, `{"code":2,"message":"Bad handshake method"}`},
		{"GET", socketQuery, 400, bodyBad},
		{"GET", socketQuery + own, 400, bodyBad},
		{"PUT", pollingQuery + own, 400, bodyBad},
		{"DELETE", pollingQuery + own, 400, bodyBad},
		{"GET", pollingQuery + "&from=elsewhere", 403, `{"code":4,"message":"Forbidden"}`},
		{"GET", pollingQuery + own + "&from=elsewhere", 403, `{"code":4,"message":"Forbidden"}`},
		{"OPTIONS", pollingQuery, 204, ""},
	} {
		t.Run(c.method+" "+c.query, func(t *testing.T) {
			got := h.do(c.method, c.query, nil)
			got.want(t, c.status, c.body)
			if got.status != 204 && got.header.Get("Content-Type") != "application/json" {
				t.Errorf("Content-Type %q", got.header.Get("Content-Type"))
			}
		})
	}
	assert.Check(t, is.Equal(h.Sessions(), 1), "sessions")
	h.post(id, "4still there").want(t, 200, "ok") // none of it touched the session
	h.get(id).want(t, 200, "4still there")
	r.session.Close("over")
	r.wantGone(t, "over")
}

// A handshake that is a WebSocket's only nearly leaves no session behind.
func TestBrokenWebSocketHandshake(t *testing.T) {
	h := start(t, Config{})
	id, _ := h.dialPolling()
	for _, query := range []string{socketQuery, socketQuery + "&sid=" + id} {
		r, err := http.NewRequest("GET", h.url+"?"+query, nil)
		assert.NilError(t, err)
		r.Header = http.Header{"Connection": {"Upgrade"}, "Upgrade": {"websocket"}, "Sec-Websocket-Version": {"7"}}
		res, err := h.client.Do(r)
		assert.NilError(t, err)
		body, err := io.ReadAll(res.Body)
		assert.NilError(t, err)
		res.Body.Close()
		reply{res.StatusCode, res.Header, string(body)}.want(t, 400, bodyBad)
	}
	assert.Check(t, is.Equal(h.Sessions(), 1), "sessions")
	assert.Check(t, is.Equal(len(h.opened), 0), "sessions were opened by broken handshakes")
}

func TestTooManySessions(t *testing.T) {
	h := start(t, Config{MaxSessions: 2})
	k, r := h.dialSocket()
	h.dialPolling()
	_, res, err := websocket.DefaultDialer.Dial("ws"+strings.TrimPrefix(h.url, "http")+"?"+socketQuery, nil)
	assert.Check(t, err != nil && res.StatusCode == 503, "a third WebSocket: %v, want 503", err)
	got := h.do("GET", pollingQuery, nil)
	got.want(t, 503, `{"message":"No more sessions"}`)
	assert.Check(t, got.header.Get("Retry-After") != "", "no Retry-After")
	k.Close()
	r.wantGone(t, ReasonClose)
	h.dialPolling() // there is room again
}

// What Open sends comes after the handshake, and before anything else.
func TestOpenMaySend(t *testing.T) {
	for _, query := range []string{pollingQuery, socketQuery} {
		t.Run(query, func(t *testing.T) {
			var h *harness
			h = start(t, Config{Open: func(s *Session, r *http.Request) Handler {
				s.Send(Text([]byte("hello"), []byte(r.URL.Query().Get("name"))))
				s.Send(Binary([]byte{1, 2, 3, 4}))
				return h.open(s, r)
			}})
			if query == socketQuery {
				k := h.connect(query + "&name=ada")
				h.parse(k.Next())
				k.Want("4hello", "4ada", "binary:\x01\x02\x03\x04")
				return
			}
			id := h.parse(h.do("GET", query+"&name=ada", nil).body).SID
			h.get(id).want(t, 200, "4hello\x1e4ada\x1ebAQIDBA==")
		})
	}
}

func TestOpenMayClose(t *testing.T) {
	var h *harness
	h = start(t, Config{Open: func(s *Session, r *http.Request) Handler {
		s.Send(Text([]byte("no")))
		s.Close("unwelcome")
		return h.open(s, r)
	}})
	id, r := h.dialPolling()
	r.wantGone(t, "unwelcome")
	h.get(id).want(t, 200, "4no\x1e1")
	h.get(id).want(t, 400, bodyUnknown)

	k, r := h.dialSocket()
	r.wantGone(t, "unwelcome")
	k.Want("4no")
	k.wantClosed(websocket.CloseNormalClosure)
}
