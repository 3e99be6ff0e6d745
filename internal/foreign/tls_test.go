package foreign

import (
	"encoding/json"
	"maps"
	"strings"
	"testing"

	"gotest.tools/v3/assert"
)

// What OpenSSL, by curl and by Node, makes of our TLS.

// Node asks for session tickets, which our own clients do not.
func TestNodeByTLS(t *testing.T) {
	t.Parallel()
	needNode(t)
	s := ours(t, "--tls")
	options := map[string]any{"ca": s.certificate}
	maps.Copy(options, compressed)
	ada := webSocket(t, s, "lobby/ws", options)
	ada.await("open")
	text, err := json.Marshal(map[string]any{"ca": s.certificate, "query": lobby(0)})
	assert.NilError(t, err)
	bob := play(t, "socketio.mjs", s.url, string(text)) // polls, and then upgrades
	bob.await("connect")
	bob.await("upgrade")
	long := strings.Repeat("ä€😀", 300)
	ada.tell("send", said("one"))
	ada.tell("send", said(long))
	ada.awaitMessages(0, "one", long)
	for i, want := range []string{"one", long} {
		m := bob.await("message").Message
		assert.Check(t, m.Text == want && m.ID == uint64(i+1), "message %d is %+v", i+1, m)
	}
	ada.tell("close", map[string]any{"code": 1000, "reason": "bye"})
	e := ada.await("close")
	assert.Check(t, e.Code == 1000, "closed with %d", e.Code)
	s.terminate()
	e = bob.await("disconnect")
	assert.Check(t, e.Reason != "", "disconnected by %+v", e)
}
