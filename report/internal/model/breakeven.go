package model

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/pollpush/pollpush/internal/result"
	"github.com/pollpush/pollpush/internal/stat"
	"github.com/pollpush/pollpush/report/internal/metric"
	"github.com/pollpush/pollpush/report/internal/trials"
)

// Expense is a cost by which polling and push are compared: of one client,
// in each second.
type Expense struct {
	metric.Metric
	Name   string // "CPU"
	Less   string // "costs the server less CPU"
	More   string
	second func(result.Second) float64 // of all clients

	// Sampled: the seconds of a single trial show how far it may be off. Bytes
	// are counted, so their seconds show only the messages.
	Sampled bool
}

var Expenses = []Expense{
	{metric.CPUPerClient, "server CPU", "costs the server less CPU", "costs the server more CPU",
		func(s result.Second) float64 { return s.ServerCPUS }, true},
	{metric.Bandwidth, "bytes", "needs fewer bytes", "needs more bytes",
		func(s result.Second) float64 { return 8 * float64(s.BytesIn+s.BytesOut) }, false},
}

// measured is what the side cost, and the band around it: over its trials or,
// where there is only one, the 95 % interval of the mean over its seconds.
func (w *Expense) measured(s *trials.Side) (value, low, high float64) {
	c := w.Cell(s.Used)
	if low, high = stat.Band(c.Values); !math.IsNaN(low) {
		return c.Value, low, high
	}
	if c.Known() && w.Sampled {
		if m := w.withinTrial(&s.Used[0]); !math.IsNaN(m) {
			return c.Value, c.Value - m, c.Value + m
		}
	}
	return c.Value, c.Value, c.Value
}

// withinTrial is how far the cost may be off by the seconds of one trial.
func (w *Expense) withinTrial(t *result.Trial) float64 {
	var list []float64
	for _, second := range Whole(t) {
		list = append(list, w.second(second)/float64(t.Clients))
	}
	return stat.MeanMargin(list)
}

// BreakEven is where polling and a way to push cost the same, along one axis.
type BreakEven struct {
	*trials.Cut
	Cost       *Expense
	Poll, Push string
	First      *trials.Point // of those compared

	From, To float64   // the values compared
	At       []float64 // in the axis' order: where the medians' lines cross
	// low and high are how far a single crossing may be off, by the bands of both.
	// They are infinite where that is beyond what was measured.
	Low, High float64
	Trials    int  // the fewest of either, at any point compared
	Unclear   bool // no crossing, but the bands overlap

	CheaperAtEnd bool    // polling, at the largest value
	ByUnitCosts  float64 // the crossing by the model; NaN where it has none
	Stale        float64 // share of time, at the crossing; NaN where not known
}

// CompareCosts compares a transport that polls with one that does not. It is not ok
// where fewer than two points have both, sound and without losses.
func CompareCosts(l *trials.Cut, poll, push string, cost *Expense) (BreakEven, bool) {
	b := BreakEven{Cut: l, Cost: cost, Poll: poll, Push: push, Trials: math.MaxInt, ByUnitCosts: math.NaN(), Stale: math.NaN()}
	var x, middle, least, most, stales []float64
	points := slices.Clone(l.Points)
	slices.SortFunc(points, func(a, b *trials.Point) int {
		return cmp.Compare(l.Position(l.Along.Of(&a.Head)), l.Position(l.Along.Of(&b.Head)))
	})
	for i := range points {
		p, _ := l.SideAt(points[i], poll)
		s, _ := l.SideAt(points[i], push)
		if p == nil || s == nil || !metric.Fair(p) || !metric.Fair(s) {
			continue
		}
		pv, pl, ph := cost.measured(p)
		sv, sl, sh := cost.measured(s)
		if math.IsNaN(pv - sv) {
			continue
		}
		if b.First == nil {
			b.First = points[i]
		}
		b.Trials = min(b.Trials, len(p.Used), len(s.Used))
		x = append(x, l.Position(l.Along.Of(&points[i].Head)))
		middle, least, most = append(middle, pv-sv), append(least, pl-sh), append(most, ph-sl)
		stales = append(stales, metric.Stale.Cell(p.Used).Value)
	}
	if low, high := stat.Range(middle); len(x) < 2 || low == 0 && high == 0 { // nothing was counted of either
		return b, false
	}
	last := len(x) - 1
	ends := []float64{l.Position(x[0]), l.Position(x[last])} // position is its own inverse
	b.From, b.To = slices.Min(ends), slices.Max(ends)
	dearFirst := middle[0] > 0 // at the first position
	if l.Along.Key == "poll.interval" {
		b.CheaperAtEnd = middle[0] < 0
	} else {
		b.CheaperAtEnd = middle[last] < 0
	}
	crossings := stat.Crossings(x, middle)
	lows, highs := stat.Crossings(x, least), stat.Crossings(x, most)
	for _, v := range crossings {
		b.At = append(b.At, l.Position(v))
	}
	slices.Sort(b.At)
	if len(b.At) == 0 {
		b.Unclear = slices.Min(least) <= 0 && slices.Max(most) >= 0
		return b, true
	}
	all := slices.Concat(crossings, lows, highs)
	begin, end := stat.Range(all)
	// A band that nowhere crosses goes beyond the end at which its side is right.
	if len(lows) == 0 && dearFirst || len(highs) == 0 && !dearFirst {
		begin = math.Inf(-1)
	}
	if len(lows) == 0 && !dearFirst || len(highs) == 0 && dearFirst {
		end = math.Inf(1)
	}
	b.Low, b.High = begin, end
	if l.Along.Key == "poll.interval" {
		b.Low, b.High = 1/end, 1/begin
		if math.IsInf(begin, -1) {
			b.High = math.Inf(1)
		}
		if math.IsInf(end, 1) {
			b.Low = math.Inf(-1)
		}
	}
	if len(b.At) == 1 {
		b.Stale = stat.Between(x, stales, crossings[0])
	}
	return b, true
}

// BreakEvens are those of every transport that polls with every one that does
// not, by every cost, along the axis.
func BreakEvens(l *trials.Cut) (list []BreakEven) {
	polls, pushes := l.PollAndPush()
	for _, poll := range polls {
		for _, push := range pushes {
			list = append(list, Pair(l, poll, push)...)
		}
	}
	return list
}

// Pair holds two transports against each other by every cost.
func Pair(l *trials.Cut, poll, push string) (list []BreakEven) {
	for i := range Expenses {
		if b, ok := CompareCosts(l, poll, push, &Expenses[i]); ok {
			b.ByUnitCosts = b.Modelled()
			list = append(list, b)
		}
	}
	return list
}

// WithinTrials reports whether bands are of single trials, by their seconds.
func (b *BreakEven) WithinTrials() bool { return b.Trials == 1 && b.Cost.Sampled }

// Banded reports whether anything is known of how far the crossing may be off.
func (b *BreakEven) Banded() bool { return len(b.At) == 1 && b.Low < b.High }

// Outside reports that the crossing by the unit costs is none that the
// measurement allows.
func (b *BreakEven) Outside() bool {
	return b.Banded() && (b.ByUnitCosts < b.Low || b.ByUnitCosts > b.High)
}

// RangeHolds is how often the range of some trials holds the true median.
func RangeHolds(trials int) string {
	cases, of := stat.MedianIn(trials)
	return fmt.Sprintf("%d of %d cases", cases, of)
}
