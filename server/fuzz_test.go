package server

import (
	"encoding/json"
	"testing"

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
		if err := json.Unmarshal(body, &want); err != nil {
			t.Fatalf("%q was taken and is no JSON: %v", body, err)
		}
		for name, value := range want {
			if got := map[string]string{"user": user, "text": text}[name]; value != nil && got != *value {
				t.Errorf("%q: %s is %q, want %q", body, name, got, *value)
			}
		}
	})
}

func FuzzFrameScanner(f *testing.F) {
	f.Add([]byte{0x81, 0x05, 'h', 'e', 'l', 'l', 'o'}, 3)
	f.Add([]byte{0x81, 127, 255, 255, 255, 255, 255, 255, 255, 255}, 1)
	f.Add([]byte{0x81, 0xfe, 0, 0, 1, 2, 3, 4, 0x89, 0}, 5)
	f.Fuzz(func(t *testing.T, stream []byte, cut int) {
		cut = min(max(cut, 0), len(stream))
		var whole, parts frameScanner
		if a, b := whole.scan(stream), parts.scan(stream[:cut])+parts.scan(stream[cut:]); a != b || whole.left != parts.left || whole.have != parts.have {
			t.Errorf("whole: %d frames and %+v, in two: %d and %+v", a, whole, b, parts)
		}
	})
}
