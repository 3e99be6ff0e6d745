package socketio

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/gorilla/websocket"
	"gotest.tools/v3/assert"
	is "gotest.tools/v3/assert/cmp"

	"github.com/pollpush/pollpush/server/wire"
)

func TestDecode(t *testing.T) {
	tests := []struct {
		text string
		want packet
	}{
		{`0`, packet{kind: connect, namespace: "/"}},
		{`0{"token":"123"}`, packet{kind: connect, namespace: "/", auth: json.RawMessage(`{"token":"123"}`)}},
		{`0/admin,`, packet{kind: connect, namespace: "/admin"}},
		{`0/admin`, packet{kind: connect, namespace: "/admin"}},
		{`0/admin,{"a":[1]}`, packet{kind: connect, namespace: "/admin", auth: json.RawMessage(`{"a":[1]}`)}},
		{`1`, packet{kind: disconnect, namespace: "/"}},
		{`1/admin,`, packet{kind: disconnect, namespace: "/admin"}},
		{`2["hello"]`, packet{kind: event, namespace: "/", name: "hello", data: raw()}},
		{`2[ "he\u006clo" , 1 , "a,]}\"[" , {"b":[2,{"c":3}]} , null ]`, packet{kind: event, namespace: "/", name: "hello",
			data: raw(`1`, `"a,]}\"["`, `{"b":[2,{"c":3}]}`, `null`)}},
		{`2[7,"x"]`, packet{kind: event, namespace: "/", data: raw(`"x"`)}},
		{`2[-1]`, packet{kind: event, namespace: "/", data: raw()}},
		{`212["hello"]`, packet{kind: event, namespace: "/", id: 12, hasID: true, name: "hello", data: raw()}},
		{`2/admin,0["hello"]`, packet{kind: event, namespace: "/admin", hasID: true, name: "hello", data: raw()}},
		{`29007199254740991["x"]`, packet{kind: event, namespace: "/", id: 9007199254740991, hasID: true, name: "x", data: raw()}},
		{`312[]`, packet{kind: ack, namespace: "/", id: 12, hasID: true}},
		{`3/admin,12["a",2]`, packet{kind: ack, namespace: "/admin", id: 12, hasID: true, data: raw(`"a"`, `2`)}},
		{`51-["b",{"_placeholder":true,"num":0}]`, packet{kind: binaryEvent, namespace: "/", attachments: 1, name: "b",
			data: raw(`{"_placeholder":true,"num":0}`)}},
		{`510-/admin,3["b",[{"x":{"num":9,"_placeholder":true}}]]`, packet{kind: binaryEvent, namespace: "/admin", attachments: 10, id: 3, hasID: true, name: "b",
			data: raw(`[{"x":{"num":9,"_placeholder":true}}]`)}},
		{`50-["b",{"_placeholder":false,"num":5}]`, packet{kind: binaryEvent, namespace: "/", name: "b", data: raw(`{"_placeholder":false,"num":5}`)}},
		{`50-["b",1e999]`, packet{kind: binaryEvent, namespace: "/", name: "b", data: raw(`1e999`)}},
		{`61-4[{"_placeholder":true,"num":0}]`, packet{kind: binaryAck, namespace: "/", attachments: 1, id: 4, hasID: true,
			data: raw(`{"_placeholder":true,"num":0}`)}},
	}
	for _, tt := range tests {
		got, err := decode([]byte(tt.text))
		if err != nil {
			t.Errorf("%s: %v", tt.text, err)
			continue
		}
		assert.Check(t, is.Equal(cmp.Diff(tt.want, *got, cmp.AllowUnexported(packet{})), ""), tt.text)
	}
}

func raw(args ...string) Data {
	d := Data{Args: []json.RawMessage{}}
	for _, a := range args {
		d.Args = append(d.Args, json.RawMessage(a))
	}
	return d
}

// malformed are packets that end the session of whoever sends them.
var malformed = map[string]string{
	"nothing":                         ``,
	"no type":                         `abc`,
	"a type too high":                 `7["x"]`,
	"not UTF-8":                       "2[\"\xff\"]",
	"CONNECT with an array":           `0[]`,
	"CONNECT with a string":           `0"x"`,
	"CONNECT with broken JSON":        `0{"a":}`,
	"CONNECT with an id":              `01{}`,
	"CONNECT with more after":         `0{}{}`,
	"DISCONNECT with a payload":       `1{}`,
	"DISCONNECT with an id":           `15`,
	"CONNECT_ERROR":                   `4{"message":"x"}`,
	"event without a payload":         `2`,
	"event with an object":            `2{}`,
	"event with a string":             `2"x"`,
	"event with an empty array":       `2[]`,
	"event with spaces in the array":  `2[ ]`,
	"event named by an object":        `2[{}]`,
	"event named by null":             `2[null]`,
	"event named by true":             `2[true]`,
	"event with broken JSON":          `2["x",]`,
	"event with half an array":        `2["x"`,
	"event with more after":           `2["x"]]`,
	"event with a separator in text":  "2[\"x\x1ey\"]",
	"reserved name":                   `2["connect"]`,
	"reserved name, escaped":          `2["disconn\u0065ct"]`,
	"id of letters":                   `2abc["x"]`,
	"negative id":                     `2-1["x"]`,
	"id too high":                     `29007199254740992["x"]`,
	"id of a thousand digits":         `2` + strings.Repeat("9", 1000) + `["x"]`,
	"ack without an id":               `3[]`,
	"ack without a payload":           `31`,
	"ack without either":              `3`,
	"ack with an object":              `31{}`,
	"no number of attachments":        `5-["x"]`,
	"attachments without a dash":      `51["x"]`,
	"attachments of letters":          `5a-["x"]`,
	"negative attachments":            `5-1-["x"]`,
	"attachments in part":             `51.5-["x"]`,
	"too many attachments":            `511-["x"]`,
	"far too many attachments":        `599999999999999999999-["x"]`,
	"binary ack without an id":        `61-[]`,
	"placeholder beyond":              `51-["x",{"_placeholder":true,"num":1}]`,
	"placeholder below":               `51-["x",{"_placeholder":true,"num":-1}]`,
	"placeholder in part":             `52-["x",{"_placeholder":true,"num":0.5}]`,
	"placeholder of a string":         `51-["x",{"_placeholder":true,"num":"0"}]`,
	"placeholder without a number":    `51-["x",{"_placeholder":true}]`,
	"placeholder deep down":           `51-["x",[[{"a":{"_placeholder":true,"num":7}}]]]`,
	"placeholder of no attachment":    `50-["x",{"_placeholder":true,"num":0}]`,
	"placeholder with a huge number":  `51-["x",{"_placeholder":true,"num":1e300}]`,
	"namespace too long":              `0/` + strings.Repeat("x", maxNamespace),
	"namespace with a line break":     "0/a\nb",
	"event without a comma after it":  `2/custom["x"]`,
	"arrays far too deep":             `2["x",` + strings.Repeat("[", 100_000) + strings.Repeat("]", 100_000) + `]`,
	"objects far too deep":            `2["x",` + strings.Repeat(`{"a":`, 100_000) + `1` + strings.Repeat("}", 100_000) + `]`,
	"arrays far too deep, unfinished": `2["x",` + strings.Repeat("[", 100_000),
}

func TestDecodeRefuses(t *testing.T) {
	for name, text := range malformed {
		if p, err := decode([]byte(text)); err == nil {
			t.Errorf("%s is taken for %+v", name, p)
		} else if !strings.Contains(err.Error(), "found") || len(err.Error()) > 300 {
			t.Errorf("%s: the error is %.400q", name, err)
		}
	}
}

func TestMessages(t *testing.T) {
	binary := Data{Args: raw(`{"_placeholder":true,"num":0}`).Args, Attachments: [][]byte{{1, 2}, {3}}}
	const base64 = "\x1ebAQI=\x1ebAw=="
	tests := []struct {
		m      *message
		text   string
		base64 string
	}{
		{newMessage(event, "/", -1, "<a>", JSON("x\x1ey", 1, map[string]any{"<": nil})), `42["<a>","x\u001ey",1,{"<":null}]`, ""},
		{newMessage(event, "/", -1, "a", Data{}), `42["a"]`, ""},
		{newMessage(event, "/admin", 0, "a", Data{}), `42/admin,0["a"]`, ""},
		{newMessage(ack, "/", 12, "", Data{}), `4312[]`, ""},
		{newMessage(ack, "/admin", 12, "", JSON(1)), `43/admin,12[1]`, ""},
		{newMessage(event, "/", -1, "b", binary), `452-["b",{"_placeholder":true,"num":0}]`, base64},
		{newMessage(ack, "/", 1, "", binary), `462-1[{"_placeholder":true,"num":0}]`, base64},
	}
	for _, tt := range tests {
		want := wire.AppendFrame(nil, websocket.TextMessage, []byte(tt.text))
		if tt.base64 != "" {
			want = wire.AppendFrame(want, websocket.BinaryMessage, []byte{1, 2})
			want = wire.AppendFrame(want, websocket.BinaryMessage, []byte{3})
		}
		frames, payload := tt.m.Frames(), tt.m.Payload()
		assert.Check(t, bytes.Equal(frames, want), "frames %q, want %q", frames, want)
		assert.Check(t, string(payload) == tt.text+tt.base64, "payload %q, want %q", payload, tt.text+tt.base64)
	}
}

// FuzzDecode holds the decoder against encoding/json, and what it has taken
// against what is encoded from it.
func FuzzDecode(f *testing.F) {
	for _, text := range malformed {
		f.Add([]byte(text[:min(len(text), 300)]))
	}
	for _, text := range []string{`0/a,{"b":1}`, `2/a,12["x", {"y":"\"]"} ,[1,[2]]]`, `31[]`, `52-1["x",{"_placeholder":true,"num":1}]`, `60-0[ 1 ,2 ]`, `1/x`} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		p, err := decode(bytes.Clone(text))
		if err != nil {
			return
		}
		if p.attachments > MaxAttachments || p.id > maxID || len(p.namespace) > maxNamespace || p.namespace[0] != '/' {
			t.Errorf("%q is taken for %+v", text, p)
		}
		if p.kind == connect || p.kind == disconnect {
			return
		}
		var want []json.RawMessage
		err = json.Unmarshal(text[bytes.IndexByte(text, '['):], &want)
		assert.Assert(t, err == nil || p.namespace != "/", "%q is taken, and has no array: %v", text, err)
		got := p.data.Args
		if p.kind == event || p.kind == binaryEvent {
			if p.name == "" {
				return // a number, or the empty string
			}
			if p.namespace == "/" {
				want = want[1:]
			}
		}
		if p.namespace == "/" {
			assert.Assert(t, len(got) == len(want), "%q has %d arguments, want %d", text, len(got), len(want))
			for i := range want {
				assert.Check(t, bytes.Equal(got[i], want[i]), "%q: argument %d is %s, want %s", text, i, got[i], want[i])
			}
		}
		id := int64(-1)
		if p.hasID {
			id = int64(p.id)
		}
		k := event
		if p.kind == ack || p.kind == binaryAck {
			k = ack
		}
		p.data.Attachments = make([][]byte, p.attachments)
		again, err := decode(newMessage(k, p.namespace, id, p.name, p.data).text[1:])
		assert.NilError(t, err, "%q is encoded to what is refused", text)
		if p.attachments == 0 {
			again.kind = p.kind // with no attachments it is encoded as text
		}
		again.data.Attachments = p.data.Attachments
		diff := cmp.Diff(p, again, cmp.AllowUnexported(packet{}))
		assert.Check(t, diff == "", "%q comes back as something else: %s", text, diff)
	})
}
