package prose

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"gotest.tools/v3/assert"

	"github.com/pollpush/pollpush/internal/result"
	"github.com/pollpush/pollpush/report/internal/fixture"
	"github.com/pollpush/pollpush/report/internal/model"
	"github.com/pollpush/pollpush/report/internal/trials"
)

// handTrial is a trial of 32 seconds, with 100 clients and a message a second on
// average, that cost exactly what the prices say.
func handTrial(name string, interval float64, p fixture.UnitPrices) result.Trial {
	const clients, steady = 100, 32
	paced := name == "poll"
	t := result.Trial{
		Schema: result.Schema, Run: "hand", Scenario: "hand", ScenarioHash: fmt.Sprint(interval), Swept: []string{"poll.interval"},
		Transport: name, Trial: 1, Attempt: 1, Clients: clients, WindowS: steady, Status: result.Complete, Validity: result.Valid, Counts: result.Counts{Expected: clients * steady},
		Asked:      result.Asked{PublishRate: 1, Arrivals: "poisson", PollIntervalS: interval, Paced: paced, Rooms: 1, Publishers: 1, SteadyS: steady, Trials: 1},
		StaleShare: model.StaleTime(1, interval, false),
	}
	spent := 0.0
	for i := range steady {
		s := result.Second{T: float64(i), Phase: "steady", ServerRSSBytes: 1, SecondCounts: result.SecondCounts{Clients: clients, Published: int64(i % 3)}}
		if i%3 == 2 && i%2 == 0 {
			s.Published = 3
		}
		s.Deliveries = s.Published * clients
		if paced {
			polls := int64(clients / interval)
			s.Empty = polls * int64(i%5) / 5
			s.Requests = polls + s.Published
		}
		s.ServerCPUS = p.Of(s)
		spent += s.ServerCPUS
		t.Series = append(t.Series, s)
	}
	t.Server = &result.Cost{Processes: 1, CPUUserS: spent}
	return t
}

// A poll costs 60 µs, with news or without. Push costs 10 µs for each delivery and
// 2 µs a second for each client. With a message a second polling costs 60/T µs/s
// and push 12: they meet at T = 60/12 = 5 s.
func TestBreakEvenByHand(t *testing.T) {
	poll, push := fixture.UnitPrices{News: 60e-6, Empty: 60e-6}, fixture.UnitPrices{Delivery: 10e-6, PerIdleClient: 2e-6}
	list := []result.Trial{handTrial("poll", 2, poll), handTrial("poll", 10, poll), handTrial("ws", 2, push)}
	// The messages of the window are 31 where 32 were asked for: the window's push
	// cost is told for the rate that was asked.
	list[2].Server.CPUUserS = 12e-6 * 100 * 32
	s := setOf(t, list)
	b, ok := model.CompareCosts(&s.Cuts(trials.AxisOf("poll.interval"))[0], "poll", "ws", &model.Expenses[0])
	assert.Assert(t, ok && len(b.At) == 1 && math.Abs(b.At[0]-5) <= 1e-9 && b.CheaperAtEnd, "crossings at %v (%v), want 5 s", b.At, ok)
	got := b.Modelled()
	assert.Check(t, math.Abs(got-5) <= 1e-6, "by the unit costs %v, want 5 s", got)
	// 1/5 lies at (1/5 − 1/10)/(1/2 − 1/10) = 1/4 of the way from 10 s to 2 s.
	if want := 0.75*model.StaleTime(1, 10, false) + 0.25*model.StaleTime(1, 2, false); math.Abs(b.Stale-want) > 1e-12 {
		t.Errorf("stale share %v, want %v", b.Stale, want)
	}
	const want = "At 100 clients and 1 message/s, polling costs the server less CPU than WebSocket from an interval of 5 s on ("
	text := strings.Join(Verdict(s).Paragraphs, " ")
	assert.Check(t, strings.HasPrefix(text, want) && strings.Contains(text, "by the unit costs: 5 s"), "the verdict says %q", text)
}

func TestBreakEvenWords(t *testing.T) {
	inf := math.Inf(1)
	interval, rate := trials.AxisOf("poll.interval"), trials.AxisOf("publish.rate")
	for _, tt := range []struct {
		name string
		b    model.BreakEven
		want string
	}{
		{"from", model.BreakEven{Trials: 6, At: []float64{6.2}, Low: 5.6, High: 6.9, CheaperAtEnd: true, ByUnitCosts: 6.1},
			"costs the server less CPU than WebSocket from an interval of 6.2 s on (5.6 to 6.9 s by 95 % intervals of both; by the unit costs: 6.1 s)"},
		{"the model is outside", model.BreakEven{Trials: 2, At: []float64{6.2}, Low: 5.6, High: 6.9, CheaperAtEnd: true, ByUnitCosts: 4.1},
			"costs the server less CPU than WebSocket from an interval of 6.2 s on (5.6 to 6.9 s by the ranges of 2 trials; each range holds its median in 1 of 2 cases; by the unit costs: 4.1 s, outside that range)"},
		{"open above", model.BreakEven{Trials: 3, At: []float64{6.2}, Low: 0.9, High: inf, CheaperAtEnd: true, ByUnitCosts: math.NaN()},
			"costs the server less CPU than WebSocket from an interval of 6.2 s on (900 ms to above 30 s by the ranges of 3 trials; each range holds its median in 3 of 4 cases)"},
		{"open below", model.BreakEven{Trials: 1, At: []float64{6.2}, Low: -inf, High: 7, CheaperAtEnd: true, ByUnitCosts: math.NaN()},
			"costs the server less CPU than WebSocket from an interval of 6.2 s on (below 250 ms to 7 s within one trial)"},
		{"open", model.BreakEven{Trials: 1, At: []float64{6.2}, Low: -inf, High: inf, CheaperAtEnd: true, ByUnitCosts: math.NaN()},
			"costs the server less CPU than WebSocket from an interval of 6.2 s on (anywhere from below 250 ms to above 30 s within one trial)"},
		{"no band", model.BreakEven{At: []float64{6.2}, Low: 6.2, High: 6.2, CheaperAtEnd: true, ByUnitCosts: 6.1},
			"costs the server less CPU than WebSocket from an interval of 6.2 s on (by the unit costs: 6.1 s)"},
		{"up to", model.BreakEven{At: []float64{6.2}, Low: 6.2, High: 6.2, ByUnitCosts: math.NaN()},
			"costs the server less CPU than WebSocket up to an interval of 6.2 s"},
		{"never", model.BreakEven{ByUnitCosts: math.NaN()},
			"costs the server more CPU than WebSocket at every measured interval, 250 ms to 30 s"},
		{"always", model.BreakEven{CheaperAtEnd: true, ByUnitCosts: math.NaN()},
			"costs the server less CPU than WebSocket at every measured interval, 250 ms to 30 s"},
		{"not clear", model.BreakEven{Trials: 2, ByUnitCosts: 28, Unclear: true},
			"costs the server more CPU than WebSocket at every measured interval, 250 ms to 30 s, but at some by less than the trials differ (by the unit costs the two meet at 28 s)"},
		{"not clear within one trial", model.BreakEven{Trials: 1, ByUnitCosts: math.NaN(), Unclear: true},
			"costs the server more CPU than WebSocket at every measured interval, 250 ms to 30 s, but at some by less than one trial can show"},
		{"by turns", model.BreakEven{At: []float64{1, 3}, ByUnitCosts: math.NaN()},
			"changes places with WebSocket in server CPU at 1 s and 3 s, so neither is cheaper throughout"},
		{"a rate", model.BreakEven{Trials: 6, Cut: &trials.Cut{Along: rate}, From: 0.1, To: 50, At: []float64{9.99}, Low: 8.99, High: 11.4, CheaperAtEnd: true, ByUnitCosts: 10.8},
			"costs the server less CPU than WebSocket from 9.99 messages/s on (8.99 to 11.4 messages/s by 95 % intervals of both; by the unit costs: 10.8 messages/s)"},
	} {
		b := tt.b
		b.Cost, b.Push = &model.Expenses[0], "ws"
		if b.Cut == nil {
			b.Cut, b.From, b.To = &trials.Cut{Along: interval}, 0.25, 30
		}
		got := (Crossing{&b}).Clause(true)
		assert.Check(t, got == tt.want, "%s:\n got %s\nwant %s", tt.name, got, tt.want)
	}
}

// rawCost is a trial's cost for a client and second, from its plain fields.
func rawCost(t *result.Trial, cost string) float64 {
	if cost == "bytes" {
		return 8 * float64(t.Bytes.In+t.Bytes.Out) / float64(t.Clients) / t.WindowS
	}
	return (t.Server.CPUUserS + t.Server.CPUSysS) / float64(t.Clients) / t.WindowS
}

// middling is the median, by sorting and counting.
func middling(list []float64) float64 {
	slices.Sort(list)
	return (list[(len(list)-1)/2] + list[len(list)/2]) / 2
}

// Every crossing, its interval and its stale share come out again by bisection,
// from the values of the trials.
func TestBreakEvenByBisection(t *testing.T) {
	crossed := 0
	for name, list := range fixture.Sweeps() {
		s := setOf(t, list)
		text := strings.Join(Verdict(s).Paragraphs, "\n")
		for _, along := range s.BreakEvenAxes() {
			for _, l := range s.Cuts(along) {
				for _, b := range model.BreakEvens(&l) {
					where := fmt.Sprintf("%s, %s: %s against %s, %s", name, (Crossing{&b}).Circumstances(), b.Poll, b.Push, b.Cost.Name)
					again := bisected(list, &b)
					if len(b.At) != 1 {
						assert.Check(t, len(b.At) == again.crossings, "%s: %d crossings, by bisection %d", where, len(b.At), again.crossings)
						continue
					}
					crossed++
					if math.Abs(again.at/b.At[0]-1) > 1e-6 || math.Abs(again.stale-b.Stale) > 1e-6 {
						t.Errorf("%s: at %v, stale %v; by bisection at %v, stale %v", where, b.At, b.Stale, again.at, again.stale)
					}
					if list[0].Asked.Trials > 1 && b.Banded() {
						for _, side := range [][2]float64{{b.Low, again.low}, {b.High, again.high}} {
							if !math.IsInf(side[0], 0) && math.Abs(side[0]/side[1]-1) > 1e-6 {
								t.Errorf("%s: may be %v to %v, by bisection %v to %v", where, b.Low, b.High, again.low, again.high)
							}
						}
					}
					if said := (Crossing{&b}).Circumstances() + ", " + trials.SpokenName(b.Poll); strings.Contains(text, said) && b.Poll == "poll" && b.Push == "ws" && !strings.Contains(text, (Crossing{&b}).Words().Print(b.At[0])) {
						t.Errorf("%s: the verdict does not say %s", where, (Crossing{&b}).Words().Print(b.At[0]))
					}
				}
			}
		}
	}
	assert.Check(t, crossed >= 12, "only %d crossings were checked", crossed)
}

type bisection struct {
	crossings            int
	at, low, high, stale float64
}

// bisected looks for the crossing between any two neighbours by halving.
func bisected(ts []result.Trial, b *model.BreakEven) bisection {
	first := &b.First.Head
	type height struct{ x, poll, pollLow, pollHigh, push, pushLow, pushHigh, stale float64 }
	var heights []height
	value := func(t *result.Trial) float64 {
		if b.Along.Key == "poll.interval" {
			return t.Asked.PollIntervalS
		}
		return t.Asked.PublishRate
	}
	var values []float64
	for i := range ts {
		values = append(values, value(&ts[i]))
	}
	slices.Sort(values)
	for _, v := range slices.Compact(values) {
		take := func(name string, of func(*result.Trial) float64) (list []float64) {
			for i := range ts {
				t := &ts[i]
				fixed := t.Asked.PollIntervalS == first.Asked.PollIntervalS || !t.Asked.Paced
				at := value(t) == v
				if b.Along.Key == "poll.interval" {
					fixed, at = t.Asked.PublishRate == first.Asked.PublishRate, at || !t.Asked.Paced
				}
				if t.Transport == name && fixed && at {
					list = append(list, of(t))
				}
			}
			return list
		}
		cost := func(t *result.Trial) float64 { return rawCost(t, b.Cost.Name) }
		poll, push := take(b.Poll, cost), take(b.Push, cost)
		middlePoll, middlePush := middling(poll), middling(push) // which sorts them
		x := v
		if b.Along.Key == "poll.interval" {
			x = 1 / v
		}
		heights = append(heights, height{x, middlePoll, poll[0], poll[len(poll)-1], middlePush, push[0], push[len(push)-1],
			middling(take(b.Poll, func(t *result.Trial) float64 { return t.StaleShare }))})
	}
	slices.SortFunc(heights, func(a, b height) int { return cmp.Compare(a.x, b.x) })
	find := func(gap func(height) float64) (found []float64, stale float64) {
		for i := 1; i < len(heights); i++ {
			from, to := heights[i-1], heights[i]
			mix := func(share float64, of func(height) float64) float64 { return of(from)*(1-share) + of(to)*share }
			if (gap(from) > 0) == (gap(to) > 0) {
				continue
			}
			low, high := 0.0, 1.0
			for range 60 {
				if mid := (low + high) / 2; (mix(mid, gap) > 0) == (gap(from) > 0) {
					low = mid
				} else {
					high = mid
				}
			}
			v := mix(low, func(h height) float64 { return h.x })
			if b.Along.Key == "poll.interval" {
				v = 1 / v
			}
			found, stale = append(found, v), mix(low, func(h height) float64 { return h.stale })
		}
		return found, stale
	}
	middle, stale := find(func(h height) float64 { return h.poll - h.push })
	least, _ := find(func(h height) float64 { return h.pollLow - h.pushHigh })
	most, _ := find(func(h height) float64 { return h.pollHigh - h.pushLow })
	out := bisection{crossings: len(middle), stale: stale}
	if len(middle) > 0 {
		all := slices.Concat(middle, least, most)
		out.at, out.low, out.high = middle[0], slices.Min(all), slices.Max(all)
	}
	return out
}

// What lost messages, or is invalid, is compared with nothing.
func TestBreakEvenIsFair(t *testing.T) {
	list := fixture.Sweeps()["interval"]
	for i := range list {
		t := &list[i]
		switch {
		case t.Transport == "ws":
			t.Lost, t.Delivered = 1, t.Delivered-1
		case t.Transport == "sse":
			fixture.Doubt(t, result.Invalid, "generator_cpu", "the generator was saturated")
		}
	}
	text := strings.Join(Verdict(setOf(t, list)).Paragraphs, "\n")
	if strings.Contains(text, "WebSocket") || strings.Contains(text, "server-sent") || !strings.Contains(text, "long polling") {
		t.Errorf("the verdict says %s", text)
	}
}
