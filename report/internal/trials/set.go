package trials

import (
	"cmp"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"

	"github.com/pollpush/pollpush/internal/result"
	"github.com/pollpush/pollpush/internal/transport"
	"github.com/pollpush/pollpush/report/internal/number"
)

// Set is a run over a grid: a [Point] for each combination of the swept
// keys' values. A run that sweeps nothing has one.
type Set struct {
	Swept  []string // keys of the scenario, as "clients"; empty where there is one point
	Points []*Point // in the order of the axes: clients, rooms, payload, rate, interval
}

// NewSet sorts trials by point. It refuses none, those of several runs, and
// those of several points that do not say what they sweep.
func NewSet(trials []result.Trial) (*Set, error) {
	if len(trials) == 0 {
		return nil, errors.New("no trials to report")
	}
	byHash := map[string][]result.Trial{}
	var order []string
	for _, t := range trials {
		if t.Run != trials[0].Run {
			return nil, fmt.Errorf("trials of several runs (%s and %s): report each separately", number.Clean(trials[0].Run), number.Clean(t.Run))
		}
		if byHash[t.ScenarioHash] == nil {
			order = append(order, t.ScenarioHash)
		}
		byHash[t.ScenarioHash] = append(byHash[t.ScenarioHash], t)
	}
	s := &Set{}
	for _, key := range trials[0].Swept {
		if AxisOf(key) == nil {
			return nil, fmt.Errorf("the run sweeps %q, which this pollpush does not know", number.Clean(key))
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
		r.Label = s.held(&r.Head, nil)
		s.Points = append(s.Points, r)
	}
	slices.SortStableFunc(s.Points, func(a, b *Point) int {
		for i := range Axes {
			x := &Axes[i]
			if c := cmp.Compare(x.Of(&a.Head), x.Of(&b.Head)); c != 0 {
				return c
			}
		}
		return 0
	})
	return s, nil
}

// Known are the swept keys that a transport knows of: one that does not poll knows
// of no interval.
func (s *Set) Known(part *Side) (list []*Axis) {
	for _, key := range s.Swept {
		if key != "poll.interval" || part.Paced() || len(part.Used) == 0 {
			list = append(list, AxisOf(key))
		}
	}
	return list
}

// LabelOf names a point by what a transport knows of it.
func (s *Set) LabelOf(p *Point, part *Side) string {
	if len(s.Known(part)) == len(s.Swept) {
		return p.Label
	}
	return number.Or(s.held(&p.Head, AxisOf("poll.interval")), "any interval")
}

// Title names the run, and its load or what it sweeps.
func (s *Set) Title() string {
	if len(s.Points) == 1 {
		return s.Points[0].Title()
	}
	var swept []string
	for _, key := range s.Swept {
		x := AxisOf(key)
		list := s.Values(x)
		swept = append(swept, x.By+" "+x.Unit.Short(list[0])+" to "+x.Unit.Short(list[len(list)-1]))
	}
	return number.Or(s.Points[0].Head.Scenario, "unnamed scenario") + ": " + strings.Join(swept, ", ")
}

// Sides are the transports of all points, point by point.
func (s *Set) Sides() iter.Seq2[*Point, *Side] {
	return func(yield func(*Point, *Side) bool) {
		for _, p := range s.Points {
			for i := range p.Sides {
				if !yield(p, &p.Sides[i]) {
					return
				}
			}
		}
	}
}

// Together is all points as if they were one, for what they have in common.
func (s *Set) Together() *Point {
	all := &Point{Head: s.Points[0].Head}
	for _, p := range s.Points {
		all.Sides = append(all.Sides, p.Sides...)
		all.All = append(all.All, p.All...)
	}
	return all
}

// Transports are those of all points, in the order of their table.
func (s *Set) Transports() []string {
	var names []string
	for _, side := range s.Sides() {
		names = append(names, side.Transport)
	}
	slices.SortFunc(names, transport.Compare)
	return slices.Compact(names)
}

// PollAndPush are the transports that poll at an interval, and the others.
func (s *Set) PollAndPush() (polls, pushes []string) {
	paced := map[string]bool{}
	for _, p := range s.Points {
		for i := range p.All {
			t := &p.All[i]
			paced[t.Transport] = paced[t.Transport] || t.Asked.Paced && t.Asked.PollIntervalS > 0
		}
	}
	for _, name := range s.Transports() {
		if paced[name] {
			polls = append(polls, name)
		} else {
			pushes = append(pushes, name)
		}
	}
	return polls, pushes
}

// Stamps counts the points of all transports: each is one marker in a chart.
func (s *Set) Stamps() (invalid, suspect, all int) {
	for _, side := range s.Sides() {
		all++
		switch side.Stamp {
		case result.Invalid:
			invalid++
		case result.Suspect:
			suspect++
		}
	}
	return invalid, suspect, all
}

// SideAt is a transport's part at a point. A transport that does not poll at an
// interval is measured at one interval only, and is the same at the others. It
// is nil where the transport was not measured.
func (s *Set) SideAt(p *Point, transport string) (part *Side, elsewhere bool) {
	if part = p.Side(transport); part != nil {
		return part, false
	}
	interval := AxisOf("poll.interval")
	held := s.held(&p.Head, interval)
	for _, other := range s.Points {
		if part = other.Side(transport); part != nil && !part.Paced() && s.held(&other.Head, interval) == held {
			return part, true
		}
	}
	return nil, false
}

// AsksAndPushes reports whether there are transports of both kinds at several
// intervals.
func (s *Set) AsksAndPushes() bool {
	_, pushes := s.PollAndPush()
	return len(pushes) > 0 && slices.Contains(s.Swept, "poll.interval")
}

// Validity is the worst of all points.
func (s *Set) Validity() result.Validity {
	v := result.Valid
	for _, p := range s.Points {
		v = worse(v, p.Validity())
	}
	return v
}

// StampCounts is that in words, for a footer.
func (s *Set) StampCounts() string {
	switch invalid, suspect, all := s.Stamps(); {
	case invalid > 0 && suspect > 0:
		return fmt.Sprintf("%s invalid, %d suspect", number.OfAll(invalid, all, "point"), suspect)
	case invalid > 0:
		return number.OfAll(invalid, all, "point") + " invalid"
	case suspect > 0:
		return number.OfAll(suspect, all, "point") + " suspect"
	default:
		return "all " + number.Plural(float64(all), "point") + " valid"
	}
}

// Where names the transports of which something is true, and the points at which
// it is, or how many; those of the same points together.
func (s *Set) Where(is func(*Side) bool) string {
	const named = 2
	var places []string
	names := map[string][]string{}
	for _, name := range s.Transports() {
		var at []string
		measured := 0
		for _, p := range s.Points {
			part := p.Side(name)
			if part == nil {
				continue
			}
			if measured++; is(part) {
				at = append(at, s.LabelOf(p, part))
			}
		}
		place := ""
		switch n := len(at); {
		case n == 0:
			continue
		case n == measured:
		case n > named:
			place = fmt.Sprintf(" (%d of %d points)", n, measured)
		default:
			place = " (" + strings.Join(at, "; ") + ")"
		}
		if names[place] == nil {
			places = append(places, place)
		}
		names[place] = append(names[place], name)
	}
	var list []string
	for _, place := range places {
		list = append(list, number.Join(names[place])+place)
	}
	return strings.Join(list, "; ")
}

// MainPush is the transport that stands for push where one has to: WebSocket, if
// it was measured.
func MainPush(pushes []string) string {
	if slices.Contains(pushes, "ws") {
		return "ws"
	}
	return pushes[0]
}

// SpokenName is a transport's name in a sentence.
func SpokenName(name string) string { return transport.Describe(name).Spoken }

// At names a transport at a point.
func At(transport, point string) string {
	if point == "" {
		return transport
	}
	return transport + " at " + point
}
