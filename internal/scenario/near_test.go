package scenario

import (
	"testing"

	"gotest.tools/v3/assert"
	is "gotest.tools/v3/assert/cmp"
)

func TestSlips(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want int
	}{
		{"", "", 0}, {"", "abc", 3}, {"abc", "", 3}, {"clients", "clients", 0}, {"cleints", "clients", 1},
		{"client", "clients", 1}, {"kitten", "sitting", 3}, {"ab", "ba", 1}, {"ca", "abc", 3},
	} {
		assert.Check(t, is.Equal(slips(c.a, c.b), c.want), "slips(%q, %q) =", c.a, c.b)
	}
}

func TestNearest(t *testing.T) {
	names := []string{"poll", "poll-etag", "sse", "ws"}
	for word, want := range map[string]string{
		"pol": "poll", "POLL": "poll", "wss": "ws", "poll_etag": "poll-etag", "see": "sse", "pigeon": "", "": "", "xy": "",
	} {
		assert.Check(t, is.Equal(nearest(word, names), want), "nearest(%q) =", word)
	}
}
