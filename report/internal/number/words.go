package number

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"
	"unicode"
)

// Plural is "no clients", "1 client", "1,000 deliveries".
func Plural(n float64, thing string) string {
	many := thing + "s"
	if stem, y := strings.CutSuffix(thing, "y"); y {
		many = stem + "ies"
	}
	switch {
	case n == 0:
		return "no " + many
	case n == 1:
		return "1 " + thing
	case n == math.Trunc(n):
		return Count.Format(n) + " " + many
	}
	return Plain(n) + " " + many
}

// OfAll is "1 of 18 points".
func OfAll(n, all int, thing string) string {
	return fmt.Sprintf("%d of %s", n, Plural(float64(all), thing))
}

// Join lists words: "a, b and c".
func Join(list []string) string {
	switch len(list) {
	case 0:
		return ""
	case 1:
		return list[0]
	}
	return strings.Join(list[:len(list)-1], ", ") + " and " + list[len(list)-1]
}

// Unique is each of a list once.
func Unique(list []string) (out []string) {
	for _, s := range list {
		if !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return out
}

// Capital begins a sentence.
func Capital(s string) string {
	if s == "" || s[0] < 'a' || s[0] > 'z' {
		return s
	}
	return string(s[0]-'a'+'A') + s[1:]
}

// Or is s, or what stands for an empty one.
func Or(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}

// Instant prints a time to the second.
func Instant(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05 UTC") }

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

// Quote makes s one word for a shell.
func Quote(s string) string {
	safe := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("-_./:,@%+=", r)
	}
	if s != "" && s[0] != '-' && strings.IndexFunc(s, func(r rune) bool { return !safe(r) }) < 0 {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}
