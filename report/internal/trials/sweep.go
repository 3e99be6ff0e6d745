package trials

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/pollpush/pollpush/internal/result"
	"github.com/pollpush/pollpush/report/internal/number"
)

// Set is a run over a grid: a [run] for each of its points. A run of one
// point is a sweep, too.
type Set struct {
	Swept  []string // keys of the scenario, as "clients"; empty where there is one point
	Points []*Point // in the order of the axes: clients, rooms, payload, rate, interval
}

// axis is a key that can be swept, with its value in a trial, in base units.
type axis struct {
	Key   string
	By    string // in a title
	Name  string // of the axis of a chart
	Unit  number.Unit
	Of    func(*result.Trial) float64
	Label func(float64) string
}

// sweptAxes are all keys that can be swept.
var sweptAxes = []axis{
	{"clients", "clients", "clients", number.Count, func(t *result.Trial) float64 { return float64(t.Clients) },
		func(v float64) string { return number.Plural(v, "client") }},
	{"rooms", "rooms", "rooms", number.Count, func(t *result.Trial) float64 { return float64(t.Asked.Rooms) },
		func(v float64) string { return number.Plural(v, "room") }},
	{"payload", "length of text", "text in a message", number.BytesEach, func(t *result.Trial) float64 { return float64(t.Asked.PayloadBytes) },
		func(v float64) string { return number.BytesEach.Short(v) + " of text" }},
	{"publish.rate", "message rate", "messages per second and room", number.PerSecond, func(t *result.Trial) float64 { return t.Asked.PublishRate },
		func(v float64) string { return number.Plural(v, "message") + "/s" }},
	{"poll.interval", "poll interval", "poll interval", number.Seconds, func(t *result.Trial) float64 { return t.Asked.PollIntervalS },
		func(v float64) string { return "polled every " + number.Seconds.Short(v) }},
}

// AxisOf finds an axis by its key; nil if it is none that this report knows.
func AxisOf(key string) *axis {
	for i := range sweptAxes {
		if sweptAxes[i].Key == key {
			return &sweptAxes[i]
		}
	}
	return nil
}

// NewSet sorts trials by point. It refuses none, those of several runs, and
// those of several points that do not say what they sweep.
func NewSet(trials []result.Trial) (*Set, error) {
	if len(trials) == 0 {
		return nil, errors.New("report: no trials to report")
	}
	byHash := map[string][]result.Trial{}
	var order []string
	for _, t := range trials {
		if t.Run != trials[0].Run {
			return nil, fmt.Errorf("report: trials of several runs (%s and %s): report each by itself", number.Clean(trials[0].Run), number.Clean(t.Run))
		}
		if byHash[t.ScenarioHash] == nil {
			order = append(order, t.ScenarioHash)
		}
		byHash[t.ScenarioHash] = append(byHash[t.ScenarioHash], t)
	}
	s := &Set{}
	for _, key := range trials[0].Swept {
		if AxisOf(key) == nil {
			return nil, fmt.Errorf("report: the run sweeps %q, which this pollpush does not know", number.Clean(key))
		}
		s.Swept = append(s.Swept, key)
	}
	if len(order) > 1 && len(s.Swept) == 0 {
		_, err := NewPoint(trials)
		return nil, err
	}
	for _, hash := range order {
		r, err := NewPoint(byHash[hash])
		if err != nil {
			return nil, err
		}
		r.Label = s.label(&r.Head)
		s.Points = append(s.Points, r)
	}
	slices.SortStableFunc(s.Points, func(a, b *Point) int {
		for i := range sweptAxes {
			x := &sweptAxes[i]
			if c := cmp.Compare(x.Of(&a.Head), x.Of(&b.Head)); c != 0 {
				return c
			}
		}
		return 0
	})
	return s, nil
}

// label names a trial's point.
func (s *Set) label(t *result.Trial) string {
	var parts []string
	for _, key := range s.Swept {
		x := AxisOf(key)
		parts = append(parts, x.Label(x.Of(t)))
	}
	return strings.Join(parts, ", ")
}
