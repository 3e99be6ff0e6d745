package number

import (
	"strings"
	"unicode"
)

// Clean replaces what is not printable, line ends and direction overrides
// among it, and puts single spaces between words.
func Clean(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case !unicode.IsPrint(r):
			return '\uFFFD'
		}
		return r
	}, s)
	return strings.Join(strings.Fields(s), " ")
}
