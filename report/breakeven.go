package report

import (
	"cmp"
	"math"
	"slices"

	"github.com/pollpush/pollpush/internal/result"
	"github.com/pollpush/pollpush/internal/stat"
)

// expense is a cost by which polling and push are held against each other: of
// one client, in each second.
type expense struct {
	metric
	name   string // "CPU"
	less   string // "costs the server less CPU"
	more   string
	second func(result.Second) float64 // of all clients

	// sampled: what a single trial may be off by is told by its seconds. Bytes
	// are counted, so that their seconds tell of the messages only.
	sampled bool
}

var expenses = []expense{
	{cpuPerClient, "server CPU", "costs the server less CPU", "costs the server more CPU",
		func(s result.Second) float64 { return s.ServerCPUS }, true},
	{bandwidth, "bytes", "needs fewer bytes", "needs more bytes",
		func(s result.Second) float64 { return 8 * float64(s.BytesIn+s.BytesOut) }, false},
}

// measured is what the side cost, and the band around it: over its trials or,
// where there is only one, the 95 % interval of the mean over its seconds.
func (w *expense) measured(s *side) (value, low, high float64) {
	c := w.cell(s.used)
	if low, high = stat.Band(c.values); !math.IsNaN(low) {
		return c.value, low, high
	}
	if c.known() && w.sampled {
		if m := w.withinTrial(&s.used[0]); !math.IsNaN(m) {
			return c.value, c.value - m, c.value + m
		}
	}
	return c.value, c.value, c.value
}

// withinTrial is how far the cost may be off by the seconds of one trial.
func (w *expense) withinTrial(t *result.Trial) float64 {
	var list []float64
	for _, second := range whole(t) {
		list = append(list, w.second(second)/float64(t.Clients))
	}
	return stat.MeanMargin(list)
}

// breakEven is where polling and a way to push cost the same, along one axis.
type breakEven struct {
	*slice
	cost       *expense
	poll, push string
	first      *point // of those compared

	from, to float64   // the values compared
	at       []float64 // in the axis' order: where the medians' lines cross
	// low and high are how far a single crossing may be off, by the bands of both.
	// They are infinite where that is beyond what was measured.
	low, high float64
	trials    int  // the fewest of either, at any point compared
	unclear   bool // no crossing, but the bands overlap

	cheaperAtEnd bool    // polling, at the largest value
	byUnitCosts  float64 // the crossing by the model; NaN where it has none
	stale        float64 // share of time, at the crossing; NaN where not known
}

// position is where a value of the axis stands on the line along which costs
// are linear: polls in a second, and messages in a second.
func (l *slice) position(v float64) float64 {
	if l.along.key == "poll.interval" {
		return 1 / v
	}
	return v
}

// breakEven compares a transport that polls with one that does not. It is not ok
// where fewer than two points have both, sound and without losses.
func (l *slice) breakEven(poll, push string, cost *expense) (breakEven, bool) {
	b := breakEven{slice: l, cost: cost, poll: poll, push: push, trials: math.MaxInt, byUnitCosts: math.NaN(), stale: math.NaN()}
	var x, middle, least, most, stales []float64
	points := slices.Clone(l.points)
	slices.SortFunc(points, func(a, b point) int {
		return cmp.Compare(l.position(l.along.of(&a.head)), l.position(l.along.of(&b.head)))
	})
	for i := range points {
		p, _ := l.sideAt(points[i], poll)
		s, _ := l.sideAt(points[i], push)
		if p == nil || s == nil || !p.fair() || !s.fair() {
			continue
		}
		pv, pl, ph := cost.measured(p)
		sv, sl, sh := cost.measured(s)
		if math.IsNaN(pv - sv) {
			continue
		}
		if b.first == nil {
			b.first = &points[i]
		}
		b.trials = min(b.trials, len(p.used), len(s.used))
		x = append(x, l.position(l.along.of(&points[i].head)))
		middle, least, most = append(middle, pv-sv), append(least, pl-sh), append(most, ph-sl)
		stales = append(stales, stale.cell(p.used).value)
	}
	if low, high := stat.Range(middle); len(x) < 2 || low == 0 && high == 0 { // nothing was counted of either
		return b, false
	}
	last := len(x) - 1
	ends := []float64{l.position(x[0]), l.position(x[last])} // position is its own inverse
	b.from, b.to = slices.Min(ends), slices.Max(ends)
	dearFirst := middle[0] > 0 // at the first position
	if l.along.key == "poll.interval" {
		b.cheaperAtEnd = middle[0] < 0
	} else {
		b.cheaperAtEnd = middle[last] < 0
	}
	crossings := stat.Crossings(x, middle)
	lows, highs := stat.Crossings(x, least), stat.Crossings(x, most)
	for _, v := range crossings {
		b.at = append(b.at, l.position(v))
	}
	slices.Sort(b.at)
	if len(b.at) == 0 {
		b.unclear = slices.Min(least) <= 0 && slices.Max(most) >= 0
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
	b.low, b.high = begin, end
	if l.along.key == "poll.interval" {
		b.low, b.high = 1/end, 1/begin
		if math.IsInf(begin, -1) {
			b.high = math.Inf(1)
		}
		if math.IsInf(end, 1) {
			b.low = math.Inf(-1)
		}
	}
	if len(b.at) == 1 {
		b.stale = stat.Between(x, stales, crossings[0])
	}
	return b, true
}

// fair reports whether the side may be compared: it has sound trials, and none
// in which it lost or repeated a delivery.
func (s *side) fair() bool { return s.counts() && s.fault() == "" }

// breakEvens are those of every transport that polls with every one that does
// not, by every cost, along the axis.
func (l *slice) breakEvens() (list []breakEven) {
	polls, pushes := l.pollAndPush()
	for _, poll := range polls {
		for _, push := range pushes {
			list = append(list, l.pair(poll, push)...)
		}
	}
	return list
}

// pair holds two transports against each other by every cost.
func (l *slice) pair(poll, push string) (list []breakEven) {
	for i := range expenses {
		if b, ok := l.breakEven(poll, push, &expenses[i]); ok {
			b.byUnitCosts = b.modelled()
			list = append(list, b)
		}
	}
	return list
}

// pollAndPush are the transports that poll at an interval, and the others.
func (s *sweep) pollAndPush() (polls, pushes []string) {
	for _, name := range s.transports() {
		paced := func(t result.Trial) bool { return t.Transport == name && t.Asked.Paced && t.Asked.PollIntervalS > 0 }
		if slices.ContainsFunc(s.points, func(p point) bool { return slices.ContainsFunc(p.all, paced) }) {
			polls = append(polls, name)
		} else {
			pushes = append(pushes, name)
		}
	}
	return polls, pushes
}

// breakEvenAxes are the keys along which polling and push may cost the same.
func (s *sweep) breakEvenAxes() (list []*axis) {
	for _, key := range []string{"poll.interval", "publish.rate"} {
		if slices.Contains(s.swept, key) {
			list = append(list, axisOf(key))
		}
	}
	return list
}
