package loadgen

import (
	"bytes"
	"compress/flate"
	"encoding/json"
	"testing"
	"time"

	"gotest.tools/v3/assert"
)

func TestTextCarriesItsTag(t *testing.T) {
	for _, tag := range []Tag{{}, {1, time.Second}, {35, 36}, {1 << 40, 1 << 50}} {
		for _, size := range []int{32, 200, 4096} {
			text := Text("abc123", 1, 0, tag, size)
			assert.Check(t, len(text) == size, "%d bytes, want %d", len(text), size)
			got, ok := parseTag("abc123", []byte(text))
			assert.Check(t, ok && got == tag, "the tag of %.40q is %v, %v; want %v", text, got, ok, tag)
			if _, ok := parseTag("abc124", []byte(text)); ok {
				t.Errorf("another trial's nonce takes %.40q for its own", text)
			}
			quoted, _ := json.Marshal(text)
			assert.Check(t, string(quoted) == `"`+text+`"`, "%.40q needs escaping in JSON", text)
		}
	}
}

func TestForeignTexts(t *testing.T) {
	for _, text := range []string{"", "~", "hello", "~abc123", "~abc123.", "~abc123.1~", "~abc123.1.~", "~abc123.A.1~", "~abc123..~",
		"~abc123.1.2", "~abc123.1111111111111.2~", "abc123.1.2~"} {
		tag, ok := parseTag("abc123", []byte(text))
		assert.Check(t, !ok, "%q has the tag %v", text, tag)
	}
}

// Zeros would compress to nothing and random bytes not at all: a chat's text
// halves, more or less.
func TestTextHasTheEntropyOfChat(t *testing.T) {
	var texts, packed bytes.Buffer
	for i := range int64(50) {
		texts.WriteString(Text("abc123", 1, 0, Tag{Seq: i}, 200))
	}
	w, _ := flate.NewWriter(&packed, flate.DefaultCompression)
	w.Write(texts.Bytes())
	w.Close()
	ratio := float64(packed.Len()) / float64(texts.Len())
	assert.Check(t, ratio >= .3 && ratio <= .7, "50 messages deflate to %.0f %% of their size, not to 30 to 70 %%", 100*ratio)
}
