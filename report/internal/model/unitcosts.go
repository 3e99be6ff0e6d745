package model

import (
	"fmt"
	"math"
	"slices"
	"strconv"

	"github.com/pollpush/pollpush/internal/result"
	"github.com/pollpush/pollpush/internal/stat"
	"github.com/pollpush/pollpush/report/internal/metric"
	"github.com/pollpush/pollpush/report/internal/number"
	"github.com/pollpush/pollpush/report/internal/trials"
)

// Activity is something that a server does again and again, and how often it
// did it in a second.
type Activity struct {
	Name  string
	Count func(result.Second) float64
}

// The activities that a second's counts separate.
var (
	PerDelivery     = Activity{"CPU per delivery", func(s result.Second) float64 { return float64(s.Deliveries) }}
	PerPollWithNews = Activity{"CPU per poll with news", func(s result.Second) float64 {
		return math.Max(0, float64(s.Requests-s.Published-s.Empty)) // a request that is no poll has posted a message
	}}
	PerEmptyPoll  = Activity{"CPU per empty poll", func(s result.Second) float64 { return float64(s.Empty) }}
	PerMessage    = Activity{"CPU per message published", func(s result.Second) float64 { return float64(s.Published) }}
	PerIdleClient = Activity{"CPU per idle client-second", func(s result.Second) float64 { return float64(s.Clients) }}
	Activities    = []Activity{PerDelivery, PerPollWithNews, PerEmptyPoll, PerMessage, PerIdleClient}
)

// activities are those whose costs add up to the server's for this transport.
// Where messages are delivered at once, each brings equally many deliveries: the
// two cannot be separated. Where clients poll, what few messages cost is lost in
// the noise of many polls, and a fit would make something up for them: they have
// a cost of their own only where they are a twentieth of the requests.
func activities(s *trials.Side) []Activity {
	if !s.Paced() {
		return []Activity{PerDelivery, PerIdleClient}
	}
	var requests, published int64
	for i := range s.Used {
		for _, second := range Whole(&s.Used[i]) {
			requests += second.Requests
			published += second.Published
		}
	}
	if 20*published < requests {
		return []Activity{PerPollWithNews, PerEmptyPoll}
	}
	return []Activity{PerPollWithNews, PerEmptyPoll, PerMessage}
}

// FewestSeconds is how many a fit needs.
const FewestSeconds = 10

// UnitCost is what one activity costs the server, in seconds of CPU.
type UnitCost struct{ Value, Err float64 }

// Known reports whether the error leaves the cost above 0 and below its double.
func (c UnitCost) Known() bool { return c.Value > 0 && c.Err <= c.Value/2 }

func (c UnitCost) String() string {
	if !c.Known() {
		return "–"
	}
	scale := number.Seconds.ScaleOf(c.Value)
	err, _ := strconv.ParseFloat(strconv.FormatFloat(c.Err/scale.Factor, 'e', 1, 64), 64)
	return number.Seconds.Digits(c.Value, scale) + " ± " + number.Plain(err) + number.Space(scale.Name) + scale.Name
}

// FitCosts fits the server's CPU in the seconds of all used trials to how often
// it did each activity, and returns what each costs, by its name, and the
// number of seconds. The first and the last second of each steady state are
// left out, as some of what they hold belongs to the phases beside them.
func FitCosts(s *trials.Side) (costs map[string]UnitCost, seconds int) {
	return fitTo(s, activities(s), func(second result.Second) float64 { return second.ServerCPUS })
}

// fitTo does the same with what else is known of each second.
func fitTo(s *trials.Side, parts []Activity, of func(result.Second) float64) (costs map[string]UnitCost, seconds int) {
	var rows [][]float64
	var y []float64
	for i := range s.Used {
		for _, second := range Whole(&s.Used[i]) {
			row := make([]float64, len(parts))
			for k, part := range parts {
				row[k] = part.Count(second)
			}
			rows, y = append(rows, row), append(y, of(second))
		}
	}
	costs = map[string]UnitCost{}
	if len(rows) < FewestSeconds {
		return costs, len(rows)
	}
	fit := stat.FitCosts(rows, y)
	for k, part := range parts {
		costs[part.Name] = UnitCost{fit.Values[k], fit.Errors[k]}
	}
	return costs, len(rows)
}

// Whole is the seconds within a trial's steady state whose cost is known. It is
// none where empty polls were not counted by the second, as before version 3.
func Whole(t *result.Trial) (list []result.Second) {
	if t.Schema < 3 {
		return nil
	}
	for i, s := range t.Series {
		within := i > 0 && i+1 < len(t.Series) && t.Series[i-1].Phase == "steady" && t.Series[i+1].Phase == "steady"
		if s.Phase == "steady" && within && s.ServerRSSBytes > 0 { // else it was not looked at
			list = append(list, s)
		}
	}
	return list
}

// unitModel is what one client of a transport costs in each second, at a rate of
// messages and an interval between polls, by the unit costs that were fitted to
// the seconds of all rates and intervals together.
type unitModel struct {
	Side     trials.Side // its trials at all those points
	Costs    map[string]UnitCost
	Seconds  int // that were fitted
	paced    bool
	constant bool // arrivals
}

// pool is the same for points that differ only in rate and interval.
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
// that are pooled. It is not ok if the seconds do not show them.
func UnitModel(s *trials.Set, p *trials.Point, transport string, cost *Expense) (m unitModel, ok bool) {
	all, intervals := pooled(s, p, transport)
	if len(all.Used) > 0 {
		m.paced, m.constant = all.Paced(), p.Head.Asked.Arrivals == "constant"
		parts := []Activity{PerDelivery, PerIdleClient}
		if m.paced {
			parts = []Activity{PerDelivery, PerPollWithNews, PerEmptyPoll}
			if intervals { // at one interval a client makes equally many polls in every second
				parts = append(parts, PerIdleClient)
			}
		}
		m.Side = all
		m.Costs, m.Seconds = fitTo(&all, parts, cost.second)
	}
	return m, m.known()
}

// known reports whether any cost is known.
func (m *unitModel) known() bool {
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
	sum := each(PerDelivery, rate) + each(PerIdleClient, 1)
	if m.paced {
		empty := EmptyShare(rate, interval, m.constant)
		sum += each(PerPollWithNews, (1-empty)/interval) + each(PerEmptyPoll, empty/interval)
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
// compared; NaN if they do not, or if that is unknown.
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
