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
	asked  string
	status int
	header http.Header
	body   []byte
	reused bool // the connection
	framed bool // the answer marks the body's end, not the connection's
	took   time.Duration
}

// fault says what is wrong with an answer.
func (a *answer) fault(found, remedy string) *Fault { return &Fault{a.asked, found, remedy} }

// is says that the answer has a status.
func (a *answer) is(status int) error {
	if a.status == status {
		return nil
	}
	return a.fault(a.gist(), fmt.Sprintf("answer %d", status))
}

// gist is the status, and where a redirect points to or else the body. The check
// follows no redirect, as the load follows none.
func (a *answer) gist() string {
	if to := a.header.Get("Location"); to != "" && a.status/100 == 3 {
		return fmt.Sprintf("%d, a redirect to %s, which is not followed", a.status, quote(to))
	}
	return fmt.Sprintf("%d with %s", a.status, quote(string(a.body)))
}

// offered says that the answer is no refusal of the path.
func (a *answer) offered() error {
	if refuses(a.status) {
		return &absence{a.asked, fmt.Sprintf("%s got %d", a.asked, a.status)}
	}
	return nil
}

// media is the answer's content type without parameters.
func (a *answer) media() string {
	kind, _, _ := mime.ParseMediaType(a.header.Get("Content-Type"))
	return kind
}

func (a *answer) isMedia(want string) error {
	if a.media() == want {
		return nil
	}
	return a.fault("Content-Type "+quote(a.header.Get("Content-Type")), "answer with Content-Type: "+want)
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

const messageRemedy = `a message is {"id":1,"room":"lobby","user":"ada","text":"hello","at":1763850000123}`

// page is the answer to a poll.
type page struct {
	messages  []message
	last      uint64
	truncated bool
}

// page reads the answer as a page of messages.
func (a *answer) page() (page, error) {
	const remedy = `answer 200 with {"messages":[…],"last":43}`
	var raw struct {
		Messages  *[]json.RawMessage
		Last      *uint64
		Truncated bool
	}
	if a.status != http.StatusOK || json.Unmarshal(a.body, &raw) != nil || raw.Messages == nil || raw.Last == nil {
		return page{}, a.fault(a.gist(), remedy)
	}
	p := page{last: *raw.Last, truncated: raw.Truncated}
	for _, one := range *raw.Messages {
		m, wrong := parseMessage(one)
		if wrong != "" {
			return p, a.fault(wrong, messageRemedy)
		}
		p.messages = append(p.messages, m)
	}
	return p, nil
}

// poll asks for a page.
func (v *visit) poll(room, query string, header ...string) (page, *answer, error) {
	a, err := v.get(v.messages(room, query), header...)
	if err != nil {
		return page{}, nil, err
	}
	p, err := a.page()
	return p, a, err
}

// post posts a message.
func (v *visit) post(room, user, text string) (message, *answer, error) {
	a, err := v.send(room, body(user, text))
	if err != nil {
		return message{}, nil, err
	}
	if err := a.is(http.StatusCreated); err != nil {
		return message{}, nil, err
	}
	m, wrong := parseMessage(a.body)
	if wrong != "" {
		return m, nil, a.fault(wrong, "answer 201 with the message; "+messageRemedy)
	}
	return m, a, nil
}

// say posts texts in a room, one after the other. Of the answers it minds the
// status only.
func (v *visit) say(room string, texts ...string) error {
	for _, text := range texts {
		a, err := v.send(room, body("ada", text))
		if err != nil {
			return err
		}
		if err := a.is(http.StatusCreated); err != nil {
			return err
		}
	}
	return nil
}

// send posts a body that may be refused.
func (v *visit) send(room, body string) (*answer, error) {
	a, err := v.do(http.MethodPost, v.messages(room, ""), body, "Content-Type", "application/json")
	if err == nil {
		err = a.offered()
	}
	return a, err
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

// isTexts says that a page holds these texts, with the ids from first on.
func (a *answer) isTexts(p page, first uint64, want ...string) error {
	if wrong := wrongTexts(p.messages, first, want); wrong != "" {
		return a.fault(wrong, "return the messages after the cursor, oldest first")
	}
	return nil
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
