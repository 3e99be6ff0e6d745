package contract

import (
	"bytes"
	"encoding/json"
	"slices"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"gotest.tools/v3/assert"
)

func asyncAPI(t *testing.T) *document { return readDocument(t, "asyncapi.yaml", jsonschema.Draft7) }

func TestAsyncAPIConforms(t *testing.T) {
	d := asyncAPI(t)
	d.conforms("asyncapi-3.0.schema.json.gz")
	for name := range d.object("#/components/messages") {
		at := "#/components/messages/" + name
		examples, _ := d.at(at + "/examples")
		if list, _ := examples.([]any); len(list) == 0 {
			t.Errorf("%s has no example", name)
		} else {
			for _, example := range list {
				assert.Check(t, d.check(at+"/payload", example.(map[string]any)["payload"]), name)
			}
		}
	}
}

// What the server pushes, and what clients send it, is what the document says.
func TestPushesAreDocumented(t *testing.T) {
	d := asyncAPI(t)
	base := serve(t, 5)
	c := newCheck(t.Context(), base, nil)
	defer c.client.CloseIdleConnections()
	v := &visit{check: c, ctx: t.Context()}
	defer v.leave()
	seen := map[string]bool{}
	is := func(name string, raw []byte) {
		t.Helper()
		value, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
		if err == nil {
			err = d.check("#/components/messages/"+name+"/payload", value)
		}
		assert.Check(t, err, "%s: %s", name, raw)
		seen[name] = true
	}
	must := func(err error) {
		t.Helper()
		assert.NilError(t, err)
	}
	must(v.say("lobby", slices.Repeat([]string{oddText}, 7)...))

	s, err := v.socket("lobby", "?after=0")
	must(err)
	p, err := s.next()
	must(err)
	is("truncated", p.raw)
	for range 5 {
		p, err := s.next()
		must(err)
		is("message", p.raw)
	}
	must(s.text("{}"))
	p, err = s.answer()
	must(err)
	is("error", p.raw)
	is("newMessage", []byte(body("ada", oddText)))
	must(s.text(body("ada", oddText)))
	p, err = s.answer()
	must(err)
	is("ack", p.raw)

	stream, _, err := v.stream("lobby", "?after=0")
	must(err)
	for _, name := range []string{"truncatedEvent", "messageEvent"} {
		e, err := stream.next()
		must(err)
		object := map[string]any{"event": e.name, "data": json.RawMessage(e.data)}
		if e.hasID {
			object["id"] = e.id
		}
		raw, err := json.Marshal(object)
		must(err)
		is(name, raw)
	}

	talk, err := v.converse(byWebSocket, "room=lobby&after=0")
	must(err)
	// arguments waits for the next event or acknowledgement, as an array.
	arguments := func() []byte {
		t.Helper()
		packet, err := talk.read()
		must(err)
		m := eventPacket.FindStringSubmatch(packet)
		assert.Assert(t, m != nil, "packet %q", packet)
		return []byte(m[3])
	}
	is("truncatedNotice", arguments())
	for range 5 {
		is("chatMessage", arguments())
	}
	_, err = talk.emit(`""`, false)
	must(err)
	is("errorMessage", arguments())
	for _, argument := range []string{`""`, `"hello"`, body("ada", oddText)} {
		if argument != `""` {
			is("newChatMessage", []byte(`["chat message",`+argument+`]`))
		}
		id, err := talk.emit(argument, true)
		must(err)
		for acknowledged := false; !acknowledged; {
			packet, err := talk.read()
			must(err)
			m := eventPacket.FindStringSubmatch(packet)
			assert.Assert(t, m != nil, "packet %q", packet)
			if acknowledged = m[1] == "3"; !acknowledged {
				is("chatMessage", []byte(m[3]))
				continue
			}
			assert.Check(t, m[2] == id, "acknowledgement %s of %s", m[2], id)
			is("acknowledgement", []byte(m[3]))
		}
	}
	for name := range d.object("#/components/messages") {
		assert.Check(t, seen[name], "%s is documented, and was never sent", name)
	}
}
