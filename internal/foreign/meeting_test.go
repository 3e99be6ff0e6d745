package foreign

import (
	"slices"
	"strings"
	"testing"

	"gotest.tools/v3/assert"
)

// Clients of all kinds meet in one room of ours, and hear the same.
func TestAllMeet(t *testing.T) {
	t.Parallel()
	s := ours(t)
	people := map[string]*script{
		"polling":         socketIO(t, s.url, []string{"polling"}, lobby(0)),
		"websocket":       socketIO(t, s.url, []string{"websocket"}, lobby(0)),
		"upgrade":         socketIO(t, s.url, []string{"polling", "websocket"}, lobby(0)),
		"ws":              webSocket(t, s, "lobby/ws?after=0", plainly),
		"ws with deflate": webSocket(t, s, "lobby/ws?after=0", compressed),
		"ws in batches":   webSocket(t, s, "lobby/ws?after=0&batch=true", plainly),
		"eventsource":     eventSource(t, s.url, "lobby/events?after=0"),
	}
	var want []string
	for name, p := range people {
		switch {
		case name == "eventsource": // speaks by REST
			p.await("open")
			s.post("lobby", name)
		case strings.HasPrefix(name, "ws"):
			p.await("open")
			p.tell("send", said(name))
		default:
			p.tell("say", map[string]any{"what": name})
		}
		want = append(want, name)
	}
	slices.Sort(want)
	var first []message
	for name, p := range people {
		var heard []message
		var got []string
		for range want {
			m := p.await("message").Message
			heard, got = append(heard, m), append(got, m.Text)
		}
		slices.Sort(got)
		assert.Check(t, slices.Equal(got, want), "%s heard %q, want %q", name, got, want)
		if first == nil {
			first = heard
		}
		assert.Check(t, slices.Equal(heard, first), "%s heard %+v, another %+v", name, heard, first)
	}
}
