package scenario

import "testing"

func TestSlips(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want int
	}{
		{"", "", 0}, {"", "abc", 3}, {"abc", "", 3}, {"clients", "clients", 0}, {"cleints", "clients", 1},
		{"client", "clients", 1}, {"kitten", "sitting", 3}, {"ab", "ba", 1}, {"ca", "abc", 3},
	} {
		if got := slips(c.a, c.b); got != c.want {
			t.Errorf("slips(%q, %q) = %d, want %d", c.a, c.b, got, c.want)
		}
	}
}

func TestNearest(t *testing.T) {
	names := []string{"poll", "poll-etag", "sse", "ws"}
	for word, want := range map[string]string{
		"pol": "poll", "POLL": "poll", "wss": "ws", "poll_etag": "poll-etag", "see": "sse", "pigeon": "", "": "", "xy": "",
	} {
		if got := nearest(word, names); got != want {
			t.Errorf("nearest(%q) = %q, want %q", word, got, want)
		}
	}
}
