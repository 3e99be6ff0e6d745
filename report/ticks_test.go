package report

import (
	"math"
	"regexp"
	"slices"
	"strings"
)

// charted are the formulas whose values stand beside the bars of a chart.
var charted = map[string][]string{
	"Requests per client and minute":               {"requests per client", "model: polls per client", "model: long polls per client", "model: long polls per client, with heartbeats"},
	"Bytes on the wire for each delivered message": {"bytes per delivery, in", "bytes per delivery, out", "TCP/IP headers, in", "TCP/IP headers, out"},
	"What it costs the server":                     {"server CPU per delivery", "server memory per client"},
}

const (
	tickSize  = "9.5"
	valueSize = "10.5"
)

var bare = regexp.MustCompile(`^[-−]?[\d,.]+( \S+)?$`)

// chart checks the numbers in a picture: labels of bars against the formulas of
// their transport, ticks against their places, and all others as sentences are.
func (a *audit) chart(list []label) {
	title := list[0].text
	formulas := charted[title]
	var axis []label
	flush := func() {
		a.axis(title, axis)
		axis = nil
	}
	for i, l := range list {
		switch {
		case l.size == tickSize && bare.MatchString(l.text):
			axis = append(axis, l)
			continue
		case l.size == valueSize && formulas != nil && regexp.MustCompile(`^\d`).MatchString(l.text):
			a.barLabel(title, l, a.barOf(list[:i], l), formulas)
		default:
			a.sentence(l.text)
		}
		flush()
	}
	flush()
}

// barOf is the transport of the bar that a label stands beside: it is named at
// the same height, or at the bar above.
func (a *audit) barOf(list []label, value label) string {
	best, name := math.Inf(1), ""
	for _, l := range list {
		first, _, _ := strings.Cut(strings.ReplaceAll(l.text, ",", " "), " ")
		if l.size != tickSize || !slices.Contains(a.order, first) {
			continue
		}
		// Ordinates are of a picture upside down: below is more.
		if d := value.y - l.y; d > -12 && d < best {
			best, name = d, first
		}
	}
	return name
}

func (a *audit) barLabel(title string, l label, transport string, formulas []string) {
	if transport == "" {
		a.fault("%q in the chart %q stands at no bar", l.text, title)
		return
	}
	for _, t := range tokens(l.text) {
		ok := slices.ContainsFunc(formulas, func(name string) bool {
			f := a.formulas[name]
			v := a.values(f, transport)
			return len(v) > 0 && (t.unit == f.unit || t.unit == "" && f.unit == "/min") && t.prints(middleOf(f, v))
		})
		if !ok {
			a.fault("%q of %s in the chart %q is none of its numbers", t.text, transport, title)
		}
	}
}

// axis checks the ticks of one pair of axes, those of the first at one height:
// even, or by the logarithm, or by nines.
func (a *audit) axis(title string, list []label) {
	if len(list) == 0 {
		return
	}
	var first, second []label
	for _, l := range list {
		if l.y == list[0].y {
			l.x += (0.5 - l.anchored) * l.width()
			first = append(first, l)
		} else {
			second = append(second, l)
		}
	}
	a.ticks(title, first, func(l label) float64 { return l.x })
	a.ticks(title, second, func(l label) float64 { return l.y })
}

func (a *audit) ticks(title string, list []label, place func(label) float64) {
	var at, values []float64
	for _, l := range list {
		t := newToken(l.text[:len(digits.FindString(l.text))], l.text[len(digits.FindString(l.text)):])
		at, values = append(at, place(l)), append(values, t.value)
		if !round(t.value) && !strings.Contains(l.text, "9.9") {
			a.fault("%q on an axis of the chart %q is no round number", l.text, title)
		}
	}
	if len(list) < 3 {
		return // any two numbers are evenly spaced
	}
	for _, scale := range []func(float64) float64{
		func(v float64) float64 { return v },
		math.Log10,
		func(v float64) float64 { return -math.Log10(1 - v) },
	} {
		if straight(at, values, scale) {
			return
		}
	}
	a.fault("%v on an axis of the chart %q are not where such numbers belong", values, title)
}

// round reports whether a number has two significant digits at most.
func round(v float64) bool {
	if v == 0 {
		return true
	}
	power := math.Pow(10, math.Floor(math.Log10(math.Abs(v)))-1)
	return math.Abs(v/power-math.Round(v/power)) < 1e-6
}

// straight reports whether places follow the scaled values, to a pixel.
func straight(at, values []float64, scale func(float64) float64) bool {
	n := len(at) - 1
	low, high := scale(values[0]), scale(values[n])
	for i, v := range values {
		want := at[0] + (at[n]-at[0])*(scale(v)-low)/(high-low)
		if !(math.Abs(at[i]-want) <= 1) {
			return false
		}
	}
	return true
}
