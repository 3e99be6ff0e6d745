package main

import (
	"cmp"
	"regexp"
	"strings"
	"unicode/utf8"
)

// screen fits text to a terminal, as a stream of pieces: lines break between
// words, never within one that fits a line, and where the locale has no UTF-8,
// other characters stand for those beyond ASCII.
type screen struct {
	columns int // 0 is unknown
	ascii   bool

	column int // of the cursor
}

// hasUTF8 reports whether the locale of an environment has UTF-8. Without any,
// it is POSIX's, which does not.
func hasUTF8(env func(string) string) bool {
	name := strings.ToLower(cmp.Or(env("LC_ALL"), env("LC_CTYPE"), env("LANG")))
	return strings.HasSuffix(strings.ReplaceAll(name, "-", ""), "utf8")
}

func (s *screen) fit(text string) string {
	if s.ascii {
		text = inASCII(text)
	}
	var out strings.Builder
	for line := range strings.Lines(text) {
		s.addLine(&out, line)
	}
	return out.String()
}

// addLine adds a line, or the piece of one. What begins at the left end again
// (\r) has been fitted by its writer.
func (s *screen) addLine(out *strings.Builder, line string) {
	text, ended := strings.CutSuffix(line, "\n")
	switch at := strings.LastIndex(text, "\r"); {
	case at >= 0:
		out.WriteString(text)
		s.column = seen(text[at+1:])
	case s.columns == 0 || s.column+seen(text) <= s.columns:
		out.WriteString(text)
		s.column += seen(text)
	default:
		s.wrap(out, text)
	}
	if ended {
		out.WriteByte('\n')
		s.column = 0
	}
}

// wrap adds a line that is too long in several, of which all but the first are
// indented.
func (s *screen) wrap(out *strings.Builder, line string) {
	indent, gap, begun := 2, 0, s.column > 0
	if !begun {
		indent += len(line) - len(strings.TrimLeft(line, " "))
	}
	space := func(n int) {
		out.WriteString(strings.Repeat(" ", n))
		s.column += n
	}
	for i, word := range strings.Split(line, " ") {
		gap += min(i, 1)
		n := seen(word)
		if n == 0 {
			continue
		}
		if begun && s.column+gap+n > s.columns {
			out.WriteByte('\n')
			s.column, gap = 0, indent
		}
		space(gap)
		out.WriteString(word)
		s.column += n
		gap, begun = 0, true
	}
	space(gap)
}

var escape = regexp.MustCompile(`\x1b\[[0-9;]*[A-Za-z]`)

// seen is how many columns text takes.
func seen(text string) int {
	if strings.Contains(text, "\x1b") {
		text = escape.ReplaceAllString(text, "")
	}
	return utf8.RuneCountInString(text)
}

// substitutes stand for characters beyond ASCII, those of tables in the same width.
var substitutes = strings.NewReplacer("–", "-", "−", "-", "—", "-", "·", "|", "×", "x", "÷", "/", "µ", "u", "⚠", "!", "±", "~",
	"≥", ">=", "≤", "<=", "≠", "!=", "≈", "~", "→", "->", "…", "...", "“", `"`, "”", `"`, "‘", "'", "’", "'", "²", "^2", "√", "sqrt ", "λ", "lambda", "Σ", "sum ")

func inASCII(text string) string {
	return strings.Map(func(r rune) rune {
		if r >= utf8.RuneSelf {
			return '?'
		}
		return r
	}, substitutes.Replace(text))
}
