package server

import (
	"encoding/json"
	"net/url"
	"strings"
	"testing"

	"gotest.tools/v3/assert"

	"github.com/pollpush/pollpush/internal/chat"
)

func FuzzParseQuery(f *testing.F) {
	for _, seed := range []string{"", "after=1", "after=1&limit=1000", "limit=0", "after=%31", "after=%zz", "a;b", "after=1&after=1"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		if q, err := parseQuery(raw); err == nil && (q.limit < 1 || q.limit > chat.MaxPage || !q.resume && q.after != 0) {
			t.Errorf("%q is taken for %+v", raw, q)
		}
		after := parameter{name: "after"}
		found := find(raw, &after)
		values, err := url.ParseQuery(raw)
		assert.Assert(t, (found == nil) == (err == nil), "%q: %v, want %v", raw, found, err)
		if err == nil && (after.times != len(values["after"]) || after.value != strings.Join(values["after"], ", ")) {
			t.Errorf("%q: found %+v, want %q", raw, after, values["after"])
		}
	})
}

// FuzzParseMessage covers the body of a POST and a client's WebSocket frame.
func FuzzParseMessage(f *testing.F) {
	for _, seed := range []string{`{"user":"ada","text":"hello"}`, `{"text":"\ud83d\ude42","user":"\u0000"}`, `{"user":"\ud800"}`, `{"user":null}`, `{}`, `{"user":"a","user":"b"}`, "{\"text\":\"\xff\"}", `{"user":"a"}{}`, `{"user":{"user":"a"}}`, `{"user":"a" "text":"b"}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		user, text, err := parseMessage(body)
		if err != nil {
			return
		}
		var want map[string]*string
		assert.NilError(t, json.Unmarshal(body, &want), "%q was taken and is no JSON", body)
		for name, value := range want {
			if got := map[string]string{"user": user, "text": text}[name]; value != nil && got != *value {
				t.Errorf("%q: %s is %q, want %q", body, name, got, *value)
			}
		}
	})
}
