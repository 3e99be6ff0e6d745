package report

import (
	"math"
	"regexp"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// token is a number as it is printed: in base units, and by how much a value may
// differ that is printed so.
type token struct {
	text  string
	value float64
	slack float64
	unit  string // as in the formulas; "" where none is printed
}

// printedUnits are the units of the formulas by what is printed, longest first.
var printedUnits = []struct {
	name, unit string
	factor     float64
}{
	{"Gbit/s", "bit/s", 1e9}, {"Mbit/s", "bit/s", 1e6}, {"kbit/s", "bit/s", 1e3}, {"bit/s", "bit/s", 1},
	{"GiB", "bytes", 1 << 30}, {"MiB", "bytes", 1 << 20}, {"KiB", "bytes", 1 << 10}, {"MB", "bytes", 1e6}, {"kB", "bytes", 1e3},
	{"/min", "/min", 1}, {"ns", "s", 1e-9}, {"µs", "s", 1e-6}, {"ms", "s", 1e-3}, {"/s", "/s", 1},
	{"B", "bytes", 1}, {"s", "s", 1}, {"%", "%", 1e-2},
}

var digits = regexp.MustCompile(`[-−+]?\d[\d,]*(\.\d+)?`)

// tokens are the numbers in a text. One that a letter stands before is part of a
// name: p99, t50.
func tokens(s string) (list []token) {
	for _, at := range digits.FindAllStringIndex(s, -1) {
		before, text, rest := s[:at[0]], s[at[0]:at[1]], s[at[1]:]
		if last, _ := utf8.DecodeLastRuneInString(before); unicode.IsLetter(last) || last == '_' {
			continue
		}
		if trimmed := strings.TrimRight(text, ","); trimmed != text {
			text, rest = trimmed, text[len(trimmed):]+rest
		}
		list = append(list, newToken(text, rest))
	}
	return list
}

// newToken reads a number, and the unit that rest begins with.
func newToken(text, rest string) token {
	t := token{text: text}
	plainly := strings.NewReplacer(",", "", "−", "-", "+", "").Replace(text)
	t.value, _ = strconv.ParseFloat(plainly, 64)
	whole, fraction, point := strings.Cut(strings.TrimLeft(plainly, "-"), ".")
	switch zeros := len(whole) - len(strings.TrimRight(whole, "0")); {
	case point:
		t.slack = 0.5 * math.Pow(10, -float64(len(fraction)))
	case len(whole) > 3 && zeros > 0: // three digits are significant, as far as the others are 0
		t.slack = 0.5 * math.Pow(10, float64(min(zeros, len(whole)-3)))
	default:
		t.slack = 0.5
	}
	for _, u := range printedUnits {
		after, ok := strings.CutPrefix(strings.TrimPrefix(rest, " "), u.name)
		if next, _ := utf8.DecodeRuneInString(after); ok && !unicode.IsLetter(next) && !unicode.IsDigit(next) {
			t.unit, t.value, t.slack, t.text = u.unit, t.value*u.factor, t.slack*u.factor, text+" "+u.name
			break
		}
	}
	return t
}

// threeDigits is what tables print of a number.
func threeDigits(v float64) float64 {
	v, _ = strconv.ParseFloat(strconv.FormatFloat(v, 'e', 2, 64), 64)
	return v
}

// prints reports whether a value may be printed so.
func (t token) prints(v float64) bool {
	return math.Abs(t.value-v) <= t.slack*(1+1e-6)+1e-9*math.Abs(v)
}
