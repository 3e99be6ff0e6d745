package model

import (
	"fmt"
	"math"
	"slices"

	"github.com/pollpush/pollpush/internal/result"
	"github.com/pollpush/pollpush/internal/stat"
	"github.com/pollpush/pollpush/report/internal/metric"
	"github.com/pollpush/pollpush/report/internal/trials"
)

// unitModel is what one client of a transport costs in each second, at a rate of
// messages and an interval between polls, by the unit costs that were fitted to
// the seconds of all rates and intervals together.
type unitModel struct {
	Costs    map[string]UnitCost
	paced    bool
	constant bool // arrivals
}

// pool tells points apart that differ in more than rate and interval.
func pool(s *trials.Set, t *result.Trial) string {
	var values []float64
	for _, key := range s.Swept {
		if key != "publish.rate" && key != "poll.interval" {
			values = append(values, trials.AxisOf(key).Of(t))
		}
	}
	return fmt.Sprint(values)
}

// pooled are a transport's sound trials at all points that differ from p in rate
// and interval alone, and whether these have several intervals.
func pooled(s *trials.Set, p *trials.Point, transport string) (all trials.Side, intervals bool) {
	interval, own := trials.AxisOf("poll.interval"), pool(s, &p.Head)
	all = trials.Side{Transport: transport}
	var seen []float64
	for _, other := range s.Points {
		part := other.Side(transport)
		if part == nil || !metric.Fair(part) || pool(s, &other.Head) != own {
			continue
		}
		all.Used = append(all.Used, part.Used...)
		if v := interval.Of(&other.Head); !slices.Contains(seen, v) {
			seen = append(seen, v)
		}
	}
	return all, len(seen) > 1
}

// UnitModel fits a transport's unit costs around a point, once for all points
// that are pooled. It is not ok where the seconds cannot tell them.
func UnitModel(s *trials.Set, p *trials.Point, transport string, cost *Expense) (m unitModel, ok bool) {
	all, intervals := pooled(s, p, transport)
	if len(all.Used) > 0 {
		m.paced, m.constant = all.Paced(), p.Head.Asked.Arrivals == "constant"
		parts := []Activity{Delivering, Holding}
		if m.paced {
			parts = []Activity{Delivering, Answering, Refraining}
			if intervals { // at one interval a client makes equally many polls in every second
				parts = append(parts, Holding)
			}
		}
		m.Costs, _ = fitTo(&all, parts, cost.second)
	}
	return m, m.told()
}

// told reports whether any cost is known.
func (m *unitModel) told() bool {
	for _, c := range m.Costs {
		if !math.IsNaN(c.Value) {
			return true
		}
	}
	return false
}

// perClient is λ deliveries a second, and what holding a client costs; where it
// polls, 1/T polls a second as well, of which [EmptyShare] are empty.
func (m *unitModel) perClient(rate, interval float64) float64 {
	each := func(a Activity, count float64) float64 {
		c, fitted := m.Costs[a.Name]
		if !fitted || count == 0 {
			return 0
		}
		return c.Value * count
	}
	sum := each(Delivering, rate) + each(Holding, 1)
	if m.paced {
		empty := EmptyShare(rate, interval, m.constant)
		sum += each(Answering, (1-empty)/interval) + each(Refraining, empty/interval)
	}
	return sum
}

// Gap is how much more polling costs than push by the unit costs, for any rate
// and interval; nil where they are not known.
func (b *BreakEven) Gap() func(rate, interval float64) float64 {
	poll, ok1 := UnitModel(b.Cut.Set, b.First, b.Poll, b.Cost)
	push, ok2 := UnitModel(b.Cut.Set, b.First, b.Push, b.Cost)
	if !ok1 || !ok2 {
		return nil
	}
	return func(rate, interval float64) float64 {
		return poll.perClient(rate, interval) - push.perClient(rate, interval)
	}
}

// Modelled is where the two cost the same by the unit costs, within what was
// compared; NaN where they do not, or cannot be told.
func (b *BreakEven) Modelled() float64 {
	gap, a := b.Gap(), b.First.Head.Asked
	if gap == nil || !(b.From > 0) {
		return math.NaN()
	}
	return stat.Root(func(v float64) float64 {
		if b.Along.Key == "poll.interval" {
			return gap(a.PublishRate, v)
		}
		return gap(v, a.PollIntervalS)
	}, b.From, b.To)
}
