package file

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"

	"gotest.tools/v3/assert"
)

type inner struct {
	In int `json:"in"`
}

type record struct {
	inner
	Name  string           `json:"name"`
	When  time.Time        `json:"when"`
	List  []inner          `json:"list"`
	Maybe *inner           `json:"maybe,omitempty"`
	Any   any              `json:"any"`
	By    map[string]inner `json:"by"`
	Plain int
}

func TestDecode(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{`{}`, ""},
		{" {\n\"name\" : \"a\\\"}\" , \"in\":1,\t\"list\" :[ {\"in\": 2} , { } , null ] , \"maybe\": null }\r\n", ""},
		{`{"when":"2026-01-02T03:04:05Z","by":{"in":{"in":1},"In":{}},"any":{"x":[1,{"X":"]"}],"X":true},"Plain":-1}`, ""},
		{`{"n\u0061me":"a"}`, ""},
		{`{"maybe":{"in":1},"list":[]}`, ""},

		{`{"Name":"a"}`, `has the unknown key "/Name"`},
		{`{"name":"a","NAME":"b"}`, `has the unknown key "/NAME"`},
		{`{"name":"a","n\u0061me":"b"}`, `has the key "/name" twice`},
		{`{"in":1,"in":1}`, `has the key "/in" twice`},
		{`{"list":[{"in":1},{"IN":2}]}`, `has the unknown key "/list/1/IN"`},
		{`{"by":{"a":{},"a":{}}}`, `has the key "/by/a" twice`},
		{`{"by":{"a":{"iN":1}}}`, `has the unknown key "/by/a/iN"`},
		{`{"any":{"a":1,"b":[{"c":1,"c":2}]}}`, `has the key "/any/b/0/c" twice`},
		{`{} {}`, "jsontext: invalid character '{' after top-level value after offset 3"},
		{`{"name":1}`, `json: cannot unmarshal JSON number into Go string within "/name"`},
		{`{`, "jsontext: unexpected EOF after offset 1"},
	} {
		got := ""
		if err := Decode([]byte(c.text), new(record)); err != nil {
			got = strings.Replace(err.Error(), "unable to", "cannot", 1) // which of these encoding/json says is chance
		}
		assert.Check(t, got == c.want, "%s: %q, want %q", c.text, got, c.want)
	}
}

// FuzzDecode: what is taken is what encoding/json takes, and comes out alike.
func FuzzDecode(f *testing.F) {
	for _, text := range []string{`{"name":"a","by":{"x":{"in":1}},"list":[{"in":1},null],"any":[{}]}`, `{"Name":1}`, "[]", `null`, `"`, ` {"any":"\\"} `, `{"when":"2026-01-02T03:04:05Z"}`} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		var strict, loose record
		if err := Decode(text, &strict); err != nil {
			return
		}
		err := json.Unmarshal(text, &loose)
		assert.Check(t, err == nil && reflect.DeepEqual(strict, loose), "%s: %+v, by encoding/json %+v (%v)", text, strict, loose, err)
	})
}
