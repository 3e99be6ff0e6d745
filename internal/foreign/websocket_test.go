package foreign

import (
	"encoding/json"
	"strings"
	"testing"

	"gotest.tools/v3/assert"
	is "gotest.tools/v3/assert/cmp"
)

// webSocket connects npm's ws to a room, given with its query.
func webSocket(t *testing.T, s *chatserver, room string, options map[string]any) *script {
	t.Helper()
	text, err := json.Marshal(options)
	assert.NilError(t, err)
	return play(t, "websocket.mjs", "ws"+strings.TrimPrefix(s.url, "http")+"/api/rooms/"+room, string(text))
}

// plainly and compressed are how a client asks for its connection.
var (
	plainly    = map[string]any{"perMessageDeflate": false}
	compressed = map[string]any{"perMessageDeflate": map[string]any{"threshold": 0}}
)

// eachWay runs a test with a client that compresses, and one that does not.
func eachWay(t *testing.T, test func(t *testing.T, options map[string]any)) {
	t.Run("plain", func(t *testing.T) { test(t, plainly) })
	t.Run("deflate", func(t *testing.T) { test(t, compressed) })
}

func said(text string) map[string]any {
	body, err := json.Marshal(map[string]string{"user": "ada", "text": text})
	if err != nil {
		panic(err) // strings always encode
	}
	return map[string]any{"text": string(body)}
}

func TestWebSocketChats(t *testing.T) {
	t.Parallel()
	eachWay(t, func(t *testing.T, options map[string]any) {
		s := ours(t)
		s.post("lobby", "before")
		ada := webSocket(t, s, "lobby/ws?after=0", options)
		bob := webSocket(t, s, "lobby/ws", options) // from now on
		ada.await("open")
		bob.await("open")
		ada.tell("send", said("one"))
		assert.Check(t, is.Equal(ada.await("ack").Message.ID, uint64(2)), "acknowledged as")
		long := strings.Repeat("ä€😀\"\n", 300)
		ada.tell("send", said(long))
		bob.tell("send", map[string]any{"text": `{"user":"bob"}`})
		e := bob.await("refused").Error
		assert.Check(t, e.Status == 400 && e.Title != "", "refused with %+v, want 400 and why", e)
		bob.awaitMessages(1, "one", long)
		bob.tell("send", said("still here"))
		bob.awaitMessages(3, "still here")
		ada.awaitMessages(0, "before", "one", long, "still here")
	})
}

func TestWebSocketKeepsOrder(t *testing.T) {
	t.Parallel()
	const count = 2000
	eachWay(t, func(t *testing.T, options map[string]any) {
		s := ours(t, "--history", "5000")
		ada := webSocket(t, s, "lobby/ws?after=0", options)
		ada.await("open")
		bob := webSocket(t, s, "lobby/ws?after=0", plainly)
		for _, text := range numbered(count) {
			ada.tell("send", said(text))
		}
		ada.awaitMessages(0, numbered(count)...)
		bob.awaitMessages(0, numbered(count)...)
		carol := webSocket(t, s, "lobby/ws?after=10", options)
		carol.awaitMessages(10, numbered(count)[10:]...)
	})
}

func TestWebSocketBatches(t *testing.T) {
	t.Parallel()
	s := ours(t, "--batch", "20ms")
	ada := webSocket(t, s, "lobby/ws?after=0&batch=true", plainly)
	assert.Check(t, is.Equal(ada.await("handshake").Headers["batch-window"], "20ms"), "Batch-Window")
	ada.await("open")
	for _, text := range numbered(20) {
		ada.tell("send", said(text))
	}
	ada.awaitMessages(0, numbered(20)...)
	unasked := webSocket(t, s, "lobby/ws", plainly)
	window, ok := unasked.await("handshake").Headers["batch-window"]
	assert.Check(t, !ok, "unasked: Batch-Window: %q", window)
	never := webSocket(t, ours(t, "--batch", "0s"), "lobby/ws?batch=true", plainly)
	window, ok = never.await("handshake").Headers["batch-window"]
	assert.Check(t, !ok, "with --batch 0s: Batch-Window: %q", window)
}

func TestWebSocketControlFrames(t *testing.T) {
	t.Parallel()
	eachWay(t, func(t *testing.T, options map[string]any) {
		s := ours(t)
		ada := webSocket(t, s, "lobby/ws?after=0", options)
		ada.await("open")
		ada.tell("ping", map[string]any{"text": "are you there?"})
		assert.Check(t, is.Equal(ada.await("pong").Text, "are you there?"), "the pong says")
		// Pings may stand between the parts of a message.
		ada.tell("send", map[string]any{"text": `{"user":"ada",`, "fin": false})
		ada.tell("ping", map[string]any{"text": "still?"})
		ada.tell("send", map[string]any{"text": `"text":"in `, "fin": false})
		ada.tell("send", map[string]any{"text": `three parts"}`})
		assert.Check(t, is.Equal(ada.await("pong").Text, "still?"), "the pong says")
		ada.awaitMessages(0, "in three parts")
	})
}
