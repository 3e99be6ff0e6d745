package contract

import (
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"strings"
)

var (
	bySocketPolling   = []string{"socketio-polling"}
	bySocketWebSocket = []string{"socketio-ws"}
)

var socketPolling = append([]Point{
	{Group: "socket.io polling", Name: "a handshake opens a session", Transports: bySocketPolling, Needed: true, try: sessionOpens},
	{Group: "socket.io polling", Name: "the handshake has maxPayload", Transports: bySocketPolling, try: sessionBounds},
	{Group: "socket.io polling", Name: "an unknown session gets 400", Transports: bySocketPolling, try: sessionUnknown},
	{Group: "socket.io polling", Name: "a session can be upgraded without losses", Transports: bySocketPolling, Optional: true, try: sessionUpgrades},
}, socketPoints("socket.io polling", bySocketPolling, byPolling)...)

var socketWebSocket = socketPoints("socket.io websocket", bySocketWebSocket, byWebSocket)

// linker opens a session by one of Engine.IO's transports.
type linker func(v *visit, query string) (link, error)

func byPolling(v *visit, query string) (link, error)   { return v.pollLink(query) }
func byWebSocket(v *visit, query string) (link, error) { return v.socketLink(query) }

// socketPoints are the points of Socket.IO, whatever carries it.
func socketPoints(group string, transports []string, open linker) []Point {
	var points []Point
	for _, p := range []struct {
		name   string
		needed bool
		try    func(*visit, linker) error
	}{
		{"the namespace / accepts connections", true, namespaceConnects},
		{"a message reaches everyone in the room", true, emitDelivers},
		{"each message sent is acknowledged", true, emitAcks},
		{"other namespaces are refused", false, namespaceRefused},
		{"text comes back byte for byte", false, emitText},
		{"the acknowledgement contains the message", false, ackHoldsMessage},
		{"a plain string is also a message", false, stringAccepted},
		{"without after, only new messages come", false, socketIOFromNow},
		{"after returns missed messages, then new ones", false, socketIOResumes},
		{"the callback reports bad input", false, callbackRefuses},
		{"bad input without a callback gets an error message", false, eventRefuses},
		{"a bad room or cursor gives a connect error", false, connectRefused},
	} {
		points = append(points, Point{Group: group, Name: p.name, Transports: transports, Needed: p.needed,
			try: func(v *visit) error { return p.try(v, open) }})
	}
	return points
}

// conversation is a Socket.IO client in the namespace /.
type conversation struct {
	link
	v    *visit
	acks int
	got  []message // that came while something else was waited for
}

// converse connects to a room; the query may say more than the room.
func (v *visit) converse(open linker, query string) (*conversation, error) {
	l, err := open(v, query)
	if err != nil {
		return nil, err
	}
	if err := l.write("40"); err != nil {
		return nil, err
	}
	packet, err := l.read()
	if err != nil {
		return nil, err
	}
	var connected struct{ SID string }
	if json.Unmarshal([]byte(strings.TrimPrefix(packet, "40")), &connected) != nil || connected.SID == "" || !strings.HasPrefix(packet, "40") {
		return nil, &Fault{l.asked() + ", 40", quote(packet), `answer 40{"sid":"…"} before anything else`}
	}
	return &conversation{link: l, v: v}, nil
}

// chatEvent is the event that messages travel in.
const chatEvent = "chat message"

// eventPacket is 42["name",…] or 43ID[…] with what follows.
var eventPacket = regexp.MustCompile(`(?s)^4([23])([0-9]*)(\[.*\])$`)

// next waits for the next event or acknowledgement. It is an event where name
// is not empty; the id is the acknowledgement's.
func (c *conversation) next() (name, id string, args []json.RawMessage, err error) {
	packet, err := c.read()
	if err != nil {
		return "", "", nil, err
	}
	const remedy = `send 42["chat message",{…}], or 43 with the callback's id and [{…}]`
	m := eventPacket.FindStringSubmatch(packet)
	if m == nil || json.Unmarshal([]byte(m[3]), &args) != nil {
		return "", "", nil, &Fault{c.asked(), quote(packet), remedy}
	}
	if m[1] == "3" {
		return "", m[2], args, nil
	}
	if len(args) == 0 || json.Unmarshal(args[0], &name) != nil || name == "" {
		return "", "", nil, &Fault{c.asked(), quote(packet), remedy}
	}
	return name, m[2], args[1:], nil
}

// message waits for the next message.
func (c *conversation) message() (message, error) {
	if len(c.got) > 0 {
		m := c.got[0]
		c.got = c.got[1:]
		return m, nil
	}
	for {
		name, _, args, err := c.next()
		if err != nil {
			return message{}, err
		}
		if name != chatEvent {
			continue // an acknowledgement, or an event that means nothing
		}
		return c.parse(name, args)
	}
}

// parse reads the message of an event.
func (c *conversation) parse(name string, args []json.RawMessage) (message, error) {
	const remedy = `send a message as 42["chat message",{…}]; ` + messageRemedy
	if name != "chat message" || len(args) == 0 {
		return message{}, &Fault{c.asked(), fmt.Sprintf("event %s with %d arguments", quote(name), len(args)), remedy}
	}
	m, wrong := parseMessage(args[0])
	if wrong != "" {
		return m, &Fault{c.asked(), wrong, remedy}
	}
	return m, nil
}

// emit sends a chat message; with a callback where wanted, whose id it returns.
func (c *conversation) emit(argument string, callback bool) (id string, err error) {
	if callback {
		c.acks++
		id = fmt.Sprint(c.acks)
	}
	return id, c.write("42" + id + `["chat message",` + argument + "]")
}

// called emits with a callback and waits for what it is called with; messages
// that come before are kept.
func (c *conversation) called(argument string) (json.RawMessage, error) {
	id, err := c.emit(argument, true)
	if err != nil {
		return nil, err
	}
	for {
		name, got, args, err := c.next()
		if err != nil {
			return nil, err
		}
		if name == chatEvent {
			m, err := c.parse(name, args)
			if err != nil {
				return nil, err
			}
			c.got = append(c.got, m)
		}
		if name != "" {
			continue
		}
		if got != id || len(args) == 0 {
			return nil, &Fault{c.asked(), fmt.Sprintf("acknowledgement %s with %d arguments, of callback %s", quote(got), len(args), id),
				"call each callback once, with the message"}
		}
		return args[0], nil
	}
}

// say emits a message and waits for its acknowledgement.
func (c *conversation) say(text string) error {
	argument, err := c.called(body("ada", text))
	if err != nil {
		return err
	}
	if m, wrong := parseMessage(argument); wrong != "" || m.Text != text {
		return &Fault{c.asked() + ", " + quote(text), quote(string(argument)), "call the callback with the message"}
	}
	return nil
}

// wants waits for messages of these texts, with ids from first on.
func (c *conversation) wants(first uint64, texts ...string) error {
	return c.v.wants(c, c.asked(), first, texts...)
}

func sessionBounds(v *visit) error {
	k := must1(v.pollLink("room=" + v.room()))
	if k.open.MaxPayload <= 0 {
		return &Fault{k.asked(), "no maxPayload", openRemedy}
	}
	return nil
}

func sessionOpens(v *visit) error {
	_, err := v.pollLink("room=" + v.room() + "&after=0")
	return err
}

func sessionUnknown(v *visit) error {
	must1(v.pollLink("room=" + v.room()))
	a := must1(v.get(enginePath("polling", "sid=nobody")))
	return a.is(http.StatusBadRequest)
}

func sessionUpgrades(v *visit) error {
	room := v.room()
	var k *pollLink
	poll := func(v *visit, query string) (l link, err error) {
		k, err = v.pollLink(query)
		return k, err
	}
	other := must1(v.converse(poll, "room="+room))
	c := must1(v.converse(poll, "room="+room))
	w := must1(k.upgrade(func() error { return other.say("one") }))
	c.link = w
	must(other.say("two"))
	must(c.say("three"))
	return c.wants(1, "one", "two", "three")
}

func namespaceConnects(v *visit, open linker) error {
	_, err := v.converse(open, "room="+v.room()+"&after=0")
	return err
}

func namespaceRefused(v *visit, open linker) error {
	l := must1(open(v, "room="+v.room()))
	must(l.write("40/nowhere,"))
	packet := must1(l.read())
	if !strings.HasPrefix(packet, "44/nowhere,{") {
		return &Fault{l.asked() + ", 40/nowhere,", quote(packet), `answer 44/nowhere,{"message":"Invalid namespace"}`}
	}
	return nil
}

func emitDelivers(v *visit, open linker) error {
	room := v.room()
	speaker := must1(v.converse(open, "room="+room+"&after=0"))
	other := must1(v.converse(open, "room="+room+"&after=0"))
	for _, text := range loadTexts {
		must1(speaker.emit(body("ada", text), false))
	}
	must(v.wantsGrowing(other, other.asked(), room, 0, loadTexts...))
	return v.wantsGrowing(speaker, speaker.asked(), room, 0, loadTexts...)
}

func emitText(v *visit, open linker) error {
	c := must1(v.converse(open, "room="+v.room()))
	must1(c.emit(body("ada", oddText), false))
	return c.wants(1, oddText)
}

func emitAcks(v *visit, open linker) error {
	c := must1(v.converse(open, "room="+v.room()+"&after=0"))
	for range 3 {
		argument := must1(c.called(body("ada", loadTexts[0])))
		var m struct{ ID uint64 }
		if json.Unmarshal(argument, &m) != nil || m.ID == 0 {
			return &Fault{c.asked(), quote(string(argument)), "call the callback with the message, including its id"}
		}
	}
	return nil
}

func ackHoldsMessage(v *visit, open linker) error {
	room := v.room()
	c := must1(v.converse(open, "room="+room))
	for want := uint64(1); want <= 3; want++ {
		argument := must1(c.called(body("ada", "hello")))
		m, wrong := parseMessage(argument)
		if wrong == "" && (m.ID != want || m.Room != room || m.User != "ada" || m.Text != "hello" || m.At == 0) {
			wrong = quote(string(argument))
		}
		if wrong != "" {
			return &Fault{c.asked(), fmt.Sprintf("%s for message %d", wrong, want), "call the callback with the message"}
		}
	}
	return nil
}

func stringAccepted(v *visit, open linker) error {
	for query, user := range map[string]string{"": "anonymous", "&user=bob": "bob"} {
		c := must1(v.converse(open, "room="+v.room()+query))
		argument := must1(c.called(`"hello"`))
		if m, wrong := parseMessage(argument); wrong != "" || m.User != user || m.Text != "hello" {
			return &Fault{c.asked() + `, 42["chat message","hello"]`, quote(string(argument)), "treat it as a message from the query's user, or from anonymous"}
		}
	}
	return nil
}

func socketIOFromNow(v *visit, open linker) error {
	room := v.room()
	first := must1(v.converse(open, "room="+room))
	must(first.say("one"))
	second := must1(v.converse(open, "room="+room))
	must(first.say("two"))
	return second.wants(2, "two")
}

func socketIOResumes(v *visit, open linker) error {
	room := v.room()
	speaker := must1(v.converse(open, "room="+room))
	for _, text := range []string{"one", "two", "three"} {
		must(speaker.say(text))
	}
	c := must1(v.converse(open, "room="+room+"&after=1"))
	must(speaker.say("four"))
	return c.wants(2, "two", "three", "four")
}

// badArguments are refused of Socket.IO's chat messages.
var badArguments = []string{`{"user":"ada","text":""}`, `{"user":"","text":"hello"}`, `{"user":"ada"}`,
	`{"user":"ada","text":"hello","colour":"blue"}`, `{"user":"ada","text":5}`, `5`, `""`, body("ada", strings.Repeat("x", 4097))}

func callbackRefuses(v *visit, open linker) error {
	c := must1(v.converse(open, "room="+v.room()))
	for _, bad := range badArguments {
		argument := must1(c.called(bad))
		var told struct{ Error refusal }
		if json.Unmarshal(argument, &told) != nil || told.Error.Status != http.StatusBadRequest || told.Error.Title == "" {
			return &Fault{c.asked() + ", " + quote(bad), quote(string(argument)), `call the callback with {"error":{"status":400,"title":"…"}}`}
		}
	}
	return c.say("still here")
}

func eventRefuses(v *visit, open linker) error {
	c := must1(v.converse(open, "room="+v.room()))
	must1(c.emit(`{"user":"ada","text":""}`, false))
	name, _, args, err := c.next()
	must(err)
	var told refusal
	if name != "error message" || len(args) == 0 || json.Unmarshal(args[0], &told) != nil || told.Status != http.StatusBadRequest {
		return &Fault{c.asked() + ", an empty text", fmt.Sprintf("event %s with %+q", quote(name), args), `send 42["error message",{"status":400,"title":"…"}]`}
	}
	return c.say("still here")
}

func connectRefused(v *visit, open linker) error {
	for _, query := range []string{"room=no%20room", "room=" + v.room() + "&after=x", "room=" + v.room() + "&after=-1"} {
		l := must1(open(v, query))
		must(l.write("40"))
		packet := must1(l.read())
		var told struct {
			Message string
			Data    refusal
		}
		if !strings.HasPrefix(packet, "44{") || json.Unmarshal([]byte(packet[2:]), &told) != nil || told.Message == "" || told.Data.Status != http.StatusBadRequest {
			return &Fault{l.asked() + ", " + query + ", 40", quote(packet), `answer 44{"message":"…","data":{"status":400}}`}
		}
	}
	return nil
}
