package contract

import (
	"bytes"
	"encoding/json"
	"fmt"
	"mime"
	"net/http"
	"strings"
	"time"
)

// answer is an HTTP answer.
type answer struct {
	question
	status int
	header http.Header
	body   []byte
	reused bool // the connection
	framed bool // the answer marks the body's end, not the connection's
	took   time.Duration
}

// is wants a status of the answer.
func (a *answer) is(status int) {
	if a.status != status {
		a.fail(a.gist(), fmt.Sprintf("answer %d", status))
	}
}

// gist is the status, and where a redirect points to or else the body. The check
// follows no redirect, as the load follows none.
func (a *answer) gist() string {
	if to := a.header.Get("Location"); to != "" && a.status/100 == 3 {
		return fmt.Sprintf("%d, a redirect to %s, which is not followed", a.status, quote(to))
	}
	return fmt.Sprintf("%d with %s", a.status, quote(string(a.body)))
}

// offered ends the point where the answer refuses the path.
func (a *answer) offered() {
	if refuses(a.status) {
		a.absent(fmt.Sprintf("%s got %d", a.asked, a.status))
	}
}

// media is the answer's content type without parameters.
func (a *answer) media() string {
	kind, _, _ := mime.ParseMediaType(a.header.Get("Content-Type"))
	return kind
}

func (a *answer) isMedia(want string) {
	if a.media() != want {
		a.fail("Content-Type "+quote(a.header.Get("Content-Type")), "answer with Content-Type: "+want)
	}
}

// message is a message of the chat. User and At may be missing: only the points
// that are about them mind.
type message struct {
	ID   uint64 `json:"id"`
	Room string `json:"room"`
	User string `json:"user"`
	Text string `json:"text"`
	At   int64  `json:"at"`
}

// parseMessage reads a message object.
func parseMessage(b []byte) (message, string) {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(b, &members); err != nil || members == nil {
		return message{}, "not a JSON object: " + quote(string(b))
	}
	for _, name := range []string{"id", "room", "text"} {
		if members[name] == nil {
			return message{}, fmt.Sprintf("no %q in %s", name, quote(string(b)))
		}
	}
	var m message
	if err := json.Unmarshal(b, &m); err != nil {
		return m, quote(err.Error()) + " in " + quote(string(b))
	}
	if m.ID == 0 {
		return m, "id 0 in " + quote(string(b))
	}
	return m, ""
}

// parsed reads a message object, and fails where it is none.
func (q question) parsed(b []byte, remedy string) message {
	m, wrong := parseMessage(b)
	if wrong != "" {
		q.fail(wrong, remedy)
	}
	return m
}

const messageRemedy = `a message is {"id":1,"room":"lobby","user":"ada","text":"hello","at":1763850000123}`

// page is the answer to a poll.
type page struct {
	*answer
	messages  []message
	last      uint64
	truncated bool
}

// page reads the answer as a page of messages.
func (a *answer) page() page {
	var raw struct {
		Messages  *[]json.RawMessage
		Last      *uint64
		Truncated bool
	}
	if a.status != http.StatusOK || json.Unmarshal(a.body, &raw) != nil || raw.Messages == nil || raw.Last == nil {
		a.fail(a.gist(), `answer 200 with {"messages":[…],"last":43}`)
	}
	p := page{answer: a, last: *raw.Last, truncated: raw.Truncated}
	for _, one := range *raw.Messages {
		p.messages = append(p.messages, a.parsed(one, messageRemedy))
	}
	return p
}

// poll asks for a page.
func (v *visit) poll(room, query string, header ...string) page {
	return v.get(v.messages(room, query), header...).page()
}

// posted is the answer to a message, which holds it.
type posted struct {
	*answer
	message
}

// post posts a message.
func (v *visit) post(room, user, text string) posted {
	a := v.send(room, body(user, text))
	a.is(http.StatusCreated)
	return posted{a, a.parsed(a.body, "answer 201 with the message; "+messageRemedy)}
}

// say posts texts in a room, one after the other. Of the answers it minds the
// status only.
func (v *visit) say(room string, texts ...string) {
	for _, text := range texts {
		v.send(room, body("ada", text)).is(http.StatusCreated)
	}
}

// send posts a body that may be refused.
func (v *visit) send(room, body string) *answer {
	return v.sendAs("application/json", room, body)
}

func (v *visit) sendAs(media, room, body string) *answer {
	a := v.do(http.MethodPost, v.messages(room, ""), body, "Content-Type", media)
	a.offered()
	return a
}

// body is a message to post, as JSON.
func body(user, text string) string {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(struct {
		User string `json:"user"`
		Text string `json:"text"`
	}{user, text}); err != nil {
		panic(err) // strings always encode
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// texts lists messages as "id text".
func texts(messages []message) string {
	var list []string
	for _, m := range messages {
		list = append(list, fmt.Sprintf("%d %s", m.ID, quote(m.Text)))
	}
	return "[" + strings.Join(list, ", ") + "]"
}

// isTexts wants these texts of a page, with the ids from first on.
func (p page) isTexts(first uint64, want ...string) {
	if wrong := wrongTexts(p.messages, first, want); wrong != "" {
		p.fail(wrong, "return the messages after the cursor, oldest first")
	}
}

// wrongTexts says what is wrong where messages are not these, with ids from
// first on.
func wrongTexts(got []message, first uint64, want []string) string {
	var wanted []message
	for i, text := range want {
		wanted = append(wanted, message{ID: first + uint64(i), Text: text})
	}
	if g, w := texts(got), texts(wanted); g != w {
		return fmt.Sprintf("messages %s instead of %s", g, w)
	}
	return ""
}
