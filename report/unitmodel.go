package report

import (
	"fmt"
	"math"
	"slices"

	"github.com/pollpush/pollpush/internal/result"
	"github.com/pollpush/pollpush/internal/stat"
)

// unitModel is what one client of a transport costs in each second, at a rate of
// messages and an interval between polls, by the unit costs that were fitted to
// the seconds of all rates and intervals together.
type unitModel struct {
	costs    map[string]unitCost
	paced    bool
	constant bool // arrivals
}

// pool tells points apart that differ in more than rate and interval.
func (s *sweep) pool(t *result.Trial) string {
	var values []float64
	for _, key := range s.swept {
		if key != "publish.rate" && key != "poll.interval" {
			values = append(values, axisOf(key).of(t))
		}
	}
	return fmt.Sprint(values)
}

// pooled are a transport's sound trials at all points that differ from p in rate
// and interval alone, and whether these have several intervals.
func (s *sweep) pooled(p point, transport string) (all side, intervals bool) {
	interval, pool := axisOf("poll.interval"), s.pool(&p.head)
	all = side{transport: transport}
	var seen []float64
	for _, other := range s.points {
		part := other.side(transport)
		if part == nil || !part.fair() || s.pool(&other.head) != pool {
			continue
		}
		all.used = append(all.used, part.used...)
		if v := interval.of(&other.head); !slices.Contains(seen, v) {
			seen = append(seen, v)
		}
	}
	return all, len(seen) > 1
}

// unitModel fits a transport's unit costs around a point, once for all points
// that are pooled. It is not ok where the seconds cannot tell them.
func (s *sweep) unitModel(p point, transport string, cost *expense) (m unitModel, ok bool) {
	key := [...]string{transport, cost.name, s.pool(&p.head)}
	if known, found := s.models[key]; found {
		return known, known.told()
	}
	all, intervals := s.pooled(p, transport)
	if len(all.used) > 0 {
		m.paced, m.constant = all.paced(), p.head.Asked.Arrivals == "constant"
		parts := []activity{delivering, holding}
		if m.paced {
			parts = []activity{delivering, answering, refraining}
			if intervals { // at one interval a client makes equally many polls in every second
				parts = append(parts, holding)
			}
		}
		m.costs, _ = all.fitTo(parts, cost.second)
	}
	s.models[key] = m
	return m, m.told()
}

// told reports whether any cost is known.
func (m *unitModel) told() bool {
	for _, c := range m.costs {
		if !math.IsNaN(c.value) {
			return true
		}
	}
	return false
}

// perClient is λ deliveries a second, and what holding a client costs; where it
// polls, 1/T polls a second as well, of which [EmptyShare] are empty.
func (m *unitModel) perClient(rate, interval float64) float64 {
	each := func(a activity, count float64) float64 {
		c, fitted := m.costs[a.name]
		if !fitted || count == 0 {
			return 0
		}
		return c.value * count
	}
	sum := each(delivering, rate) + each(holding, 1)
	if m.paced {
		empty := EmptyShare(rate, interval, m.constant)
		sum += each(answering, (1-empty)/interval) + each(refraining, empty/interval)
	}
	return sum
}

// gap is how much more polling costs than push by the unit costs, for any rate
// and interval; nil where they are not known.
func (b *breakEven) gap() func(rate, interval float64) float64 {
	poll, ok1 := b.unitModel(*b.first, b.poll, b.cost)
	push, ok2 := b.unitModel(*b.first, b.push, b.cost)
	if !ok1 || !ok2 {
		return nil
	}
	return func(rate, interval float64) float64 {
		return poll.perClient(rate, interval) - push.perClient(rate, interval)
	}
}

// modelled is where the two cost the same by the unit costs, within what was
// compared; NaN where they do not, or cannot be told.
func (b *breakEven) modelled() float64 {
	gap, a := b.gap(), b.first.head.Asked
	if gap == nil || !(b.from > 0) {
		return math.NaN()
	}
	return stat.Root(func(v float64) float64 {
		if b.along.key == "poll.interval" {
			return gap(a.PublishRate, v)
		}
		return gap(v, a.PollIntervalS)
	}, b.from, b.to)
}
