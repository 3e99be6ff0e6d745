package report

import (
	"fmt"
	"math"

	"github.com/pollpush/pollpush/internal/stat"
)

// cost is a metric that a verdict weighs, and the words for it: a part of the
// thing, and an amount on its own.
type cost struct {
	metric
	thing  string
	amount string // what follows the printed value
}

// costs are of one client in each second, which is the same for all transports
// of a run; how many deliveries fall into a window is not.
var costs = []cost{
	{bandwidth, "bytes", "of bandwidth per client"},
	{cpuPerClient, "server CPU", "of server CPU per client"},
	{memoryPerClient, "server memory per client", "of server memory per client"},
}

// difference is what the trials of two sides tell of one metric.
type difference struct {
	cost
	base, other cell
	known       bool // both have numbers
	told        bool // and they differ by more than the trials do among themselves
}

func differ(c cost, base, other *side) difference {
	d := difference{cost: c, base: c.cell(base.used), other: c.cell(other.used)}
	d.known = d.base.known() && d.other.known()
	d.told = d.known && (c.kind == exact || len(d.base.values) < 2 || len(d.other.values) < 2 ||
		stat.Separate(d.base.values, d.other.values))
	return d
}

// compare puts one transport beside the polling one, in both directions: what
// it saves, what it costs, and what the trials cannot tell.
func compareSides(base, other *side) string {
	var why []string
	for _, s := range []*side{other, base} {
		if fault := s.fault(); fault != "" {
			why = append(why, spoken(s)+" "+fault)
		}
	}
	if len(why) > 0 {
		return fmt.Sprintf("%s is not compared with %s: %s.", spoken(other), spoken(base), join(why))
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
		case math.Abs(stat.Change(d.base.value, d.other.value)) < 0.02:
			same = append(same, "the same "+c.thing)
		case (d.other.value < d.base.value) == (c.better == lower):
			better = append(better, d.times())
		default:
			worse = append(worse, d.times())
		}
	}
	with := append(better, same...)
	latency, spread := sooner(base, other)
	switch {
	case latency != "" && len(with) > 0:
		text += " It delivered in " + latency + ", with " + join(with) + "."
	case latency != "":
		text += " It delivered in " + latency + "."
	case len(with) > 0:
		text += " It took " + join(with) + "."
	}
	if latency == "" && spread == "" && base.used[0].Asked.PublishRate > 0 {
		text += " Too little was delivered to tell the latency."
	}
	if spread != "" {
		unclear = append([]string{spread}, unclear...)
	}
	if len(worse) > 0 {
		text += " Against it: " + join(worse) + "."
	}
	if len(unclear) > 0 {
		text += " The trials cannot tell them apart in " + join(unclear) + "."
	}
	return text
}

// sooner is the two sides' latency, or, where their ranges overlap, what
// cannot be told of it.
func sooner(base, other *side) (told, unclear string) {
	d := differ(cost{metric: latency50, thing: "delivery latency"}, base, other)
	switch {
	case !d.known:
		return "", ""
	case !d.told:
		return "", d.unclear()
	}
	told = fmt.Sprintf("%s (p50) against %s", d.unit.format(d.other.value), d.unit.format(d.base.value))
	if tail := differ(cost{metric: latency99}, base, other); tail.known && tail.told {
		told += fmt.Sprintf(" and %s (p99) against %s", tail.unit.format(tail.other.value), tail.unit.format(tail.base.value))
	}
	return told, ""
}

func (d *difference) unclear() string {
	return fmt.Sprintf("%s (%s–%s against %s–%s)", d.thing,
		d.unit.format(d.other.low), d.unit.format(d.other.high), d.unit.format(d.base.low), d.unit.format(d.base.high))
}

// times is the ratio of the two in words, and both numbers: "1/20 of the bytes
// (154 B against 3,080 B)".
func (d *difference) times() string {
	a, b := d.base.value, d.other.value
	both := fmt.Sprintf("%s against %s", d.unit.format(b), d.unit.format(a))
	switch r := b / a; {
	case !(a > 0) || b < 0:
		return both + " of " + d.thing
	case b == 0:
		return "no " + d.thing + " (" + both + ")"
	case r <= 0.5:
		return "1/" + short(1/r) + " of the " + d.thing + " (" + both + ")"
	case r >= 2:
		return short(r) + " times the " + d.thing + " (" + both + ")"
	case r > 1:
		return plain(math.Round(r*100)/100) + " times the " + d.thing + " (" + both + ")"
	default:
		return plain(math.Round(r*100)) + " % of the " + d.thing + " (" + both + ")"
	}
}

// short is a ratio as one says it: two digits are enough.
func short(v float64) string {
	if v < 9.95 {
		return plain(math.Round(v*10) / 10)
	}
	return plain(math.Round(v))
}

func capital(s string) string {
	if s == "" || s[0] < 'a' || s[0] > 'z' {
		return s
	}
	return string(s[0]-'a'+'A') + s[1:]
}
