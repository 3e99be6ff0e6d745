package prose

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/pollpush/pollpush/internal/stat"
	"github.com/pollpush/pollpush/report/internal/metric"
	"github.com/pollpush/pollpush/report/internal/number"
	"github.com/pollpush/pollpush/report/internal/trials"
)

// difference is what the trials of two sides show of one metric.
type difference struct {
	metric.Metric
	base, other metric.Cell
	known       bool // both have numbers
	clear       bool // and they differ by more than the trials do among themselves
}

func differ(m metric.Metric, base, other *trials.Side) difference {
	d := difference{Metric: m, base: m.Cell(base.Used), other: m.Cell(other.Used)}
	d.known = d.base.Known() && d.other.Known()
	d.clear = d.known && (m.Kind == metric.Exact || len(d.base.Values) < 2 || len(d.other.Values) < 2 ||
		stat.Separate(d.base.Values, d.other.Values))
	return d
}

// alike reports whether the two differ by too little to mention.
func (d *difference) alike() bool { return math.Abs(stat.Change(d.base.Value, d.other.Value)) < 0.02 }

// both is the two numbers: "154 B against 3,080 B".
func (d *difference) both() string {
	return d.Unit.Format(d.other.Value) + " against " + d.Unit.Format(d.base.Value)
}

// compareSides puts one transport beside the polling one, in both directions: what
// it saves, what it costs, and what the trials cannot show.
func compareSides(base, other *trials.Side) string {
	var why []string
	for _, s := range []*trials.Side{other, base} {
		if fault := metric.Fault(s); fault != "" {
			why = append(why, spoken(s)+" "+fault)
		}
	}
	if len(why) > 0 {
		return fmt.Sprintf("%s is not compared with %s: %s.", spoken(other), spoken(base), number.Join(why))
	}
	text := fmt.Sprintf("%s needed %s per client%s", spoken(other), held(other), asked(other))
	if held(base) == held(other) && asked(base) == asked(other) {
		text += fmt.Sprintf(", as %s did.", spoken(base))
	} else {
		text += fmt.Sprintf(" where %s needed %s%s.", spoken(base), held(base), asked(base))
	}

	var better, worse, same, unclear []string
	timed := false
	for _, m := range metric.Headlines {
		d := differ(m, base, other)
		timed = timed || d.known && m.Name == metric.Latency50.Name
		switch {
		case !d.known || m.Name == metric.Requests.Name: // told above
		case !d.clear:
			unclear = append(unclear, d.unclear())
		case d.alike():
			same = append(same, "the same "+d.Thing)
		case (d.other.Value < d.base.Value) == (d.Better == metric.Lower):
			better = append(better, d.times(base, other))
		default:
			worse = append(worse, d.times(base, other))
		}
	}
	if with := append(better, same...); len(with) > 0 {
		text += " Compared with " + spoken(base) + ": " + number.Join(with) + "."
	}
	if !timed && base.Used[0].Asked.PublishRate > 0 {
		text += " There were too few deliveries to show a latency."
	}
	if len(worse) > 0 {
		text += " But it needed more: " + number.Join(worse) + "."
	}
	if len(unclear) > 0 {
		text += " There is no clear difference in " + number.Join(unclear) + "."
	}
	return text
}

func (d *difference) unclear() string {
	return fmt.Sprintf("%s (%s–%s against %s–%s)", d.Thing,
		d.Unit.Format(d.other.Low), d.Unit.Format(d.other.High), d.Unit.Format(d.base.Low), d.Unit.Format(d.base.High))
}

// times is the factor between the two, and both numbers: "server CPU ÷ 20 (9 µs
// against 180 µs per client and second)". A latency has its p99 as well.
func (d *difference) times(base, other *trials.Side) string {
	both := d.both() + " " + d.Each
	if d.Name == metric.Latency50.Name {
		if tail := differ(metric.Latency99, base, other); tail.clear {
			both += ", " + tail.both() + " at p99"
		}
	}
	factor := d.Unit.Factor(d.base.Value, d.other.Value)
	switch {
	case factor != "":
		return d.Thing + " " + factor + " (" + both + ")"
	case d.other.Value == 0:
		return "no " + d.Thing + " (" + both + ")"
	}
	return d.Thing + " (" + both + ")"
}

// Extremes names, of each metric that decides, the transport with the lowest and
// the one with the highest median, at the last point that has three to compare.
func Extremes(s *trials.Set) string {
	for _, p := range slices.Backward(s.Points) {
		var sides []*trials.Side
		for _, name := range s.Transports() {
			if part, _ := s.SideAt(p, name); part != nil && metric.Fair(part) {
				sides = append(sides, part)
			}
		}
		if len(sides) < 3 {
			continue
		}
		var told []string
		for _, m := range metric.WeighedAll {
			if text := ends(&m, sides); text != "" {
				told = append(told, text)
			}
		}
		if len(told) > 0 {
			return fmt.Sprintf("%s, by the medians of %s: %s.", p.Circumstances(), number.Plural(float64(len(sides)), "transport"), strings.Join(told, "; "))
		}
	}
	return ""
}

// ends is the lowest and the highest value of a metric, with the transports that
// have them. It is empty if one of them is unknown, or if all are the same.
func ends(m *metric.Metric, sides []*trials.Side) string {
	value := func(s *trials.Side) float64 { return m.Cell(s.Used).Value }
	if slices.ContainsFunc(sides, func(s *trials.Side) bool { return !m.Cell(s.Used).Known() }) {
		return ""
	}
	order := func(a, b *trials.Side) int { return cmp.Compare(value(a), value(b)) }
	least, most := m.Unit.Format(value(slices.MinFunc(sides, order))), m.Unit.Format(value(slices.MaxFunc(sides, order)))
	if least == most {
		return ""
	}
	who := func(printed string) string {
		var names []string
		for _, s := range sides {
			if m.Unit.Format(value(s)) == printed {
				names = append(names, s.Transport)
			}
		}
		return number.Join(names)
	}
	return fmt.Sprintf("%s from %s (%s) to %s (%s)", m.Name, least, who(least), most, who(most))
}
