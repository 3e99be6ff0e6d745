package foreign

import (
	"encoding/json"
	"slices"
	"testing"

	"gotest.tools/v3/assert"

	"github.com/pollpush/pollpush/internal/testkit"
)

// byEach runs a test with each way in which the official client connects.
func byEach(t *testing.T, test func(t *testing.T, transports []string)) {
	t.Run("polling", func(t *testing.T) { test(t, []string{"polling"}) })
	t.Run("websocket", func(t *testing.T) { test(t, []string{"websocket"}) })
	t.Run("upgrade", func(t *testing.T) { test(t, []string{"polling", "websocket"}) })
}

// socketIO connects the official client with this query in its handshake.
func socketIO(t *testing.T, url string, transports []string, query map[string]any) *script {
	t.Helper()
	options, err := json.Marshal(map[string]any{"transports": transports, "query": query})
	assert.NilError(t, err)
	return play(t, "socketio.mjs", url, string(options))
}

func lobby(after int) map[string]any { return map[string]any{"room": "lobby", "after": after} }

func TestSocketIOChats(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, start func(*testing.T, ...string) *chatserver) {
		byEach(t, func(t *testing.T, transports []string) {
			s := start(t)
			ada := socketIO(t, s.url, transports, map[string]any{"room": "lobby", "user": "ada"})
			bob := socketIO(t, s.url, transports, map[string]any{"room": "lobby"})
			carol := socketIO(t, s.url, transports, map[string]any{}) // in the room "chat"
			for _, each := range []*script{ada, bob, carol} {
				each.await("connect")
				if len(transports) > 1 {
					e := each.await("upgrade")
					assert.Check(t, e.Transport == "websocket", "upgraded to %q", e.Transport)
				}
			}
			ada.tell("say", map[string]any{"what": map[string]string{"user": "Ada L.", "text": "an object: ä€😀\u2028\n\"<3\""}})
			ada.tell("say", map[string]any{"what": "a string"})
			bob.tell("say", map[string]any{"what": "without a name"})
			acknowledged := []message{ada.await("ack").Message, ada.await("ack").Message, bob.await("ack").Message}
			s.post("lobby", "by REST")
			carol.tell("say", map[string]any{"what": "elsewhere", "plain": true})

			// Who spoke first, bob's one or ada's, is not told.
			var got [][]message
			for _, each := range []*script{ada, bob} {
				var heard []message
				for i := range 4 {
					m := each.await("message").Message
					assert.Check(t, m.ID == uint64(i+1) && m.Room == "lobby" && m.At != 0, "as number %d came %+v", i+1, m)
					heard = append(heard, m)
				}
				got = append(got, heard)
			}
			for _, m := range acknowledged {
				assert.Check(t, slices.Contains(got[0], m), "acknowledged %+v, heard %+v", m, got[0])
			}
			said := map[string]string{} // by text, who
			for i, m := range got[0] {
				said[m.Text] = m.User
				assert.Check(t, m == got[1][i], "one got %+v, the other %+v", m, got[1][i])
			}
			for text, user := range map[string]string{
				"an object: ä€😀\u2028\n\"<3\"": "Ada L.", "a string": "ada", "without a name": "anonymous", "by REST": "rest",
			} {
				assert.Check(t, said[text] == user, "%q was said by %q, want %q", text, said[text], user)
			}
			m := carol.await("message").Message
			assert.Check(t, m.Room == "chat" && m.Text == "elsewhere" && m.ID == 1, "in the room of those who name none came %+v", m)
		})
	})
}

// All is received once and in order, however it is said and heard, and while
// connections are being upgraded.
func TestSocketIOKeepsOrder(t *testing.T) {
	t.Parallel()
	const count = 2000
	onBoth(t, func(t *testing.T, start func(*testing.T, ...string) *chatserver) {
		byEach(t, func(t *testing.T, transports []string) {
			s := start(t, "--history", "5000")
			ada := socketIO(t, s.url, transports, lobby(0))
			ada.await("connect")
			var listeners []*script
			for _, way := range [][]string{{"polling"}, {"websocket"}, {"polling", "websocket"}} {
				listeners = append(listeners, socketIO(t, s.url, way, lobby(0)))
			}
			ada.tell("flood", map[string]any{"count": count})
			ada.await("flooded")
			for _, each := range append(listeners, ada) {
				each.awaitMessages(0, numbered(count)...)
			}
		})
	})
}

// A client whose connection is lost comes back with its cursor and has missed
// nothing, and nothing twice.
func TestSocketIOResumes(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, start func(*testing.T, ...string) *chatserver) {
		byEach(t, func(t *testing.T, transports []string) {
			s := start(t)
			network := testkit.NewRelay(t, s.address())
			ada := socketIO(t, network.URL, transports, lobby(0))
			s.post("lobby", "one", "two")
			ada.awaitMessages(0, "one", "two")

			ada.endures = true
			network.Cut()
			ada.await("disconnect")
			s.post("lobby", "three", "four")
			network.Lead(s.address())
			ada.awaitMessages(2, "three", "four")

			ada.tell("cut", nil) // by the client itself
			ada.await("disconnect")
			s.post("lobby", "five")
			ada.awaitMessages(4, "five")
			ada.tell("say", map[string]any{"what": "six"})
			ada.awaitMessages(5, "six")
		})
	})
}
