package model

import (
	"math"
	"strconv"

	"github.com/pollpush/pollpush/internal/result"
	"github.com/pollpush/pollpush/internal/stat"
	"github.com/pollpush/pollpush/report/internal/number"
	"github.com/pollpush/pollpush/report/internal/trials"
)

// Activity is something that a server does again and again, and how often it
// did it in a second.
type Activity struct {
	Name  string
	Count func(result.Second) float64
}

// The activities that a second's counts tell apart.
var (
	Delivering = Activity{"CPU per delivery", func(s result.Second) float64 { return float64(s.Deliveries) }}
	Answering  = Activity{"CPU per poll with news", func(s result.Second) float64 {
		return math.Max(0, float64(s.Requests-s.Published-s.Empty)) // a request that is no poll has posted a message
	}}
	Refraining = Activity{"CPU per empty poll", func(s result.Second) float64 { return float64(s.Empty) }}
	Accepting  = Activity{"CPU per message published", func(s result.Second) float64 { return float64(s.Published) }}
	Holding    = Activity{"CPU per idle client-second", func(s result.Second) float64 { return float64(s.Clients) }}
	Activities = []Activity{Delivering, Answering, Refraining, Accepting, Holding}
)

// activities are those whose costs add up to the server's for this transport.
// Where messages are delivered at once, each brings equally many deliveries: the
// two cannot be told apart. Where clients poll, what few messages cost is lost in
// the noise of many polls, and a fit would make something up for them: they have
// a cost of their own only where they are a twentieth of the requests.
func activities(s *trials.Side) []Activity {
	if !s.Paced() {
		return []Activity{Delivering, Holding}
	}
	var requests, published int64
	for i := range s.Used {
		for _, second := range Whole(&s.Used[i]) {
			requests += second.Requests
			published += second.Published
		}
	}
	if 20*published < requests {
		return []Activity{Answering, Refraining}
	}
	return []Activity{Answering, Refraining, Accepting}
}

// FewestSeconds is how many a fit needs.
const FewestSeconds = 10

// UnitCost is what one activity costs the server, in seconds of CPU.
type UnitCost struct{ Value, Err float64 }

// Known reports whether the cost can be told from nothing and from its double.
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
