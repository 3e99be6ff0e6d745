package codec

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"gotest.tools/v3/assert"
	is "gotest.tools/v3/assert/cmp"
)

func TestScanObject(t *testing.T) {
	for name, c := range map[string]struct {
		json string
		want Object
	}{
		"message":     {messageJSON(42, "hello"), Object{ID: 42, Text: []byte("hello")}},
		"any order":   {"{ \"text\" : \"a\\\"b\\\\\" ,\n\"x\":[1,{\"id\":9}], \"id\" : 7 }", Object{ID: 7, Text: []byte(`a\"b\\`)}},
		"ack":         {`{"ack":17}`, Object{Ack: 17}},
		"error":       {`{"error":{"status":400,"title":"no } text"}}`, Object{Refused: []byte(`{"status":400,"title":"no } text"}`)}},
		"truncated":   {`{"truncated":true}`, Object{Truncated: true}},
		"page":        {`{"messages":[{"id":1,"text":"]"}],"last":43}`, Object{Messages: []byte(`[{"id":1,"text":"]"}]`)}},
		"empty":       {`{ }`, Object{}},
		"the largest": {`{"id":18446744073709551615}`, Object{ID: 1<<64 - 1}},
	} {
		t.Run(name, func(t *testing.T) {
			var got Object
			assert.NilError(t, ScanObject([]byte(c.json+`{"id":1}`), &got))
			c.want.Size = len(c.json)
			diff := cmp.Diff(c.want, got)
			assert.Check(t, diff == "", diff)
			for n := range c.json {
				err := ScanObject([]byte(c.json[:n]), &got)
				assert.Check(t, errors.Is(err, ErrMalformed), "%s gave %v", c.json[:n], err)
			}
		})
	}
}

func TestScanRefuses(t *testing.T) {
	for _, text := range []string{"x", "[", `{"id"}`, `{"id":}`, `{"id":"1"}`, `{"id":-1}`, `{"id":18446744073709551616}`, `{"id":1,}`,
		`{"text":1}`, `{"a":[1,2}`, `{"a":{"b"}}`, `{"a":` + strings.Repeat("[", 100), `{"id":1 "text":"a"}`} {
		var o Object
		err := ScanObject([]byte(text), &o)
		assert.Check(t, errors.Is(err, ErrMalformed), "%.40q gave %+v, %v; want a malformed answer", text, o, err)
	}
	for _, array := range []string{"", "{}", "[1]", `[{"id":1}]`, `[{"id":1,"text":"a"}`, `[{"id":1,"text":"a"},]`, `[{"id":0,"text":"a"}]`} {
		ds, err := ScanMessages(nil, []byte(array))
		assert.Check(t, errors.Is(err, ErrMalformed), "messages %q gave %v, %v", array, ds, err)
	}
	for _, page := range []string{"", "{}", `{"last":1}`, `{"messages":null}`, `{"messages":[1]}`} {
		ds, err := ScanPage(nil, []byte(page))
		assert.Check(t, errors.Is(err, ErrMalformed), "page %q gave %v, %v", page, ds, err)
	}
}

func TestScanPage(t *testing.T) {
	const body = `{"last":2,"messages":[ {"id":1,"text":"a"} , {"text":"bc","id":2} ] }`
	ds, err := ScanPage([]Delivery{{ID: 9, Text: []byte("0")}}, []byte(body))
	diff := cmp.Diff([]Delivery{{9, []byte("0"), nil}, {1, []byte("a"), []byte(`{"id":1,"text":"a"}`)}, {2, []byte("bc"), []byte(`{"text":"bc","id":2}`)}}, ds)
	assert.Check(t, err == nil && diff == "", "%v: %s", err, diff)
	assert.Check(t, is.Equal(MessagesTally(ds[1:], len(body)), Tally{Text: 3, Envelope: int64(len(body) - 3)}))
	ds, err = ScanPage(nil, []byte(`{"messages":[ ]}`))
	assert.Check(t, err == nil && len(ds) == 0, "%v, %v", ds, err)
}

func TestScanError(t *testing.T) {
	refused, err := ScanError([]byte(`{"status":413,"title":"too long"}`))
	assert.Check(t, err == nil && *refused == AnswerError{413, "too long"}, "%v, %v", refused, err)
	for _, text := range []string{"", "[]", `{"status":"no"}`} {
		refused, err := ScanError([]byte(text))
		assert.Check(t, errors.Is(err, ErrMalformed), "%q gave %v, %v", text, refused, err)
	}
}

func TestTally(t *testing.T) {
	for body, want := range map[string]Tally{
		"": {}, "no JSON": {}, `{"id":`: {}, `[1]`: {},
		`{"status":404}`:               {Envelope: 14},
		"{\"id\":1,\"text\":\"ab\"}\n": {Text: 2, Envelope: 19},
	} {
		assert.Check(t, is.Equal(ObjectTally([]byte(body)), want), "%q", body)
	}
	assert.Check(t, is.Equal(Published("ada", "hello"), ObjectTally([]byte(`{"user":"ada","text":"hello"}`))))
}

func TestAcceptedAt(t *testing.T) {
	for message, want := range map[string]int64{
		messageJSON(1, "t"):                        1763850000123,
		`{"at": 1763850000123 ,"id":1,"text":"t"}`: 1763850000123,
		`{"id":1,"text":"\"at\":5","at":17}`:       17,
		`{"id":1,"text":"\"at\":5"}`:               0,
		`{"id":1,"user":"at","text":"at"}`:         0,
		`{"id":1,"text":"t"}`:                      0,
		`{"id":1,"text":"t","at":null}`:            0,
		`{"id":1,"text":"t","at":"17"}`:            0,
		`{"id":1,"text":"t","at":-17}`:             0,
		`{"id":1,"text":"t","at":8796093022208}`:   8796093022208,
		`{"id":1,"text":"t","at":8796093022209}`:   0,
		`{"id":1,"at":99999999999999999999}`:       0,
		`{"id":1,"text":"t","at":`:                 0,
		``:                                         0,
	} {
		assert.Check(t, is.Equal(AcceptedAt([]byte(message)), want), message)
	}
}

// What encoding/json understands the scanner must understand in the same way.
func FuzzScanObject(f *testing.F) {
	f.Add(messageJSON(42, `hel\"lo`))
	f.Add(`{"messages":[{"id":1,"text":"a"}],"last":1,"truncated":true}`)
	f.Add(`{"error":{"status":400}}`)
	f.Add(`{"ack":1}`)
	f.Fuzz(func(t *testing.T, text string) {
		var got Object
		err := ScanObject([]byte(text), &got)
		assert.Assert(t, err == nil || errors.Is(err, ErrMalformed), "%q gave %v", text, err)
		assert.Assert(t, err != nil || got.Size <= len(text) && got.Size >= 2, "size %d of %d bytes", got.Size, len(text))
		_, _ = ScanMessages(nil, []byte(text))
		_, _ = ScanError([]byte(text))
		_ = AcceptedAt([]byte(text))
		tally := ObjectTally([]byte(text))
		assert.Assert(t, tally == Tally{} || tally.Text >= 0 && tally.Envelope > 0 && tally.Text+tally.Envelope == int64(len(text)), "%+v of %d bytes", tally, len(text))
		var raw map[string]json.RawMessage
		if json.Unmarshal([]byte(text), &raw) != nil || raw == nil || strings.Count(text, `"id"`) != 1 || strings.Contains(text, `\`) {
			return
		}
		var want struct{ ID *uint64 }
		if _, ok := raw["id"]; !ok || json.Unmarshal([]byte(`{"id":`+string(raw["id"])+`}`), &want) != nil || want.ID == nil || err != nil {
			return
		}
		assert.Check(t, got.ID == *want.ID, "%q: id %d, encoding/json has %d", text, got.ID, *want.ID)
	})
}
