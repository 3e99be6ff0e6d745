package scenario

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// count is a whole number. With auto, the word auto means 0.
type count[T int | uint64] struct {
	lo, hi int64
	auto   bool
	at     func(*Scenario) *T
}

func (f count[T]) parse(d *draft, v value) []problem {
	if f.auto && v.scalar() && v.text == "auto" {
		*f.at(&d.Scenario) = 0
		return nil
	}
	if !v.scalar() || !wholePattern.MatchString(v.text) {
		plain := strings.NewReplacer(",", "", "_", "", "'", "", " ", "").Replace(v.text)
		if v.scalar() && wholePattern.MatchString(plain) {
			return refuse(v, "is not a whole number; write %s", clip(plain))
		}
		return refuse(v, "is not a whole number; must be %s", f.Allowed())
	}
	if v.form == quoted {
		return refuse(v, "is text; write %s, without quotes", clip(v.text))
	}
	n, err := strconv.ParseInt(v.text, 10, 64)
	if err != nil || n < f.lo || n > f.hi {
		return refuse(v, "must be %s", f.Allowed())
	}
	*f.at(&d.Scenario) = T(n)
	return nil
}

func (f count[T]) format(s *Scenario) string {
	n := *f.at(s)
	if f.auto && n == 0 {
		return "auto"
	}
	return strconv.FormatUint(uint64(n), 10)
}

func (f count[T]) Allowed() string {
	allowed := formatCount(f.lo) + " to " + formatCount(f.hi)
	if f.auto {
		return "auto, or " + allowed
	}
	return allowed
}

func (f count[T]) Schema() map[string]any {
	number := map[string]any{"type": "integer", "minimum": f.lo, "maximum": f.hi}
	if f.auto {
		return map[string]any{"oneOf": []any{map[string]any{"const": "auto"}, number}}
	}
	return number
}

func (count[T]) Placeholder() string { return "N" }

// quantity is a number with a unit, from lo to hi.
type quantity[T cmp.Ordered] struct {
	unit    *unit[T]
	lo, hi  T
	zero    bool   // allowed below lo as well
	allowed string // instead of lo and hi
	why     string // it cannot be less than lo
	at      func(*Scenario) *T
}

func span(lo, hi time.Duration, at func(*Scenario) *time.Duration) quantity[time.Duration] {
	return quantity[time.Duration]{unit: &timeUnit, lo: lo, hi: hi, at: at}
}

func (f quantity[T]) parse(d *draft, v value) []problem {
	if v.scalar() && decimalPattern.MatchString(v.text) {
		return refuse(v, "has no unit; write %s%s", clip(v.text), f.unit.bare)
	}
	n, err := f.unit.read(v.text)
	var zero T
	switch {
	case !v.scalar() || err == errSyntax:
		return refuse(v, "is not %s; must be %s%s", f.unit.noun, f.Allowed(), f.unit.hint)
	case err == nil && n < f.lo && f.why != "":
		return refuse(v, "must be %s: %s", f.Allowed(), f.why)
	case err != nil || n > f.hi || n < f.lo && !(f.zero && n == zero):
		return refuse(v, "must be %s", f.Allowed())
	}
	*f.at(&d.Scenario) = n
	return nil
}

func (f quantity[T]) format(s *Scenario) string { return f.unit.write(*f.at(s)) }

func (f quantity[T]) Allowed() string {
	return cmp.Or(f.allowed, f.unit.write(f.lo)+" to "+f.unit.write(f.hi))
}

func (f quantity[T]) Schema() map[string]any {
	return map[string]any{"type": "string", "pattern": f.unit.form.String()}
}

func (f quantity[T]) Placeholder() string { return f.unit.placeholder }

// choice is one of a few words.
type choice struct {
	words []string
	at    func(*Scenario) *string
}

func (f choice) parse(d *draft, v value) []problem {
	if !v.scalar() {
		return refuse(v, "must be %s", f.Allowed())
	}
	if !slices.Contains(f.words, v.text) {
		return refuse(v, "must be %s%s", f.Allowed(), Suggest(v.text, f.words))
	}
	*f.at(&d.Scenario) = v.text
	return nil
}

func (f choice) format(s *Scenario) string { return *f.at(s) }
func (f choice) Allowed() string           { return strings.Join(f.words, " or ") }
func (f choice) Schema() map[string]any    { return map[string]any{"enum": f.words} }
func (f choice) Placeholder() string       { return strings.Join(f.words, "|") }

// truth is true or false.
type truth struct{ at func(*Scenario) *bool }

func (f truth) parse(d *draft, v value) []problem {
	if v.form == quoted || !v.scalar() || v.text != "true" && v.text != "false" {
		return refuse(v, "must be %s", f.Allowed())
	}
	*f.at(&d.Scenario) = v.text == "true"
	return nil
}

func (f truth) format(s *Scenario) string { return strconv.FormatBool(*f.at(s)) }
func (truth) Allowed() string             { return "true or false" }
func (truth) Schema() map[string]any      { return map[string]any{"type": "boolean"} }
func (truth) Placeholder() string         { return "true|false" }

// sentence is one line of text.
type sentence struct {
	max int // characters
	at  func(*Scenario) *string
}

func (f sentence) parse(d *draft, v value) []problem {
	if !v.scalar() || v.form == bare {
		return refuse(v, "is not text; must be %s", f.Allowed())
	}
	text := strings.TrimSpace(v.text)
	n := utf8.RuneCountInString(text)
	switch {
	case n == 0 || n > f.max:
		return refuse(v, "has %s characters; must have 1 to %s", formatCount(int64(n)), formatCount(int64(f.max)))
	case strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsPrint(r) }):
		return refuse(v, "must be one line of printable text")
	}
	*f.at(&d.Scenario) = text
	return nil
}

func (f sentence) format(s *Scenario) string { return *f.at(s) }

func (f sentence) Allowed() string {
	return "one sentence of up to " + strconv.Itoa(f.max) + " characters"
}

func (f sentence) Schema() map[string]any {
	return map[string]any{"type": "string", "minLength": 1, "maxLength": f.max}
}

func (sentence) Placeholder() string { return "TEXT" }
