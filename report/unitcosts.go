package report

import (
	"fmt"
	"math"
	"slices"
	"strconv"

	"github.com/pollpush/pollpush/internal/result"
	"github.com/pollpush/pollpush/internal/stat"
)

// activity is something that a server does again and again, and how often it
// did it in a second.
type activity struct {
	name  string
	count func(result.Second) float64
}

// The activities that a second's counts tell apart.
var (
	delivering = activity{"CPU per delivery", func(s result.Second) float64 { return float64(s.Deliveries) }}
	answering  = activity{"CPU per poll with news", func(s result.Second) float64 {
		return math.Max(0, float64(s.Requests-s.Published-s.Empty)) // a request that is no poll has posted a message
	}}
	refraining = activity{"CPU per empty poll", func(s result.Second) float64 { return float64(s.Empty) }}
	accepting  = activity{"CPU per message published", func(s result.Second) float64 { return float64(s.Published) }}
	holding    = activity{"CPU per idle client-second", func(s result.Second) float64 { return float64(s.Clients) }}
	activities = []activity{delivering, answering, refraining, accepting, holding}
)

// activities are those whose costs add up to the server's for this transport.
// Where messages are delivered at once, each brings equally many deliveries: the
// two cannot be told apart. Where clients poll, what few messages cost is lost in
// the noise of many polls, and a fit would make something up for them: they have
// a cost of their own only where they are a twentieth of the requests.
func (s *side) activities() []activity {
	if !s.paced() {
		return []activity{delivering, holding}
	}
	var requests, published int64
	for i := range s.used {
		for _, second := range whole(&s.used[i]) {
			requests += second.Requests
			published += second.Published
		}
	}
	if 20*published < requests {
		return []activity{answering, refraining}
	}
	return []activity{answering, refraining, accepting}
}

// fewestSeconds is how many a fit needs.
const fewestSeconds = 10

// unitCost is what one activity costs the server, in seconds of CPU.
type unitCost struct{ value, err float64 }

// told reports whether the cost can be told from nothing and from its double.
func (c unitCost) told() bool { return c.value > 0 && c.err <= c.value/2 }

func (c unitCost) String() string {
	if !c.told() {
		return "–"
	}
	scale := seconds.scaleOf(c.value)
	err, _ := strconv.ParseFloat(strconv.FormatFloat(c.err/scale.factor, 'e', 1, 64), 64)
	return seconds.digits(c.value, scale) + " ± " + plain(err) + space(scale.name) + scale.name
}

// fitCosts fits the server's CPU in the seconds of all used trials to how often
// it did each activity, and returns what each costs, by its name, and the
// number of seconds. The first and the last second of each steady state are
// left out, as some of what they hold belongs to the phases beside them.
func (s *side) fitCosts() (costs map[string]unitCost, seconds int) {
	return s.fitTo(s.activities(), func(second result.Second) float64 { return second.ServerCPUS })
}

// fitTo does the same with what else is known of each second.
func (s *side) fitTo(parts []activity, of func(result.Second) float64) (costs map[string]unitCost, seconds int) {
	var rows [][]float64
	var y []float64
	for i := range s.used {
		for _, second := range whole(&s.used[i]) {
			row := make([]float64, len(parts))
			for k, part := range parts {
				row[k] = part.count(second)
			}
			rows, y = append(rows, row), append(y, of(second))
		}
	}
	costs = map[string]unitCost{}
	if len(rows) < fewestSeconds {
		return costs, len(rows)
	}
	fit := stat.FitCosts(rows, y)
	for k, part := range parts {
		costs[part.name] = unitCost{fit.Values[k], fit.Errors[k]}
	}
	return costs, len(rows)
}

// whole is the seconds within a trial's steady state whose cost is known. It is
// none where empty polls were not counted by the second, as before version 3.
func whole(t *result.Trial) (list []result.Second) {
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

// The parts of memory that are told apart from within.
var (
	heap      = metric{name: "of it heap", unit: memory, of: perIdleClient(func(m *result.Memory) int64 { return m.HeapBytes })}
	remaining = metric{name: "of it the rest", unit: memory, of: func(t *result.Trial) float64 {
		if t.Server == nil || t.Server.Connected == nil || t.Server.Connected.HeapBytes == 0 {
			return math.NaN()
		}
		return above(0, perIdleClient(func(m *result.Memory) int64 { return m.RSSBytes - m.HeapBytes - m.StackBytes })(t))
	}}
)

// idleMemory is what a connected client takes of which memory, before anything
// is said.
var idleMemory = []metric{
	{name: "memory per idle client", unit: memory, of: perIdleClient(func(m *result.Memory) int64 { return m.RSSBytes })},
	heap,
	{name: "of it stacks", unit: memory, of: perIdleClient(func(m *result.Memory) int64 { return m.StackBytes })},
	remaining,
	{name: "kernel sockets per idle client", unit: memory, of: perIdleClient(func(m *result.Memory) int64 { return m.SocketBytes })},
}

// perIdleClient is by how much a kind of the server's memory grew until all were
// connected, for each client. A kind that was not told is zero.
func perIdleClient(kind func(*result.Memory) int64) func(*result.Trial) float64 {
	return func(t *result.Trial) float64 {
		if t.Server == nil || t.Server.Before == nil || t.Server.Connected == nil || t.Env.Outlives() || kind(t.Server.Connected) == 0 {
			return math.NaN()
		}
		return over(float64(kind(t.Server.Connected)-kind(t.Server.Before)), float64(t.Clients))
	}
}

// unitCosts is what the server's activities cost one by one, by transport. Rows
// of which nothing is known are left out.
func (r *run) unitCosts() table {
	t := table{head: []string{"unit cost"}}
	rows := make([][]string, len(activities)+1)
	for i, a := range activities {
		rows[i] = []string{a.name}
	}
	rows[len(activities)] = []string{"seconds fitted"}
	for i := range r.sides {
		s := &r.sides[i]
		t.head = append(t.head, s.stamped())
		costs, n := s.fitCosts()
		for k, a := range activities {
			cell := "–"
			if c, ok := costs[a.name]; ok {
				cell = c.String()
			} else if a.name == holding.name && s.paced() && n >= fewestSeconds {
				cell = "in the polls"
			}
			rows[k] = append(rows[k], cell)
		}
		cell := "–"
		if n > 0 {
			cell = fmt.Sprint(n)
		}
		rows[len(activities)] = append(rows[len(activities)], cell)
	}
	for i := range idleMemory {
		row := []string{idleMemory[i].name}
		for j := range r.sides {
			row = append(row, idleMemory[i].print(idleMemory[i].cell(r.sides[j].used), true))
		}
		rows = append(rows, row)
	}
	for _, row := range rows {
		if slices.ContainsFunc(row[1:], func(cell string) bool { return cell != "–" }) {
			t.rows = append(t.rows, row)
		}
	}
	return t
}

// unitCostNotes are what a reader of [run.unitCosts] has to know.
func (r *run) unitCostNotes() []string {
	paced, pushed, fitted, idle, below := false, false, false, false, false
	var again []string // which ask again as soon as they are answered
	for i := range r.sides {
		s := &r.sides[i]
		_, n := s.fitCosts()
		fitted = fitted || n > 0
		paced = paced || n > 0 && s.paced()
		pushed = pushed || n > 0 && !s.paced()
		if n > 0 && s.rearms() {
			again = append(again, s.transport)
		}
		idle = idle || idleMemory[0].cell(s.used).known()
		below = below || len(remaining.cell(s.used).values) < len(heap.cell(s.used).values)
	}
	var notes []string
	if fitted {
		notes = append(notes, fmt.Sprintf("CPU is fitted over the seconds of all trials used, but the first and the last of each steady state: the server's CPU in a second as Σ cost × count, by least squares without costs below zero. ± is the standard error. – stands where the seconds cannot tell: the error is above half of the cost, there are fewer than %d seconds, or the counts rise and fall together.", fewestSeconds))
	}
	if pushed {
		notes = append(notes, "A delivery holds its part of the message's posting, and where clients ask again by themselves, the next question. An idle client-second holds all that the server does when nothing is said, its runtime's own upkeep and heartbeats included, divided by the clients.")
	}
	if len(again) > 0 {
		notes = append(notes, "Requests with news and without are not told apart for "+join(again)+": what either costs is in the delivery and in the idle client-second.")
	}
	if paced {
		notes = append(notes, "Clients that poll at one interval make equally many polls in every second, so that what holding a client costs cannot be told from what its polls cost: it is in the polls.")
	}
	if idle {
		notes = append(notes, "Memory per idle client is what the server took from before the first client until all were connected and nothing had been said, garbage that connecting has left included. Kernel sockets are no part of it: their buffers, and, where /proc/slabinfo can be read, the sockets themselves.")
	}
	if below {
		notes = append(notes, "What is left for the rest is below zero in some trials, which are left out there: heap and stacks in use may grow by more than resident memory does, into pages that were resident before.")
	}
	return notes
}
