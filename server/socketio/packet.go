package socketio

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"unicode/utf8"

	"github.com/gorilla/websocket"

	"github.com/pollpush/pollpush/server/wire"
)

// Data is what an event or an acknowledgement carries: JSON values, in which
// {"_placeholder":true,"num":N} stands for attachment N. It is passed on as it
// came, and may be kept and shared, but not changed.
type Data struct {
	Args        []json.RawMessage
	Attachments [][]byte
}

// JSON returns Data that carries the values. It panics at a value that has no
// JSON, such as a channel.
func JSON(values ...any) Data {
	var d Data
	for _, v := range values {
		d.Args = append(d.Args, marshal(v))
	}
	return d
}

func marshal(v any) json.RawMessage {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false) // it is no HTML
	if err := e.Encode(v); err != nil {
		panic(err)
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}

// message is a packet for a client. It implements engine.Packets.
type message struct {
	text        []byte // the packet, as an Engine.IO message
	attachments [][]byte
}

// engineMessage is how Engine.IO marks its packets that are messages.
const engineMessage = '4'

func newMessage(k kind, namespace string, id int64, name string, d Data) *message {
	size := 32 + len(namespace) + len(name)
	for _, arg := range d.Args {
		size += len(arg) + 1
	}
	b := append(make([]byte, 0, size), engineMessage)
	b = append(appendHead(b, k, namespace, id, len(d.Attachments)), '[')
	if k == event {
		b = append(append(b, marshal(name)...), ',')
	}
	for _, arg := range d.Args {
		b = append(append(b, arg...), ',')
	}
	if b[len(b)-1] == ',' {
		b = b[:len(b)-1]
	}
	return &message{text: append(b, ']'), attachments: d.Attachments}
}

// Frames are the text and the attachments, as WebSocket frames.
func (m *message) Frames() []byte {
	b := wire.AppendFrame(nil, websocket.TextMessage, m.text)
	for _, a := range m.attachments {
		b = wire.AppendFrame(b, websocket.BinaryMessage, a)
	}
	return b
}

// Payload is the text, and the attachments in base64.
func (m *message) Payload() []byte {
	b := m.text
	for _, a := range m.attachments {
		b = base64.StdEncoding.AppendEncode(append(b, "\x1eb"...), a)
	}
	return b
}

// kind is a packet's type as it stands on the wire.
type kind byte

const (
	connect kind = '0' + iota
	disconnect
	event
	ack
	connectError
	binaryEvent
	binaryAck
)

func (k kind) isBinary() bool { return k == binaryEvent || k == binaryAck }

const (
	// MaxAttachments is how many attachments one packet of a client may have.
	MaxAttachments = 10
	maxNamespace   = 128       // bytes of its name
	maxID          = 1<<53 - 1 // the largest that JavaScript counts to
)

// reserved are the names that no event may have: the official clients use them
// for what is none.
var reserved = []string{"connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener"}

// packet is one that a client has sent.
type packet struct {
	kind        kind
	namespace   string
	id          uint64
	hasID       bool
	attachments int // announced

	auth json.RawMessage // of a CONNECT, nil where there is none
	name string          // of an event, empty where it is a number
	data Data            // of an event or an acknowledgement
}

// decode reads a packet's text:
//
//	type[attachments-][/namespace,][id][payload]
//
// It takes nothing that a server cannot make use of.
func decode(text []byte) (*packet, error) {
	if !utf8.Valid(text) {
		return nil, errors.New("packet: found bytes that are not UTF-8")
	}
	if len(text) == 0 || kind(text[0]) < connect || kind(text[0]) > binaryAck {
		return nil, fmt.Errorf("packet: found %.20q, want a type from 0 to 6 first", text)
	}
	p := &packet{kind: kind(text[0]), namespace: "/"}
	rest := text[1:]
	if p.kind.isBinary() {
		n, after, err := cutNumber(rest)
		if err != nil || len(after) == 0 || after[0] != '-' || n > MaxAttachments {
			return nil, fmt.Errorf("packet: found %.20q, want a number of attachments up to %d and \"-\"", rest, MaxAttachments)
		}
		p.attachments, rest = int(n), after[1:]
	}
	if len(rest) > 0 && rest[0] == '/' {
		name, after, _ := bytes.Cut(rest, []byte{','})
		if len(name) > maxNamespace || bytes.ContainsFunc(name, func(c rune) bool { return c < ' ' }) {
			return nil, fmt.Errorf("packet: found a namespace %.20q of %d bytes, want up to %d, without control characters", name, len(name), maxNamespace)
		}
		p.namespace, rest = string(name), after
	}
	if len(rest) > 0 && isDigit(rest[0]) {
		var err error
		if p.id, rest, err = cutNumber(rest); err != nil {
			return nil, err
		}
		p.hasID = true
	}
	return p, p.take(rest)
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

// cutNumber cuts a decimal number off the beginning of b.
func cutNumber(b []byte) (n uint64, rest []byte, err error) {
	i := 0
	for i < len(b) && isDigit(b[i]) {
		i++
	}
	n, err = strconv.ParseUint(string(b[:i]), 10, 64)
	if err != nil || n > maxID {
		return 0, b, fmt.Errorf("packet: found the number %.20q, want one up to %d", b[:i], uint64(maxID))
	}
	return n, b[i:], nil
}

// take reads the payload that a packet of its kind has to have.
func (p *packet) take(payload []byte) error {
	switch p.kind {
	case connect:
		if p.hasID || len(payload) > 0 && (payload[0] != '{' || !json.Valid(payload)) {
			return fmt.Errorf("CONNECT: found %.20q, want nothing or a JSON object", payload)
		}
		p.auth = append(p.auth, payload...)
		return nil
	case disconnect:
		if p.hasID || len(payload) > 0 {
			return fmt.Errorf("DISCONNECT: found %.20q after the namespace, want nothing", payload)
		}
		return nil
	case connectError:
		return errors.New("CONNECT_ERROR: found one from a client; only servers send it")
	}
	if len(payload) == 0 || payload[0] != '[' || !json.Valid(payload) {
		return fmt.Errorf("packet: found the payload %.20q, want a JSON array", payload)
	}
	p.data.Args = elements(bytes.Clone(payload))
	if p.kind.isBinary() {
		for _, arg := range p.data.Args {
			if err := checkPlaceholders(arg, p.attachments); err != nil {
				return err
			}
		}
	}
	if p.kind == ack || p.kind == binaryAck {
		if !p.hasID {
			return errors.New("ACK: found no id")
		}
		return nil
	}
	return p.takeName()
}

// takeName takes an event's name off its arguments.
func (p *packet) takeName() error {
	if len(p.data.Args) == 0 {
		return errors.New("EVENT: found an empty array, want a name first")
	}
	name := p.data.Args[0]
	p.data.Args = p.data.Args[1:]
	switch c := name[0]; {
	case c == '"':
		json.Unmarshal(name, &p.name) // is valid already
		if slices.Contains(reserved, p.name) {
			return fmt.Errorf("EVENT: found the name %q, which is reserved", p.name)
		}
	case c != '-' && !isDigit(c): // numbers are names too, of events that nobody here takes
		return fmt.Errorf("EVENT: found the name %.20q, want a string", name)
	}
	return nil
}

// elements splits a JSON array, which has to be valid, into its elements; they
// share its memory.
func elements(array []byte) []json.RawMessage {
	var found []json.RawMessage
	depth, quoted, from := 0, false, 1
	end := func(i int) {
		if e := bytes.TrimSpace(array[from:i]); len(e) > 0 {
			found = append(found, e[:len(e):len(e)])
		}
		from = i + 1
	}
	for i := 0; i < len(array); i++ {
		switch c := array[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '[' || c == '{':
			depth++
		case c == ']' || c == '}':
			if depth--; depth == 0 {
				end(i)
			}
		case c == ',' && depth == 1:
			end(i)
		}
	}
	return found
}

// checkPlaceholders returns an error where the value holds a placeholder for
// none of n attachments.
func checkPlaceholders(value json.RawMessage, n int) error {
	d := json.NewDecoder(bytes.NewReader(value))
	d.UseNumber() // any number is welcome
	var v any
	if err := d.Decode(&v); err != nil {
		return fmt.Errorf("packet: found %.20q: %w", value, err)
	}
	return checkPlaceholdersIn(v, n)
}

func checkPlaceholdersIn(v any, n int) error {
	switch v := v.(type) {
	case []any:
		for _, e := range v {
			if err := checkPlaceholdersIn(e, n); err != nil {
				return err
			}
		}
	case map[string]any:
		if v["_placeholder"] == true {
			num, _ := v["num"].(json.Number)
			if i, err := strconv.ParseUint(num.String(), 10, 64); err != nil || i >= uint64(n) {
				return fmt.Errorf("packet: found a placeholder for attachment %.20q, want a number below %d", num, n)
			}
			return nil
		}
		for _, e := range v {
			if err := checkPlaceholdersIn(e, n); err != nil {
				return err
			}
		}
	}
	return nil
}

// appendHead appends all of a packet but its payload. An id below 0 stands for
// none.
func appendHead(b []byte, k kind, namespace string, id int64, attachments int) []byte {
	if attachments > 0 {
		b = append(b, byte(k+binaryEvent-event))
		b = strconv.AppendInt(b, int64(attachments), 10)
		b = append(b, '-')
	} else {
		b = append(b, byte(k))
	}
	if namespace != "/" {
		b = append(b, namespace...)
		b = append(b, ',')
	}
	if id >= 0 {
		b = strconv.AppendInt(b, id, 10)
	}
	return b
}
