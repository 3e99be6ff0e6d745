package codec

import (
	"errors"
	"strings"
	"testing"

	"gotest.tools/v3/assert"
	is "gotest.tools/v3/assert/cmp"
)

func TestParsePacket(t *testing.T) {
	for text, want := range map[string]struct {
		engine, socket byte
		number         uint64
		data           string
	}{
		`0{"sid":"y"}`:             {EngineOpen, 0, 0, `{"sid":"y"}`},
		"1":                        {EngineClose, 0, 0, ""},
		"2probe":                   {EnginePing, 0, 0, "probe"},
		"6":                        {EngineNoop, 0, 0, ""},
		`40{"sid":"y"}`:            {EngineMessage, SocketConnect, 0, `{"sid":"y"}`},
		"41":                       {EngineMessage, SocketDisconnect, 0, ""},
		`42["a"]`:                  {EngineMessage, SocketEvent, 0, `["a"]`},
		`42/,17["a"]`:              {EngineMessage, SocketEvent, 17, `["a"]`},
		`4318446744073709551615[]`: {EngineMessage, SocketAck, 1<<64 - 1, "[]"},
		`44{}`:                     {EngineMessage, SocketRefusal, 0, "{}"},
	} {
		p, err := ParsePacket([]byte(text))
		assert.Check(t, err == nil && p.Engine == want.engine && p.Socket == want.socket && p.Number == want.number && string(p.Data) == want.data, "%s gave %+v, %v", text, p, err)
	}
	for _, text := range []string{
		"", "3", "5", "7", "4", "bAAEC", "45", `451-["chat message",{"_placeholder":true,"num":0}]`, "461-0[]", "47", "4x",
		`42/admin,["chat message",{"id":1,"text":"a"}]`, `4299999999999999999999["chat message"]`, "43[]", "43",
	} {
		p, err := ParsePacket([]byte(text))
		assert.Check(t, errors.Is(err, ErrMalformed), "%q gave %+v, %v; want a malformed answer", text, p, err)
	}
}

func TestParseOpen(t *testing.T) {
	sid, err := ParseOpen([]byte(`0{"sid":"s/1","upgrades":["websocket"],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000}`))
	assert.Check(t, err == nil && sid == "s/1", "%q, %v", sid, err)
	for _, text := range []string{"", "0", "0{}", `0{"sid":""}`, `0{"sid":1}`, "40", "hello", "6"} {
		sid, err := ParseOpen([]byte(text))
		assert.Check(t, errors.Is(err, ErrMalformed), "%q gave %q, %v; want a malformed answer", text, sid, err)
	}
}

func TestParseEvent(t *testing.T) {
	message := messageJSON(7, `t\"wo]`)
	envelope := int64(len(message) - len(`t\"wo]`))
	for data, want := range map[string]struct {
		chat bool
		Tally
	}{
		`["chat message",` + message + `]`:                             {true, Tally{6, envelope}},
		`[ "chat message" , ` + message + " ] ":                        {true, Tally{6, envelope}},
		`["chat message",` + message + `,6,{"more":["]"]} , "AbCd-1"]`: {true, Tally{6, envelope + 1 + 14 + 8}},
		`["truncated"]`:                    {},
		`["error message",{"status":400}]`: {false, Tally{0, 14}},
		`["other",[1,{"a":"]"}],null]`:     {false, Tally{0, 13 + 4}},
	} {
		d, chat, tally, err := ParseEvent([]byte(data))
		assert.Check(t, err == nil && chat == want.chat && tally == want.Tally, "%s gave %v, %+v, %v; want %+v", data, chat, tally, err, want)
		assert.Check(t, !chat || d.ID == 7 && string(d.Text) == `t\"wo]` && string(d.JSON) == message, "%s gave %d %q in %q", data, d.ID, d.Text, d.JSON)
	}
	for _, data := range []string{
		"", "{}", "[]", "[1]", `["chat message"]`, `["chat message","hi"]`, `["chat message",{"id":1}]`, `["chat message",{"id":1,"text":"a"}`,
		`["chat message",{"id":1,"text":"a"}]x`, `["chat message",{"id":1,"text":"a"},]`, `["chat message",{"id":1,"text":"a"}` + "\n",
	} {
		d, _, _, err := ParseEvent([]byte(data))
		assert.Check(t, errors.Is(err, ErrMalformed), "%q gave %+v, %v; want a malformed answer", data, d, err)
	}
}

func TestParseAck(t *testing.T) {
	message := messageJSON(7, "hello")
	for data, want := range map[string]struct {
		id      uint64
		refused string
		Tally
	}{
		"[" + message + "]":                   {7, "", Tally{5, int64(len(message) - 5)}},
		"[ " + message + ` , {"queued":0} ] `: {7, "", Tally{5, int64(len(message) - 5 + 12)}},
		`[{"error":{"status":413}}]`:          {0, `{"status":413}`, Tally{0, 24}},
	} {
		o, tally, err := ParseAck([]byte(data))
		assert.Check(t, err == nil && o.ID == want.id && string(o.Refused) == want.refused && tally == want.Tally, "%s gave %+v, %+v, %v", data, o, tally, err)
	}
	for _, data := range []string{"", "[]", "[1]", `["ok"]`, `[{}]`, `[{"id":1}`, `[{"id":1}],`, `[{"error":}]`} {
		o, _, err := ParseAck([]byte(data))
		assert.Check(t, errors.Is(err, ErrMalformed), "%q gave %+v, %v; want a malformed answer", data, o, err)
	}
}

func TestParseJoinRefusal(t *testing.T) {
	for data, want := range map[string]AnswerError{
		`{"message":"no such room","data":{"status":404}}`: {404, "no such room"},
		`{"message":"Invalid namespace"}`:                  {400, "Invalid namespace"},
		`{"message":"odd","data":"text"}`:                  {400, "odd"},
		`{"message":"odd","data":{"status":"no number"}}`:  {400, "odd"},
		`{"message":"` + strings.Repeat("a", 300) + `"}`:   {400, strings.Repeat("a", 200)},
	} {
		refused, err := ParseJoinRefusal([]byte(data))
		assert.Check(t, err == nil && *refused == want, "%s gave %+v, %v", data, refused, err)
	}
	for _, data := range []string{"", "[]", `{"message":1}`} {
		refused, err := ParseJoinRefusal([]byte(data))
		assert.Check(t, errors.Is(err, ErrMalformed), "%q gave %+v, %v; want a malformed answer", data, refused, err)
	}
}

func TestAppendEmit(t *testing.T) {
	b := AppendEmit([]byte("before"), 17, "ada", "hello")
	assert.Check(t, is.Equal(string(b), `before4217["chat message",{"user":"ada","text":"hello"}]`))
}

// Whatever a server sends is a packet or malformed, and a tally counts no byte
// that is not there.
func FuzzPacket(f *testing.F) {
	for _, text := range []string{
		`42["chat message",` + messageJSON(1, "hello") + `]`, `42["truncated",{}]`, `431[` + messageJSON(1, "hello") + `]`, `431[{"error":{"status":400,"title":"no"}}]`,
		`0{"sid":"y"}`, `44{"message":"no","data":{"status":400}}`, "bAAEC", "2", `42/admin,["a"]`, `451-["chat message",{"_placeholder":true,"num":0}]`,
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		check := func(tally Tally, err error) {
			assert.Assert(t, err == nil || errors.Is(err, ErrMalformed), "%q gave %v", b, err)
			assert.Assert(t, tally.Text >= 0 && tally.Envelope >= 0 && tally.Text+tally.Envelope <= int64(len(b)), "%+v of %d bytes", tally, len(b))
		}
		_, err := ParseOpen(b)
		check(Tally{}, err)
		p, err := ParsePacket(b)
		check(Tally{}, err)
		_, err = ParseJoinRefusal(p.Data)
		check(Tally{}, err)
		_, tally, err := ParseAck(p.Data)
		check(tally, err)
		d, chat, tally, err := ParseEvent(p.Data)
		check(tally, err)
		assert.Assert(t, !chat || d.ID > 0 && err == nil && strings.Contains(string(b), string(d.JSON)), "%q gave %d %q, %v", b, d.ID, d.JSON, err)
	})
}
