package foreign

import (
	"encoding/base64"
	"encoding/json"
	"strings"
	"testing"

	"gotest.tools/v3/assert"
	is "gotest.tools/v3/assert/cmp"

	"github.com/pollpush/pollpush/internal/testkit"
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

// Compression is the server's to allow and the client's to ask for.
func TestWebSocketNegotiates(t *testing.T) {
	t.Parallel()
	with, without := ours(t), plain(t)
	for name, c := range map[string]struct {
		server     *chatserver
		options    map[string]any
		compresses bool
	}{
		"both":            {with, compressed, true},
		"only the server": {with, plainly, false},
		"only the client": {without, compressed, false},
		"neither":         {without, plainly, false},
		"without contexts": {with, map[string]any{"perMessageDeflate": map[string]any{
			"clientNoContextTakeover": true, "serverNoContextTakeover": true}}, true},
	} {
		t.Run(name, func(t *testing.T) {
			ada := webSocket(t, c.server, "lobby/ws", c.options)
			e := ada.await("open")
			assert.Check(t, (e.Extensions == "permessage-deflate") == c.compresses, "extensions %q", e.Extensions)
			ada.tell("send", said("hello"))
			assert.Check(t, is.Equal(ada.await("message").Message.Text, "hello"), "came")
		})
	}
}

// What is compressed is less on the wire.
func TestWebSocketCompresses(t *testing.T) {
	t.Parallel()
	text := strings.Repeat("all work and no play ", 190)
	sent := map[string]int{}
	for name, options := range map[string]map[string]any{"plain": plainly, "deflate": compressed} {
		s := ours(t)
		s.post("lobby", text)
		network := testkit.NewRelay(t, s.address())
		ada := webSocket(t, &chatserver{process: s.process, url: network.URL}, "lobby/ws?after=0", options)
		ada.awaitMessages(0, text)
		sent[name] = int(network.ToClients.Load())
	}
	assert.Check(t, sent["plain"] >= len(text) && sent["deflate"] <= len(text)/4, "a text of %d bytes took %v bytes", len(text), sent)
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

// A socket is closed with the code that says why, and no other with it.
func TestWebSocketCloseCodes(t *testing.T) {
	t.Parallel()
	encode := base64.StdEncoding.EncodeToString
	closes := map[string]struct {
		command string
		fields  map[string]any
		code    int
	}{
		"binary":          {"send", map[string]any{"bytes": encode([]byte{1, 2}), "binary": true}, 1003},
		"not UTF-8":       {"send", map[string]any{"bytes": encode([]byte{0xff, 0xfe})}, 1007},
		"too large":       {"send", said(strings.Repeat("x", 20_000)), 1009},
		"far too large":   {"send", said(strings.Repeat("x", 500_000)), 1009},
		"an endless part": {"send", map[string]any{"text": strings.Repeat("x", 20_000), "fin": false}, 1009},
		"without a mask":  {"send", map[string]any{"text": "{}", "mask": false}, 1002},
		"normal":          {"close", map[string]any{"code": 1000, "reason": "bye"}, 1000},
		"the client's":    {"close", map[string]any{"code": 4321, "reason": "enough"}, 4321},
		"without a code":  {"close", nil, 1005},
	}
	eachWay(t, func(t *testing.T, options map[string]any) {
		s := ours(t)
		bob := webSocket(t, s, "lobby/ws?after=0", options)
		bob.await("open")
		for name, c := range closes {
			t.Run(name, func(t *testing.T) {
				ada := webSocket(t, s, "lobby/ws", options)
				ada.await("open")
				ada.tell(c.command, c.fields)
				e := ada.await("close")
				assert.Check(t, e.Code == c.code, "closed with %d %q, want %d", e.Code, e.Reason, c.code)
			})
		}
		bob.tell("send", said("nobody else is closed"))
		bob.awaitMessages(0, "nobody else is closed")
		s.terminate()
		e := bob.await("close")
		assert.Check(t, e.Code == 1001, "at the server's end: closed with %d %q, want 1001", e.Code, e.Reason)
	})
}

func TestWebSocketRefusesHandshakes(t *testing.T) {
	t.Parallel()
	s := ours(t)
	for name, c := range map[string]struct {
		room    string
		options map[string]any
		status  int
	}{
		"bad room":       {"no%20room/ws", plainly, 400},
		"bad cursor":     {"lobby/ws?after=x", plainly, 400},
		"another origin": {"lobby/ws", map[string]any{"origin": "http://elsewhere.example"}, 403},
		"no such path":   {"lobby/wss", plainly, 404},
	} {
		t.Run(name, func(t *testing.T) {
			e := webSocket(t, s, c.room, c.options).await("unexpected")
			assert.Check(t, e.Status == c.status, "refused with %d, want %d", e.Status, c.status)
		})
	}
}

func TestWebSocketTellsOfTruncatedHistory(t *testing.T) {
	t.Parallel()
	eachWay(t, func(t *testing.T, options map[string]any) {
		s := ours(t, "--history", "3")
		s.post("lobby", numbered(7)...)
		ada := webSocket(t, s, "lobby/ws?after=2", options)
		ada.awaitTruncated()
		ada.awaitMessages(4, numbered(7)[4:]...)
	})
}
