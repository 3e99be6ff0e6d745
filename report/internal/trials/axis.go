package trials

import (
	"slices"

	"github.com/pollpush/pollpush/internal/result"
	"github.com/pollpush/pollpush/report/internal/number"
)

// Axis is a key that can be swept, with its value in a trial, in base units.
type Axis struct {
	Key   string
	Field string // in exports, as a trial's line has it
	By    string // in a title
	Name  string // of the axis of a chart
	Unit  number.Unit
	Of    func(*result.Trial) float64
	Label func(float64) string
}

// Axes are all keys that can be swept, in the order of their points.
var Axes = []Axis{
	{"clients", "clients", "clients", "clients", number.Count, func(t *result.Trial) float64 { return float64(t.Clients) },
		func(v float64) string { return number.Plural(v, "client") }},
	{"rooms", "rooms", "rooms", "rooms", number.Count, func(t *result.Trial) float64 { return float64(t.Asked.Rooms) },
		func(v float64) string { return number.Plural(v, "room") }},
	{"payload", "payload_bytes", "text length", "text in a message", number.BytesEach, func(t *result.Trial) float64 { return float64(t.Asked.PayloadBytes) },
		func(v float64) string { return number.BytesEach.Short(v) + " of text" }},
	{"publish.rate", "publish_rate", "message rate", "messages per second and room", number.PerSecond, func(t *result.Trial) float64 { return t.Asked.PublishRate },
		func(v float64) string { return number.Plural(v, "message") + "/s" }},
	{"poll.interval", "poll_interval_s", "poll interval", "poll interval", number.Seconds, func(t *result.Trial) float64 { return t.Asked.PollIntervalS },
		func(v float64) string { return "polled every " + number.Seconds.Short(v) }},
}

// AxisOf finds an axis by its key; nil if it is none that this report knows.
func AxisOf(key string) *Axis {
	for i := range Axes {
		if Axes[i].Key == key {
			return &Axes[i]
		}
	}
	return nil
}

// Values are an axis', each once, ascending.
func (s *Set) Values(x *Axis) []float64 {
	var list []float64
	for _, p := range s.Points {
		list = append(list, x.Of(&p.Head))
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// Axis is the one that charts are drawn along: the one with the most values.
func (s *Set) Axis() *Axis {
	best, most := AxisOf(s.Swept[0]), 0
	for _, key := range s.Swept {
		x := AxisOf(key)
		if n := len(s.Values(x)); n > most {
			best, most = x, n
		}
	}
	return best
}

// BreakEvenAxes are the keys along which polling and push may cost the same.
func (s *Set) BreakEvenAxes() (list []*Axis) {
	for _, key := range []string{"poll.interval", "publish.rate"} {
		if slices.Contains(s.Swept, key) {
			list = append(list, AxisOf(key))
		}
	}
	return list
}
