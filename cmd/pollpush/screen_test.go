package main

import (
	"fmt"
	"strings"
	"testing"

	"gotest.tools/v3/assert"
	is "gotest.tools/v3/assert/cmp"
)

func TestScreen(t *testing.T) {
	const sentence = "pollpush: the server is not there; start it first\n"
	for name, c := range map[string]struct {
		screen screen
		pieces []string
		want   string
	}{
		"fits":                    {screen{columns: 49}, []string{sentence}, sentence},
		"no width":                {screen{}, []string{sentence}, sentence},
		"breaks between words":    {screen{columns: 30}, []string{sentence}, "pollpush: the server is not\n  there; start it first\n"},
		"breaks twice":            {screen{columns: 20}, []string{sentence}, "pollpush: the server\n  is not there;\n  start it first\n"},
		"in pieces":               {screen{columns: 30}, []string{sentence[:20], sentence[20:]}, "pollpush: the server is not\n  there; start it first\n"},
		"a word that never fits":  {screen{columns: 9}, []string{"see /a/long/path/to it\n"}, "see\n  /a/long/path/to\n  it\n"},
		"keeps indent and gaps":   {screen{columns: 21}, []string{"    asked:  something that is long\n"}, "    asked:  something\n      that is long\n"},
		"escapes take no room":    {screen{columns: 4}, []string{"\x1b[1mbold\x1b[0m\n"}, "\x1b[1mbold\x1b[0m\n"},
		"a line that is replaced": {screen{columns: 4}, []string{"a b", "\r\x1b[Kc d", "\r\x1b[K", "e f g h\n"}, "a b\r\x1b[Kc d\r\x1b[Ke f\n  g\n  h\n"},
		"ASCII":                   {screen{ascii: true}, []string{"– 5 µs × 2 ≥ 1 · ⚠ “é”…\n"}, "- 5 us x 2 >= 1 | ! \"?\"...\n"},
		"ASCII, then broken":      {screen{ascii: true, columns: 4}, []string{"… …\n"}, "...\n  ...\n"},
	} {
		var got strings.Builder
		for _, piece := range c.pieces {
			got.WriteString(c.screen.fit(piece))
		}
		assert.Check(t, is.Equal(got.String(), c.want), name)
	}
}

func TestLocale(t *testing.T) {
	for _, c := range []struct {
		all, ctype, lang string
		want             bool
	}{
		{"", "", "", false}, {"", "", "en_US.UTF-8", true}, {"", "", "C.utf8", true}, {"", "", "POSIX", false}, {"", "", "de_DE.ISO-8859-1", false},
		{"C", "", "en_US.UTF-8", false}, {"", "C", "en_US.UTF-8", false}, {"C.UTF-8", "C", "C", true},
	} {
		env := map[string]string{"LC_ALL": c.all, "LC_CTYPE": c.ctype, "LANG": c.lang}
		assert.Check(t, is.Equal(hasUTF8(func(name string) string { return env[name] }), c.want), fmt.Sprint(env))
	}
}
