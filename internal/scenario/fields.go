package scenario

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// count is a whole number. With auto, the word auto stands for 0.
type count[T int | uint64] struct {
	lo, hi int64
	auto   bool
	at     func(*Scenario) *T
}

func (f count[T]) parse(d *draft, v value) []problem {
	allowed := formatCount(f.lo) + " to " + formatCount(f.hi)
	if f.auto {
		allowed = "auto, or " + allowed
	}
	switch {
	case v.form == nothing:
		return refuse(v, "has no value; must be %s", allowed)
	case f.auto && v.scalar() && v.text == "auto":
		*f.at(&d.Scenario) = 0
		return nil
	case v.form == quoted && wholePattern.MatchString(v.text):
		return refuse(v, "is text; write %s, without quotes", clip(v.text))
	case !v.scalar() || !wholePattern.MatchString(v.text):
		plain := strings.NewReplacer(",", "", "_", "", "'", "", " ", "").Replace(v.text)
		if v.scalar() && plain != v.text && wholePattern.MatchString(plain) {
			return refuse(v, "is not a whole number; write %s", clip(plain))
		}
		return refuse(v, "is not a whole number; must be %s", allowed)
	}
	n, err := strconv.ParseInt(v.text, 10, 64)
	if err != nil || n < f.lo || n > f.hi {
		return refuse(v, "must be %s", allowed)
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

// duration is a length of time.
type duration struct {
	lo, hi time.Duration
	at     func(*Scenario) *time.Duration
}

func (f duration) parse(d *draft, v value) []problem {
	allowed := formatDuration(f.lo) + " to " + formatDuration(f.hi)
	switch {
	case v.form == nothing:
		return refuse(v, "has no value; must be %s", allowed)
	case v.scalar() && decimalPattern.MatchString(v.text):
		return refuse(v, "has no unit; write %ss", clip(v.text))
	case !v.scalar():
		return refuse(v, "is not a duration; must be %s", allowed)
	}
	t, err := parseDuration(v.text)
	switch {
	case err == errSyntax:
		return refuse(v, "is not a duration; must be %s, in ms, s, m or h", allowed)
	case err != nil || t < f.lo || t > f.hi:
		return refuse(v, "must be %s", allowed)
	}
	*f.at(&d.Scenario) = t
	return nil
}

func (f duration) format(s *Scenario) string { return formatDuration(*f.at(s)) }

// rate is a number per time: none at all, or at least perDay in 24 hours and
// at most perSecond.
type rate struct {
	perDay, perSecond float64
	at                func(*Scenario) *float64
}

func (f rate) parse(d *draft, v value) []problem {
	allowed := "0/s, or " + formatCount(int64(f.perDay)) + "/24h to " + formatCount(int64(f.perSecond)) + "/s"
	switch {
	case v.form == nothing:
		return refuse(v, "has no value; must be %s", allowed)
	case v.scalar() && decimalPattern.MatchString(v.text):
		return refuse(v, "has no unit; write %s/s", clip(v.text))
	case !v.scalar():
		return refuse(v, "is not a rate; must be %s", allowed)
	}
	r, err := parseRate(v.text)
	switch {
	case err == errSyntax:
		return refuse(v, "is not a rate such as 1/s, 1/30s or 10/min; must be %s", allowed)
	case err != nil || r != 0 && r < f.perDay/(24*60*60) || r > f.perSecond:
		return refuse(v, "must be %s", allowed)
	}
	*f.at(&d.Scenario) = r
	return nil
}

func (f rate) format(s *Scenario) string { return formatRate(*f.at(s)) }

// size is a number of bytes.
type size struct {
	lo, hi int
	at     func(*Scenario) *int
}

func (f size) parse(d *draft, v value) []problem {
	allowed := strconv.Itoa(f.lo) + "B to " + strconv.Itoa(f.hi) + "B"
	switch {
	case v.form == nothing:
		return refuse(v, "has no value; must be %s", allowed)
	case v.scalar() && wholePattern.MatchString(v.text):
		return refuse(v, "has no unit; write %sB", clip(v.text))
	case !v.scalar():
		return refuse(v, "is not a size; must be %s", allowed)
	}
	n, err := parseSize(v.text)
	switch {
	case err == errSyntax:
		return refuse(v, "is not a size; must be %s, in B or KiB", allowed)
	case err == nil && n > 0 && n < f.lo:
		return refuse(v, "must be %s: the generator's tag alone takes %dB", allowed, f.lo)
	case err != nil || n < f.lo || n > f.hi:
		return refuse(v, "must be %s", allowed)
	}
	*f.at(&d.Scenario) = n
	return nil
}

func (f size) format(s *Scenario) string { return strconv.Itoa(*f.at(s)) + "B" }

// choice is one of a few words.
type choice struct {
	of []string
	at func(*Scenario) *string
}

func (f choice) parse(d *draft, v value) []problem {
	allowed := strings.Join(f.of, " or ")
	switch {
	case v.form == nothing:
		return refuse(v, "has no value; must be %s", allowed)
	case !v.scalar():
		return refuse(v, "must be %s", allowed)
	case !slices.Contains(f.of, v.text):
		return refuse(v, "must be %s%s", allowed, Suggest(v.text, f.of))
	}
	*f.at(&d.Scenario) = v.text
	return nil
}

func (f choice) format(s *Scenario) string { return *f.at(s) }

// truth is true or false.
type truth struct{ at func(*Scenario) *bool }

func (f truth) parse(d *draft, v value) []problem {
	switch {
	case v.form == nothing:
		return refuse(v, "has no value; must be true or false")
	case v.form == quoted || !v.scalar() || v.text != "true" && v.text != "false":
		return refuse(v, "must be true or false")
	}
	*f.at(&d.Scenario) = v.text == "true"
	return nil
}

func (f truth) format(s *Scenario) string { return strconv.FormatBool(*f.at(s)) }

// sentence is one line of text.
type sentence struct {
	max int // characters
	at  func(*Scenario) *string
}

func (f sentence) parse(d *draft, v value) []problem {
	if v.form == nothing {
		return refuse(v, "has no value; must be one sentence")
	}
	if !v.scalar() || v.form == bare {
		return refuse(v, "is not text; must be one sentence")
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

// transports is a list of known transports, each once, or all of them: "all".
type transports struct{}

func (transports) parse(d *draft, v value) []problem {
	known := strings.Join(d.known.Transports, ", ")
	items := v.items
	switch {
	case v.form == nothing:
		return refuse(v, "has no value; there are %s", known)
	case v.scalar() && v.text == "all":
		d.Transports = slices.Clone(d.known.Transports)
		return nil
	case v.form == flag && strings.TrimSpace(v.text) != "":
		for _, text := range strings.Split(v.text, ",") {
			items = append(items, value{text: strings.TrimSpace(text)})
		}
	case v.form != list && v.form != flag:
		return refuse(v, "must be a list such as [poll, ws], or all; there are %s", known)
	}
	if len(items) == 0 {
		return refuse(v, "is empty; name at least one of %s", known)
	}
	var wrong []problem
	var names []string
	for _, item := range items {
		switch {
		case item.scalar() && item.text == "all":
			wrong = append(wrong, refuse(item, "must stand alone: it is every transport")...)
		case !item.scalar() || !slices.Contains(d.known.Transports, item.text):
			wrong = append(wrong, refuse(item, "no such transport%s; there are %s", Suggest(item.text, d.known.Transports), known)...)
		case slices.Contains(names, item.text):
			wrong = append(wrong, refuse(item, "stands twice; name each transport once")...)
		default:
			names = append(names, item.text)
		}
	}
	if wrong == nil {
		d.Transports = names
	}
	return wrong
}

func (transports) format(s *Scenario) string { return strings.Join(s.Transports, ",") }

// limits is a share for each of some metrics: {bytes-per-delivery-in: 5%}.
type limits struct{}

func (limits) parse(d *draft, v value) []problem {
	const form = "must be metrics with their limits, such as {bytes-per-delivery-in: 5%%}"
	items := v.pairs
	switch {
	case v.form == flag && v.text == "":
	case v.form == nothing:
		return refuse(v, "has no value; %s", form)
	case v.form == flag:
		for _, text := range strings.Split(v.text, ",") {
			name, limit, ok := strings.Cut(strings.TrimSpace(text), "=")
			if !ok {
				return refuse(v, "must be METRIC=LIMIT, such as bytes-per-delivery-in=5%%; several are separated by commas")
			}
			items = append(items, value{text: name}, value{text: limit})
		}
	case v.form != mapping:
		return refuse(v, form)
	}
	var wrong []problem
	set := map[string]float64{}
	for i := 0; i+1 < len(items); i += 2 {
		name, limit := items[i], items[i+1]
		share, err := ParseLimit(limit.text)
		switch {
		case !slices.Contains(d.known.Metrics, name.text):
			wrong = append(wrong, refuse(name, "no such metric%s; there are %s", Suggest(name.text, d.known.Metrics), strings.Join(d.known.Metrics, ", "))...)
		case !limit.scalar() || err != nil:
			wrong = append(wrong, refuse(limit, "is no limit; must be a percentage from 0%% to 1000%%, such as 5%%")...)
		default:
			if _, twice := set[name.text]; twice {
				wrong = append(wrong, refuse(name, "stands twice; give each metric one limit")...)
			}
			set[name.text] = share
		}
	}
	if wrong == nil && len(set) > 0 {
		d.Limits = set
	}
	return wrong
}

func (limits) format(s *Scenario) string {
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(s.Limits)) {
		parts = append(parts, name+"="+strconv.FormatFloat(100*s.Limits[name], 'f', -1, 64)+"%")
	}
	return strings.Join(parts, ",")
}

// ParseLimit reads a limit, "5%" or "0.5%", as a share: 0.05, 0.005.
func ParseLimit(text string) (float64, error) {
	number, ok := strings.CutSuffix(text, "%")
	if !ok || !decimalPattern.MatchString(number) {
		return 0, errSyntax
	}
	v, err := strconv.ParseFloat(number, 64)
	if err != nil || v > 1000 {
		return 0, errRange
	}
	return v / 100, nil
}
