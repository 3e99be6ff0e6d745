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

// cost is a metric that a verdict weighs, and the words for it: a part of the
// thing, and an amount on its own.
type cost struct {
	metric.Metric
	thing  string
	amount string // what follows the printed value
}

// costs are of one client in each second, which is the same for all transports
// of a run; how many deliveries fall into a window is not.
var costs = []cost{
	{metric.Bandwidth, "bytes", "of bandwidth per client"},
	{metric.CPUPerClient, "server CPU", "of server CPU per client"},
	{metric.MemoryPerClient, "server memory per client", "of server memory per client"},
}

// difference is what the trials of two sides tell of one metric.
type difference struct {
	cost
	base, other metric.Cell
	known       bool // both have numbers
	told        bool // and they differ by more than the trials do among themselves
}

func differ(c cost, base, other *trials.Side) difference {
	d := difference{cost: c, base: c.Cell(base.Used), other: c.Cell(other.Used)}
	d.known = d.base.Known() && d.other.Known()
	d.told = d.known && (c.Kind == metric.Exact || len(d.base.Values) < 2 || len(d.other.Values) < 2 ||
		stat.Separate(d.base.Values, d.other.Values))
	return d
}

// compare puts one transport beside the polling one, in both directions: what
// it saves, what it costs, and what the trials cannot tell.
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
	for _, c := range costs {
		d := differ(c, base, other)
		switch {
		case !d.known:
		case !d.told:
			unclear = append(unclear, d.unclear())
		case math.Abs(stat.Change(d.base.Value, d.other.Value)) < 0.02:
			same = append(same, "the same "+c.thing)
		case (d.other.Value < d.base.Value) == (c.Better == metric.Lower):
			better = append(better, d.times())
		default:
			worse = append(worse, d.times())
		}
	}
	with := append(better, same...)
	latency, spread := sooner(base, other)
	switch {
	case latency != "" && len(with) > 0:
		text += " It delivered in " + latency + ", with " + number.Join(with) + "."
	case latency != "":
		text += " It delivered in " + latency + "."
	case len(with) > 0:
		text += " It took " + number.Join(with) + "."
	}
	if latency == "" && spread == "" && base.Used[0].Asked.PublishRate > 0 {
		text += " There were too few deliveries to show a latency."
	}
	if spread != "" {
		unclear = append([]string{spread}, unclear...)
	}
	if len(worse) > 0 {
		text += " But it needed " + number.Join(worse) + "."
	}
	if len(unclear) > 0 {
		text += " There is no clear difference in " + number.Join(unclear) + "."
	}
	return text
}

// sooner is the two sides' latency, or, where their ranges overlap, what
// cannot be told of it.
func sooner(base, other *trials.Side) (told, unclear string) {
	d := differ(cost{Metric: metric.Latency50, thing: "delivery latency"}, base, other)
	switch {
	case !d.known:
		return "", ""
	case !d.told:
		return "", d.unclear()
	}
	told = fmt.Sprintf("%s (p50) against %s", d.Unit.Format(d.other.Value), d.Unit.Format(d.base.Value))
	if tail := differ(cost{Metric: metric.Latency99}, base, other); tail.known && tail.told {
		told += fmt.Sprintf(" and %s (p99) against %s", tail.Unit.Format(tail.other.Value), tail.Unit.Format(tail.base.Value))
	}
	return told, ""
}

func (d *difference) unclear() string {
	return fmt.Sprintf("%s (%s–%s against %s–%s)", d.thing,
		d.Unit.Format(d.other.Low), d.Unit.Format(d.other.High), d.Unit.Format(d.base.Low), d.Unit.Format(d.base.High))
}

// times is the ratio of the two in words, and both numbers: "1/20 of the bytes
// (154 B against 3,080 B)".
func (d *difference) times() string {
	a, b := d.base.Value, d.other.Value
	both := fmt.Sprintf("%s against %s", d.Unit.Format(b), d.Unit.Format(a))
	switch r := b / a; {
	case !(a > 0) || b < 0:
		return both + " of " + d.thing
	case b == 0:
		return "no " + d.thing + " (" + both + ")"
	case r <= 0.5:
		return "1/" + number.Short(1/r) + " of the " + d.thing + " (" + both + ")"
	case r >= 2:
		return number.Short(r) + " times the " + d.thing + " (" + both + ")"
	case r > 1:
		return number.Plain(math.Round(r*100)/100) + " times the " + d.thing + " (" + both + ")"
	default:
		return number.Plain(math.Round(r*100)) + " % of the " + d.thing + " (" + both + ")"
	}
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
