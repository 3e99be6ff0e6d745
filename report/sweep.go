package report

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/pollpush/pollpush/internal/result"
)

// sweep is a run over a grid: a [run] for each of its points. A run of one
// point is a sweep, too.
type sweep struct {
	swept  []string // keys of the scenario, as "clients"; empty where there is one point
	points []point  // in the order of the axes: clients, rooms, payload, rate, interval

	models map[[3]string]unitModel // those that were fitted, by transport, cost and what the trials have in common
}

// point is one combination of the swept keys' values.
type point struct {
	*run
	label string // "1,000 clients, 1 message/s"; empty where nothing is swept
}

// axis is a key that can be swept, with its value in a trial, in base units.
type axis struct {
	key   string
	by    string // in a title
	name  string // of the axis of a chart
	unit  unit
	of    func(*result.Trial) float64
	label func(float64) string
}

// sweptAxes are all keys that can be swept.
var sweptAxes = []axis{
	{"clients", "clients", "clients", count, func(t *result.Trial) float64 { return float64(t.Clients) },
		func(v float64) string { return plural(v, "client") }},
	{"rooms", "rooms", "rooms", count, func(t *result.Trial) float64 { return float64(t.Asked.Rooms) },
		func(v float64) string { return plural(v, "room") }},
	{"payload", "length of text", "text in a message", bytesEach, func(t *result.Trial) float64 { return float64(t.Asked.PayloadBytes) },
		func(v float64) string { return bytesEach.short(v) + " of text" }},
	{"publish.rate", "message rate", "messages per second and room", perSecond, func(t *result.Trial) float64 { return t.Asked.PublishRate },
		func(v float64) string { return plural(v, "message") + "/s" }},
	{"poll.interval", "poll interval", "poll interval", seconds, func(t *result.Trial) float64 { return t.Asked.PollIntervalS },
		func(v float64) string { return "polled every " + seconds.short(v) }},
}

// axisOf finds an axis by its key; nil if it is none that this report knows.
func axisOf(key string) *axis {
	for i := range sweptAxes {
		if sweptAxes[i].key == key {
			return &sweptAxes[i]
		}
	}
	return nil
}

// newSweep sorts trials by point. It refuses none, those of several runs, and
// those of several points that do not say what they sweep.
func newSweep(trials []result.Trial) (*sweep, error) {
	if len(trials) == 0 {
		return nil, errors.New("report: no trials to report")
	}
	byHash := map[string][]result.Trial{}
	var order []string
	for _, t := range trials {
		if t.Run != trials[0].Run {
			return nil, fmt.Errorf("report: trials of several runs (%s and %s): report each by itself", clean(trials[0].Run), clean(t.Run))
		}
		if byHash[t.ScenarioHash] == nil {
			order = append(order, t.ScenarioHash)
		}
		byHash[t.ScenarioHash] = append(byHash[t.ScenarioHash], t)
	}
	s := &sweep{models: map[[3]string]unitModel{}}
	for _, key := range trials[0].Swept {
		if axisOf(key) == nil {
			return nil, fmt.Errorf("report: the run sweeps %q, which this pollpush does not know", clean(key))
		}
		s.swept = append(s.swept, key)
	}
	if len(order) > 1 && len(s.swept) == 0 {
		_, err := newRun(trials)
		return nil, err
	}
	for _, hash := range order {
		r, err := newRun(byHash[hash])
		if err != nil {
			return nil, err
		}
		s.points = append(s.points, point{run: r, label: s.label(&r.head)})
	}
	slices.SortStableFunc(s.points, func(a, b point) int {
		for i := range sweptAxes {
			x := &sweptAxes[i]
			if c := cmp.Compare(x.of(&a.head), x.of(&b.head)); c != 0 {
				return c
			}
		}
		return 0
	})
	return s, nil
}

// label names a trial's point.
func (s *sweep) label(t *result.Trial) string {
	var parts []string
	for _, key := range s.swept {
		x := axisOf(key)
		parts = append(parts, x.label(x.of(t)))
	}
	return strings.Join(parts, ", ")
}
