package loadgen

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"gotest.tools/v3/assert"
)

func TestScanObject(t *testing.T) {
	for name, c := range map[string]struct {
		json string
		want object
	}{
		"message":   {`{"id":42,"room":"lobby","user":"ada","text":"hello","at":1763850000123}`, object{id: 42, text: []byte("hello")}},
		"any order": {"{ \"text\" : \"a\\\"b\\\\\" ,\n\"x\":[1,{\"id\":9}], \"id\" : 7 }", object{id: 7, text: []byte(`a\"b\\`)}},
		"ack":       {`{"ack":17}`, object{ack: 17}},
		"error":     {`{"error":{"status":400,"title":"no } text"}}`, object{refused: []byte(`{"status":400,"title":"no } text"}`)}},
		"truncated": {`{"truncated":true}`, object{truncated: true}},
		"page":      {`{"messages":[{"id":1,"text":"]"}],"last":43}`, object{messages: []byte(`[{"id":1,"text":"]"}]`)}},
		"empty":     {`{}`, object{}},
	} {
		t.Run(name, func(t *testing.T) {
			var got object
			assert.NilError(t, scanObject([]byte(c.json+`{"id":1}`), &got))
			assert.Check(t, got.size == len(c.json), "size %d, want %d", got.size, len(c.json))
			if got.id != c.want.id || string(got.text) != string(c.want.text) || got.ack != c.want.ack ||
				got.truncated != c.want.truncated || string(got.refused) != string(c.want.refused) || string(got.messages) != string(c.want.messages) {
				t.Errorf("got %+v, want %+v", got, c.want)
			}
		})
	}
}

func TestScanRefuses(t *testing.T) {
	for _, text := range []string{"", "x", "[", "{", `{"id"}`, `{"id":}`, `{"id":"1"}`, `{"id":-1}`, `{"id":99999999999999999999}`, `{"id":1`, `{"id":1,}`,
		`{"text":1}`, `{"text":"a}`, `{"a":[1,2}`, `{"a":{"b"}}`, `{"a":` + strings.Repeat("[", 100), `{"id":1 "text":"a"}`} {
		var o object
		err := scanObject([]byte(text), &o)
		assert.Check(t, errors.Is(err, errMalformed), "%.40q gave %+v, %v; want a malformed answer", text, o, err)
	}
	for _, text := range []string{"", "{}", "[1]", `[{"id":1}]`, `[{"id":1,"text":"a"}`, `[{"id":1,"text":"a"},]`, `[{"id":0,"text":"a"}]`} {
		ds, err := scanMessages(nil, []byte(text))
		assert.Check(t, err != nil, "messages %q gave %v", text, ds)
	}
}

func TestScanMessages(t *testing.T) {
	ds, err := scanMessages(nil, []byte(`[ {"id":1,"text":"a"} , {"text":"b","id":2} ]`))
	assert.Assert(t, err == nil && len(ds) == 2, "%v, %v", ds, err)
	if ds[0].ID != 1 || ds[1].ID != 2 || string(ds[1].Text) != "b" || string(ds[1].JSON) != `{"text":"b","id":2}` {
		t.Errorf("got %s and %s", ds[0].JSON, ds[1].JSON)
	}
}

// What encoding/json understands the scanner must understand in the same way.
func FuzzScanObject(f *testing.F) {
	f.Add(`{"id":42,"room":"lobby","user":"ada","text":"hel\"lo","at":17}`)
	f.Add(`{"messages":[{"id":1,"text":"a"}],"last":1,"truncated":true}`)
	f.Add(`{"error":{"status":400}}`)
	f.Add(`{"ack":1}`)
	f.Fuzz(func(t *testing.T, text string) {
		var got object
		err := scanObject([]byte(text), &got)
		if err == nil && (got.size > len(text) || got.size < 2) {
			t.Fatalf("size %d of %d bytes", got.size, len(text))
		}
		if err == nil {
			_, _ = scanMessages(nil, got.messages)
			_, _ = scanError(got.refused)
		}
		var raw map[string]json.RawMessage
		if json.Unmarshal([]byte(text), &raw) != nil || raw == nil || strings.Count(text, `"id"`) != 1 || strings.Contains(text, `\`) {
			return
		}
		var want struct{ ID *uint64 }
		if _, ok := raw["id"]; !ok || json.Unmarshal([]byte(`{"id":`+string(raw["id"])+`}`), &want) != nil || want.ID == nil || err != nil {
			return
		}
		if got.id != *want.ID {
			t.Errorf("%q: id %d, encoding/json has %d", text, got.id, *want.ID)
		}
	})
}
