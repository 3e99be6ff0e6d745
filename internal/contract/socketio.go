package contract

import (
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"strings"
)

var (
	bySocketPolling   = []string{"socketio-polling"}
	bySocketWebSocket = []string{"socketio-ws"}
)

var socketPolling = append([]Point{
	{Group: "socket.io polling", Name: "a handshake opens a session", Transports: bySocketPolling, Needed: true,
		try: func(v *visit) { v.pollLink("room=" + v.room() + "&after=0") }},
	{Group: "socket.io polling", Name: "the handshake has maxPayload", Transports: bySocketPolling, try: sessionBounds},
	{Group: "socket.io polling", Name: "an unknown session gets 400", Transports: bySocketPolling, try: sessionUnknown},
	{Group: "socket.io polling", Name: "a session can be upgraded without losses", Transports: bySocketPolling, Optional: true, try: sessionUpgrades},
}, socketPoints("socket.io polling", bySocketPolling, byPolling)...)

var socketWebSocket = socketPoints("socket.io websocket", bySocketWebSocket, byWebSocket)

// linker opens a session by one of Engine.IO's transports.
type linker func(v *visit, query string) *link

var byPolling, byWebSocket linker = (*visit).pollLink, (*visit).socketLink

// conversing is the channel of a conversation, by one of these transports.
func conversing(open linker) channel {
	return func(v *visit, room, after string) talker {
		query := "room=" + room
		if after != "" {
			query += "&after=" + after
		}
		return v.converse(open, query)
	}
}

// socketPoints are the points of Socket.IO, whatever carries it.
func socketPoints(group string, transports []string, open linker) []Point {
	by := func(try func(*visit, linker)) func(*visit) { return func(v *visit) { try(v, open) } }
	chat := conversing(open)
	points := []Point{
		{Name: "the namespace / accepts connections", Needed: true, try: by(namespaceConnects)},
		{Name: "a message reaches everyone in the room", Needed: true, try: delivers(chat)},
		{Name: "each message sent is acknowledged", Needed: true, try: by(emitAcks)},
		{Name: "other namespaces are refused", try: by(namespaceRefused)},
		{Name: "text comes back byte for byte", try: keepsText(chat)},
		{Name: "the acknowledgement contains the message", try: by(ackHoldsMessage)},
		{Name: "a plain string is also a message", try: by(stringAccepted)},
		{Name: "without after, only new messages come", try: fromNow(chat)},
		{Name: "after returns missed messages, then new ones", try: resumes(chat)},
		{Name: "the callback reports bad input", try: by(callbackRefuses)},
		{Name: "bad input without a callback gets an error message", try: by(eventRefuses)},
		{Name: "a bad room or cursor gives a connect error", try: by(connectRefused)},
	}
	for i := range points {
		points[i].Group, points[i].Transports = group, transports
	}
	return points
}

// conversation is a Socket.IO client in the namespace /.
type conversation struct {
	*link
	acks int
	got  []message // that came while something else was waited for
}

// converse connects to a room; the query may say more than the room.
func (v *visit) converse(open linker, query string) *conversation {
	l := open(v, query)
	l.write("40")
	packet := l.read()
	var connected struct{ SID string }
	if json.Unmarshal([]byte(strings.TrimPrefix(packet, "40")), &connected) != nil || connected.SID == "" || !strings.HasPrefix(packet, "40") {
		l.about("40").fail(quote(packet), `answer 40{"sid":"…"} before anything else`)
	}
	return &conversation{link: l}
}

// chatEvent is the event that messages travel in.
const chatEvent = "chat message"

// eventPacket is 42["name",…] or 43ID[…] with what follows.
var eventPacket = regexp.MustCompile(`(?s)^4([23])([0-9]*)(\[.*\])$`)

// next waits for the next event or acknowledgement. It is an event where name
// is not empty; the id is the acknowledgement's.
func (c *conversation) next() (name, id string, args []json.RawMessage) {
	packet := c.read()
	const remedy = `send 42["chat message",{…}], or 43 with the callback's id and [{…}]`
	m := eventPacket.FindStringSubmatch(packet)
	if m == nil || json.Unmarshal([]byte(m[3]), &args) != nil {
		c.fail(quote(packet), remedy)
	}
	if m[1] == "3" {
		return "", m[2], args
	}
	if len(args) == 0 || json.Unmarshal(args[0], &name) != nil || name == "" {
		c.fail(quote(packet), remedy)
	}
	return name, m[2], args[1:]
}

// message waits for the next message: what comes between is an acknowledgement,
// or an event that means nothing.
func (c *conversation) message() message {
	if len(c.got) > 0 {
		m := c.got[0]
		c.got = c.got[1:]
		return m
	}
	for {
		if name, _, args := c.next(); name == chatEvent {
			return c.parse(args)
		}
	}
}

// parse reads the message of an event.
func (c *conversation) parse(args []json.RawMessage) message {
	const remedy = `send a message as 42["chat message",{…}]; ` + messageRemedy
	if len(args) == 0 {
		c.fail("an event without arguments", remedy)
	}
	return c.parsed(args[0], remedy)
}

// emit sends a chat message; with a callback where wanted, whose id it returns.
func (c *conversation) emit(argument string, callback bool) (id string) {
	if callback {
		c.acks++
		id = strconv.Itoa(c.acks)
	}
	c.write("42" + id + `["chat message",` + argument + "]")
	return id
}

// called emits with a callback and waits for what it is called with; messages
// that come before are kept.
func (c *conversation) called(argument string) json.RawMessage {
	id := c.emit(argument, true)
	for {
		name, got, args := c.next()
		switch {
		case name == chatEvent:
			c.got = append(c.got, c.parse(args))
		case name != "":
		case got != id || len(args) == 0:
			c.fail(fmt.Sprintf("acknowledgement %s with %d arguments, of callback %s", quote(got), len(args), id),
				"call each callback once, with the message")
		default:
			return args[0]
		}
	}
}

func (c *conversation) tell(text string) { c.emit(body("ada", text), false) }

// say emits a message and waits for its acknowledgement.
func (c *conversation) say(text string) {
	argument := c.called(body("ada", text))
	if m, wrong := parseMessage(argument); wrong != "" || m.Text != text {
		c.about(quote(text)).fail(quote(string(argument)), "call the callback with the message")
	}
}

func sessionBounds(v *visit) {
	if k := v.pollLink("room=" + v.room()); k.open.MaxPayload <= 0 {
		k.fail("no maxPayload", openRemedy)
	}
}

func sessionUnknown(v *visit) {
	v.pollLink("room=" + v.room())
	v.get(enginePath("polling", "sid=nobody")).is(http.StatusBadRequest)
}

func sessionUpgrades(v *visit) {
	room := v.room()
	other, c := v.converse(byPolling, "room="+room), v.converse(byPolling, "room="+room)
	c.upgrade(func() { other.say("one") })
	other.say("two")
	c.say("three")
	wants(c, 1, "one", "two", "three")
}

func namespaceConnects(v *visit, open linker) { v.converse(open, "room="+v.room()+"&after=0") }

func namespaceRefused(v *visit, open linker) {
	l := open(v, "room="+v.room())
	l.write("40/nowhere,")
	if packet := l.read(); !strings.HasPrefix(packet, "44/nowhere,{") {
		l.about("40/nowhere,").fail(quote(packet), `answer 44/nowhere,{"message":"Invalid namespace"}`)
	}
}

func emitAcks(v *visit, open linker) {
	c := v.converse(open, "room="+v.room()+"&after=0")
	for range 3 {
		argument := c.called(body("ada", loadTexts[0]))
		var m struct{ ID uint64 }
		if json.Unmarshal(argument, &m) != nil || m.ID == 0 {
			c.fail(quote(string(argument)), "call the callback with the message, including its id")
		}
	}
}

func ackHoldsMessage(v *visit, open linker) {
	room := v.room()
	c := v.converse(open, "room="+room)
	for want := uint64(1); want <= 3; want++ {
		argument := c.called(body("ada", "hello"))
		m, wrong := parseMessage(argument)
		if wrong == "" && (m.ID != want || m.Room != room || m.User != "ada" || m.Text != "hello" || m.At == 0) {
			wrong = quote(string(argument))
		}
		if wrong != "" {
			c.fail(fmt.Sprintf("%s for message %d", wrong, want), "call the callback with the message")
		}
	}
}

func stringAccepted(v *visit, open linker) {
	for query, user := range map[string]string{"": "anonymous", "&user=bob": "bob"} {
		c := v.converse(open, "room="+v.room()+query)
		argument := c.called(`"hello"`)
		if m, wrong := parseMessage(argument); wrong != "" || m.User != user || m.Text != "hello" {
			c.about(`42["chat message","hello"]`).fail(quote(string(argument)), "treat it as a message from the query's user, or from anonymous")
		}
	}
}

// badArguments are refused of Socket.IO's chat messages.
var badArguments = []string{`{"user":"ada","text":""}`, `{"user":"","text":"hello"}`, `{"user":"ada"}`,
	`{"user":"ada","text":"hello","colour":"blue"}`, `{"user":"ada","text":5}`, `5`, `""`, body("ada", strings.Repeat("x", 4097))}

func callbackRefuses(v *visit, open linker) {
	c := v.converse(open, "room="+v.room())
	for _, bad := range badArguments {
		argument := c.called(bad)
		var told struct{ Error refusal }
		if json.Unmarshal(argument, &told) != nil || told.Error.Status != http.StatusBadRequest || told.Error.Title == "" {
			c.about(quote(bad)).fail(quote(string(argument)), `call the callback with {"error":{"status":400,"title":"…"}}`)
		}
	}
	c.say("still here")
}

func eventRefuses(v *visit, open linker) {
	c := v.converse(open, "room="+v.room())
	c.tell("")
	name, _, args := c.next()
	var told refusal
	if name != "error message" || len(args) == 0 || json.Unmarshal(args[0], &told) != nil || told.Status != http.StatusBadRequest {
		c.about("an empty text").fail(fmt.Sprintf("event %s with %+q", quote(name), args), `send 42["error message",{"status":400,"title":"…"}]`)
	}
	c.say("still here")
}

func connectRefused(v *visit, open linker) {
	for _, query := range []string{"room=no%20room", "room=" + v.room() + "&after=x", "room=" + v.room() + "&after=-1"} {
		l := open(v, query)
		l.write("40")
		packet := l.read()
		var told struct {
			Message string
			Data    refusal
		}
		if !strings.HasPrefix(packet, "44{") || json.Unmarshal([]byte(packet[2:]), &told) != nil || told.Message == "" || told.Data.Status != http.StatusBadRequest {
			l.about(query+", 40").fail(quote(packet), `answer 44{"message":"…","data":{"status":400}}`)
		}
	}
}
