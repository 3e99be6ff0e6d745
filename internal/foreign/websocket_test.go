package foreign

import (
	"encoding/base64"
	"encoding/json"
	"strings"
	"testing"

	"gotest.tools/v3/assert"
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
		if id := ada.await("ack").Message.ID; id != 2 {
			t.Errorf("acknowledged as %d, want 2", id)
		}
		long := strings.Repeat("ä€😀\"\n", 300)
		ada.tell("send", said(long))
		bob.tell("send", map[string]any{"text": `{"user":"bob"}`})
		if e := bob.await("refused").Error; e.Status != 400 || e.Title == "" {
			t.Errorf("refused with %+v, want 400 and why", e)
		}
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
			if e := ada.await("open"); (e.Extensions == "permessage-deflate") != c.compresses {
				t.Errorf("extensions %q", e.Extensions)
			}
			ada.tell("send", said("hello"))
			if text := ada.await("message").Message.Text; text != "hello" {
				t.Errorf("came %q", text)
			}
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
		network := passOn(t, s)
		ada := webSocket(t, &chatserver{process: s.process, url: network.url}, "lobby/ws?after=0", options)
		ada.awaitMessages(0, text)
		sent[name] = int(network.toClients.Load())
	}
	assert.Check(t, sent["plain"] >= len(text) && sent["deflate"] <= len(text)/4, "a text of %d bytes took %v bytes", len(text), sent)
}

func TestWebSocketBatches(t *testing.T) {
	t.Parallel()
	s := ours(t, "--batch", "20ms")
	ada := webSocket(t, s, "lobby/ws?after=0&batch=true", plainly)
	if window := ada.await("handshake").Headers["batch-window"]; window != "20ms" {
		t.Errorf("Batch-Window: %q, want 20ms", window)
	}
	ada.await("open")
	for _, text := range numbered(20) {
		ada.tell("send", said(text))
	}
	ada.awaitMessages(0, numbered(20)...)
	unasked := webSocket(t, s, "lobby/ws", plainly)
	if window, ok := unasked.await("handshake").Headers["batch-window"]; ok {
		t.Errorf("unasked: Batch-Window: %q", window)
	}
	never := webSocket(t, ours(t, "--batch", "0s"), "lobby/ws?batch=true", plainly)
	if window, ok := never.await("handshake").Headers["batch-window"]; ok {
		t.Errorf("with --batch 0s: Batch-Window: %q", window)
	}
}

func TestWebSocketControlFrames(t *testing.T) {
	t.Parallel()
	eachWay(t, func(t *testing.T, options map[string]any) {
		s := ours(t)
		ada := webSocket(t, s, "lobby/ws?after=0", options)
		ada.await("open")
		ada.tell("ping", map[string]any{"text": "are you there?"})
		if text := ada.await("pong").Text; text != "are you there?" {
			t.Errorf("the pong says %q", text)
		}
		// Pings may stand between the parts of a message.
		ada.tell("send", map[string]any{"text": `{"user":"ada",`, "fin": false})
		ada.tell("ping", map[string]any{"text": "still?"})
		ada.tell("send", map[string]any{"text": `"text":"in `, "fin": false})
		ada.tell("send", map[string]any{"text": `three parts"}`})
		if text := ada.await("pong").Text; text != "still?" {
			t.Errorf("the pong says %q", text)
		}
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
				if e := ada.await("close"); e.Code != c.code {
					t.Errorf("closed with %d %q, want %d", e.Code, e.Reason, c.code)
				}
			})
		}
		bob.tell("send", said("nobody else is closed"))
		bob.awaitMessages(0, "nobody else is closed")
		s.terminate()
		if e := bob.await("close"); e.Code != 1001 {
			t.Errorf("at the server's end: closed with %d %q, want 1001", e.Code, e.Reason)
		}
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
			if e := webSocket(t, s, c.room, c.options).await("unexpected"); e.Status != c.status {
				t.Errorf("refused with %d, want %d", e.Status, c.status)
			}
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
