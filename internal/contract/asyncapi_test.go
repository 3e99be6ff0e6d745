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
	v := visitOf(t, serve(t, 5))
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
	v.say("lobby", slices.Repeat([]string{oddText}, 7)...)

	s := v.socket("lobby", "?after=0")
	is("truncated", s.next().raw)
	for range 5 {
		is("message", s.next().raw)
	}
	s.text("{}")
	is("error", s.answer().raw)
	is("newMessage", []byte(body("ada", oddText)))
	s.tell(oddText)
	is("ack", s.answer().raw)

	stream := v.stream("lobby", "?after=0")
	for _, name := range []string{"truncatedEvent", "messageEvent"} {
		e := stream.next()
		object := map[string]any{"event": e.name, "data": json.RawMessage(e.data)}
		if e.hasID {
			object["id"] = e.id
		}
		raw, err := json.Marshal(object)
		assert.NilError(t, err)
		is(name, raw)
	}

	talk := v.converse(byWebSocket, "room=lobby&after=0")
	// next waits for the next event, or for the acknowledgement of id.
	next := func() (acknowledged bool, id string, arguments []byte) {
		t.Helper()
		packet := talk.read()
		m := eventPacket.FindStringSubmatch(packet)
		assert.Assert(t, m != nil, "packet %q", packet)
		return m[1] == "3", m[2], []byte(m[3])
	}
	events := func(names ...string) {
		t.Helper()
		for _, name := range names {
			_, _, arguments := next()
			is(name, arguments)
		}
	}
	events("truncatedNotice", "chatMessage", "chatMessage", "chatMessage", "chatMessage", "chatMessage")
	talk.emit(`""`, false)
	events("errorMessage")
	for _, argument := range []string{`""`, `"hello"`, body("ada", oddText)} {
		if argument != `""` {
			is("newChatMessage", []byte(`["chat message",`+argument+`]`))
		}
		id := talk.emit(argument, true)
		acknowledged, of, arguments := next()
		for !acknowledged {
			is("chatMessage", arguments)
			acknowledged, of, arguments = next()
		}
		assert.Check(t, of == id, "acknowledgement %s of %s", of, id)
		is("acknowledgement", arguments)
	}
	for name := range d.object("#/components/messages") {
		assert.Check(t, seen[name], "%s is documented, and was never sent", name)
	}
}
