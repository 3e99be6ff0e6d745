package server

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"gotest.tools/v3/assert"
	is "gotest.tools/v3/assert/cmp"

	"github.com/pollpush/pollpush/internal/chat"
	"github.com/pollpush/pollpush/internal/testkit"
)

// guestSocket is a Socket.IO client over WebSocket.
type guestSocket struct{ *testkit.Socket }

// openSocketIO opens a session; query is what follows the transport.
func (h *harness) openSocketIO(query string) *guestSocket {
	h.t.Helper()
	k := &guestSocket{testkit.Dial(h.t, h.dialer(), h.ws()+"/socket.io/?EIO=4&transport=websocket"+query, nil)}
	k.Pongs = true
	k.WantPrefix("0{")
	return k
}

// join opens a session that is in the chat.
func (h *harness) join(query string) *guestSocket {
	h.t.Helper()
	k := h.openSocketIO(query)
	k.Send("40")
	k.WantPrefix(`40{"sid":"`)
	return k
}

// message returns what a packet holds between prefix and "]".
func message(t testing.TB, packet, prefix string) chat.Message {
	t.Helper()
	var m chat.Message
	body, ok := strings.CutPrefix(packet, prefix)
	err := json.Unmarshal([]byte(strings.TrimSuffix(body, "]")), &m)
	assert.Assert(t, err == nil && ok, "got %.200q (%v), want %s{…}]", packet, err, prefix)
	return m
}

const chatEvent = `42["chat message",`

// wantEvents checks that the next packets are the messages first to last.
func (k *guestSocket) wantEvents(first, last int) {
	k.T.Helper()
	for id := first; id <= last; id++ {
		m := message(k.T, k.Next(), chatEvent)
		assert.Assert(k.T, m.ID == uint64(id), "got message %d, want %d", m.ID, id)
	}
}

// guestPoller is a Socket.IO client over polling.
type guestPoller struct {
	h    *harness
	path string
}

func (h *harness) joinPolling(query string) *guestPoller {
	h.t.Helper()
	k := &guestPoller{h, "/socket.io/?EIO=4&transport=polling" + query}
	_, after, _ := strings.Cut(h.do("GET", k.path, "").body, `"sid":"`)
	id, _, _ := strings.Cut(after, `"`)
	k.path += "&sid=" + id
	k.post("40")
	return k
}

func (k *guestPoller) post(packet string) {
	k.h.t.Helper()
	r := k.h.do("POST", k.path, packet)
	assert.Assert(k.h.t, r.status == 200 && r.body == "ok", "%.100q is answered by %d %.100q", packet, r.status, r.body)
}

func (k *guestPoller) poll() []string {
	k.h.t.Helper()
	r := k.h.do("GET", k.path, "")
	assert.Assert(k.h.t, r.status == 200, "a poll is answered by %d %.100q", r.status, r.body)
	return strings.Split(r.body, "\x1e")
}

func TestSocketIORefusesMessages(t *testing.T) {
	h := start(t, Config{})
	k := h.join("")
	tooLong := `"` + strings.Repeat("x", chat.MaxText+1) + `"`
	for _, bad := range []string{
		``, `,1`, `,null`, `,[]`, `,{}`, `,""`, `,"a","b"`, `,` + tooLong, `,"\ud800"`,
		`,{"user":"ada"}`, `,{"user":"","text":"x"}`, `,{"user":"ada","text":"x","to":"bob"}`, `,{"user":"ada","text":"x"},1`,
	} {
		var refused struct{ Error problem }
		k.Send(`425["chat message"` + bad + `]`)
		answer := k.Next()
		body, isAck := strings.CutPrefix(answer, "435[")
		if err := json.Unmarshal([]byte(strings.TrimSuffix(body, "]")), &refused); err != nil || !isAck || refused.Error.Status != 400 || refused.Error.Title == "" {
			t.Errorf("%.40s is acknowledged by %s", bad, answer)
		}
		var event []any
		k.Send(`42["chat message"` + bad + `]`)
		answer = k.Next()
		if err := json.Unmarshal([]byte(strings.TrimPrefix(answer, "42")), &event); err != nil || len(event) != 2 || event[0] != "error message" || event[1].(map[string]any)["title"] != refused.Error.Title {
			t.Errorf("%.40s is answered by %s", bad, answer)
		}
	}
	k.Send(`451-6["chat message",{"_placeholder":true,"num":0}]`)
	k.WriteMessage(websocket.BinaryMessage, []byte("x"))
	answer := k.Next()
	assert.Check(t, strings.HasPrefix(answer, `436[{"error":{"status":400,`), "an attachment is answered by %s", answer)
	k.Send(`42["chat message","good"]`)
	k.wantEvents(1, 1)
	h.await("messages posted", &h.tally.posted, 1)
}

func TestSocketIORefusesHandshakes(t *testing.T) {
	h := start(t, Config{})
	for _, query := range []string{"&room=a%20b", "&room=", "&room=a&room=b", "&after=x", "&after=1&after=2", "&user=a&user=b", "&room=" + strings.Repeat("x", 65), "&room=%zz"} {
		var refused struct {
			Message string
			Data    struct{ Status int }
		}
		k := h.openSocketIO(query)
		k.Send("40")
		answer := k.Next()
		err := json.Unmarshal([]byte(strings.TrimPrefix(answer, "44")), &refused)
		assert.Check(t, err == nil && refused.Message != "" && refused.Data.Status == 400, "%s is answered by %s", query, answer)
	}
	k := h.join("")
	k.Send("40/admin,")
	assert.Check(t, is.Equal(k.Next(), `44/admin,{"message":"Invalid namespace"}`), "another namespace")
}

// A client may have missed more than may wait for it: that makes it no slow
// reader. Meanwhile it may post.
func TestSocketIOResumeOfMoreThanTheBacklog(t *testing.T) {
	const posted, history = 3000, 2500
	h := start(t, Config{History: history, Backlog: 16 << 10})
	h.fill(posted, 1000)
	t.Run("WebSocket", func(t *testing.T) {
		k := h.join("&room=lobby&after=0")
		assert.Check(t, is.Equal(k.Next(), `42["truncated"]`), "first came")
		k.wantEvents(posted-history+1, posted)
		h.post("lobby", "and on")
		k.wantEvents(posted+1, posted+1)
	})
	t.Run("polling", func(t *testing.T) {
		k := h.joinPolling("&room=lobby&after=1000")
		next := uint64(1001)
		for next <= posted+1 {
			for _, packet := range k.poll() {
				if strings.HasPrefix(packet, "40") || packet == "2" {
					continue
				}
				m := message(t, packet, chatEvent)
				assert.Assert(t, m.ID == next, "got message %d, want %d", m.ID, next)
				next++
			}
		}
		h.post("lobby", "and on")
		message(t, k.poll()[0], chatEvent)
	})
	assert.Check(t, is.Equal(h.tally.SlowReaders.Load(), int64(0)), "slow readers")
}

// Whoever has left is delivered to no more.
func TestSocketIOLeaves(t *testing.T) {
	const round = 20 // more messages than a dispatcher may be behind
	h := start(t, Config{})
	stays := h.join("")
	posted := 0
	for name, leave := range map[string]func(k *guestSocket){
		"the namespace":  func(k *guestSocket) { k.Send("41") },
		"the session":    func(k *guestSocket) { k.Send("1") },
		"the connection": func(k *guestSocket) { k.NetConn().Close() },
	} {
		k := h.join("")
		h.post("chat", "to both")
		posted++
		k.wantEvents(posted, posted)
		stays.wantEvents(posted, posted)
		leave(k)
		deadline := time.Now().Add(patience)
		for before := h.tally.deliveries.Load(); ; before = h.tally.deliveries.Load() {
			for range round {
				h.post("chat", "to one")
				posted++
				stays.wantEvents(posted, posted)
			}
			if h.tally.deliveries.Load()-before == round {
				break
			}
			assert.Assert(t, !time.Now().After(deadline), "who has left %s is delivered to", name)
		}
	}
}

func TestSocketIOSlowReader(t *testing.T) {
	h := start(t, Config{Backlog: 64 << 10})
	slow, good := h.joinPolling("&room=lobby"), h.join("&room=lobby")
	slow.poll()
	posted := h.fillUntilSlow(func(id int) { good.wantEvents(id, id) })
	r := h.do("GET", slow.path, "")
	assert.Check(t, r.status == 400, "the slow reader's poll is answered by %d, want 400", r.status)
	h.post("lobby", "still there?")
	good.wantEvents(posted+1, posted+1)
}

func TestSocketIOEndsAtShutdown(t *testing.T) {
	h := start(t, Config{})
	k := h.join("")
	code := make(chan int)
	go func() { code <- closeCode(k.Conn) }()
	h.shutdown()
	assert.Check(t, is.Equal(<-code, websocket.CloseGoingAway), "closed with")
	h.await("connections", &h.tally.Open, 0)
}

func TestBatchIsEncodedOnceForSocketIO(t *testing.T) {
	b := &chat.Batch{Truncated: true}
	a, again := packets{b}, packets{b}
	assert.Check(t, &a.Frames()[0] == &again.Frames()[0] && &a.Payload()[0] == &again.Payload()[0], "it is encoded for each")
	assert.Check(t, is.Equal(string(a.Frames()), "\x81\x0f"+`42["truncated"]`), "frames")
	assert.Check(t, is.Equal(string(a.Payload()), `42["truncated"]`), "payload")
}
