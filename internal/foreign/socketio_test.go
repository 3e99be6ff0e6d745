package foreign

import (
	"encoding/base64"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
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

// What is refused is answered, what the chat does not know is ignored, and
// nobody is disconnected by it.
func TestSocketIORefuses(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 5000)
	refused := map[string]map[string]any{
		"a long text":              {"what": map[string]string{"user": "ada", "text": long}},
		"a long string":            {"what": long},
		"an empty string":          {"what": ""},
		"no text":                  {"what": map[string]string{"user": "ada"}},
		"a text that is a number":  {"what": map[string]any{"user": "ada", "text": 1}},
		"a member too many":        {"what": map[string]string{"user": "ada", "text": "hi", "room": "other"}},
		"a number":                 {"what": 42},
		"null":                     {"what": nil},
		"a list":                   {"what": []string{"ada", "hi"}},
		"bytes":                    {"bytes": base64.StdEncoding.EncodeToString([]byte{1, 2, 3})},
		"half of a surrogate pair": {"what": json.RawMessage(`"\ud800"`)},
	}
	onBoth(t, func(t *testing.T, start func(*testing.T, ...string) *chatserver) {
		byEach(t, func(t *testing.T, transports []string) {
			s := start(t)
			ada := socketIO(t, s.url, transports, lobby(0))
			bob := socketIO(t, s.url, transports, lobby(0))
			bob.await("connect")
			for name, say := range refused {
				ada.tell("say", say)
				e := ada.await("ack").Error
				assert.Check(t, e.Status == 400 && e.Title != "", "%s: the callback got %+v, want a refusal with 400", name, e)
				plain := maps.Clone(say)
				plain["plain"] = true
				ada.tell("say", plain)
				e = ada.await("refused").Error
				assert.Check(t, e.Status == 400 && e.Title != "", "%s: as an event came %+v, want a refusal with 400", name, e)
			}
			ada.tell("emit", map[string]any{"name": "image", "bytes": base64.StdEncoding.EncodeToString(make([]byte, 10_000))})
			ada.tell("say", map[string]any{"what": "still here"})
			for _, each := range []*script{ada, bob} {
				each.awaitMessages(0, "still here")
			}
		})
	})
}

func TestSocketIORefusesToConnect(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, start func(*testing.T, ...string) *chatserver) {
		s := start(t)
		for _, transport := range []string{"polling", "websocket"} {
			e := socketIO(t, s.url, []string{transport}, map[string]any{"room": "lobby", "after": "x"}).await("connect_error")
			assert.Check(t, e.Status == 400 && e.Reason != "", "a bad cursor by %s: %+v, want a reason and 400", transport, e)
		}
		e := socketIO(t, s.url+"/other", []string{"websocket"}, map[string]any{}).await("connect_error")
		assert.Check(t, e.Reason == "Invalid namespace", "another namespace: %+v", e)
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

// A server that was started again knows nothing of the rooms before, nor of
// sessions; clients come back to it all the same.
func TestSocketIOSurvivesARestart(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, start func(*testing.T, ...string) *chatserver) {
		byEach(t, func(t *testing.T, transports []string) {
			s := start(t)
			network := testkit.NewRelay(t, s.address())
			ada := socketIO(t, network.URL, transports, lobby(0))
			s.post("lobby", "one", "two")
			ada.awaitMessages(0, "one", "two")
			ada.await("connect")

			ada.endures = true
			s.terminate()
			ada.await("disconnect")
			network.Cut()
			again := start(t)
			network.Lead(again.address())
			ada.await("connect")
			again.post("lobby", "a new one")
			ada.awaitMessages(0, "a new one")
		})
	})
}

func TestSocketIOTellsOfTruncatedHistory(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, start func(*testing.T, ...string) *chatserver) {
		byEach(t, func(t *testing.T, transports []string) {
			s := start(t, "--history", "3")
			s.post("lobby", numbered(7)...)
			ada := socketIO(t, s.url, transports, lobby(2))
			ada.awaitTruncated()
			ada.awaitMessages(4, numbered(7)[4:]...)
			reached := socketIO(t, s.url, transports, lobby(4))
			reached.awaitMessages(4, numbered(7)[4:]...)
			for _, e := range reached.early {
				assert.Check(t, e.Event != "truncated", "truncated, though history reaches back to the cursor")
			}
		})
	})
}

// Binary travels as base64 in text; a POST of another kind ends the session.
func TestSocketIORefusesBinaryPosts(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, start func(*testing.T, ...string) *chatserver) {
		path := start(t).url + "/socket.io/?EIO=4&transport=polling"
		ask := func(method, url, kind, body string) (int, string) {
			request, err := http.NewRequest(method, url, strings.NewReader(body))
			assert.NilError(t, err)
			request.Header.Set("Content-Type", kind)
			answer, err := http.DefaultClient.Do(request)
			assert.NilError(t, err)
			defer answer.Body.Close()
			text, _ := io.ReadAll(answer.Body)
			return answer.StatusCode, string(text)
		}
		_, opened := ask("GET", path, "", "")
		var open struct{ SID string }
		assert.NilError(t, json.Unmarshal([]byte(strings.TrimPrefix(opened, "0")), &open), "%q", opened)
		session := path + "&sid=" + url.QueryEscape(open.SID)
		status, text := ask("POST", session, "text/plain;charset=UTF-8", "40")
		assert.Check(t, status == 200, "text: %d with %q", status, text)
		status, text = ask("POST", session, "application/octet-stream", `42["chat message","hello"]`)
		assert.Check(t, status == 400, "binary: %d with %q, want 400", status, text)
		status, text = ask("GET", session, "", "")
		assert.Check(t, status == 400, "afterwards: %d with %q, want 400", status, text)
	})
}
