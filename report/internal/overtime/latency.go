package overtime

import (
	"math"
	"slices"

	"github.com/pollpush/pollpush/internal/result"
	"github.com/pollpush/pollpush/internal/stat"
	"github.com/pollpush/pollpush/report/internal/axis"
	"github.com/pollpush/pollpush/report/internal/figure"
	"github.com/pollpush/pollpush/report/internal/number"
	"github.com/pollpush/pollpush/report/internal/scene"
	"github.com/pollpush/pollpush/report/internal/theme"
)

const (
	mostColumns = 60  // of a heat map: more would be too narrow to be seen
	mostSpots   = 160 // of all heat maps of a chart together
)

// shares are from what share of a column's deliveries on a cell has the next shade.
var shares = []float64{0.02, 0.1, 0.25}

// Latency draws a heat map of the latencies of the first used trial of each
// transport by the second in which they were seen.
func Latency(sides []Side, c *figure.Chart) {
	delivered := false
	var known []Side
	for _, s := range sides {
		if len(s.Used) == 0 {
			continue
		}
		has := func(f func(result.Second) bool) bool { return slices.ContainsFunc(s.Used[0].Series, f) }
		delivered = delivered || has(func(s result.Second) bool { return s.Deliveries > 0 })
		if has(func(s result.Second) bool { return len(s.Latencies) > 0 }) {
			known = append(known, s)
		}
	}
	switch {
	case len(known) == 0 && delivered:
		c.Omitted = "These trials are of a version that did not record latencies by the second."
		return
	case len(known) == 0:
		return
	}
	low, high, seconds := math.Inf(1), 0.0, 0
	for _, s := range known {
		seconds = max(seconds, len(s.Used[0].Series))
		for _, col := range columns(s.Used[0].Series, 1) {
			l, h := col.bounds()
			low, high = min(low, l), max(high, h)
		}
		if s.Paced() {
			high = max(high, s.Used[0].Asked.PollIntervalS*1.1)
		}
	}
	step := (seconds + mostColumns - 1) / mostColumns
	if step > 1 {
		c.Caption += " Here each column is " + number.Plain(float64(step)) + " seconds."
	}
	every := max(step, (seconds*len(known)+mostSpots-1)/mostSpots)
	for _, s := range known {
		p := heatPanel(s, step, every)
		p.X, p.Y = elapsed(known), axis.Logarithmic(low, high, number.Seconds)
		p.Y.LabelWidth = labelWidth
		c.Panels = append(c.Panels, p)
	}
	inColumns(c)
}

func heatPanel(s Side, step, every int) scene.Panel {
	first := &s.Used[0]
	cells := scene.Boxes{Name: s.Name, Look: theme.LookOf(s.Transport)}
	for _, col := range columns(first.Series, step) {
		col.draw(&cells)
	}
	for _, col := range columns(first.Series, every) {
		cells.Spots = append(cells.Spots, col.spot())
	}
	p := scene.Panel{Heading: s.Name, Height: 84, Scene: []scene.Primitive{cells}}
	for _, span := range phases(first.Series) {
		p.Scene = append(p.Scene, span)
	}
	if t := first.Asked.PollIntervalS; s.Paced() {
		p.Heading += " (dashed: interval)"
		p.Scene = append(p.Scene, scene.Guide{Series: scene.Series{Name: "poll interval", Y: []float64{t}}, Unnamed: true})
	}
	return p
}

// column is the latencies of some seconds that follow one another.
type column struct {
	from, to  float64
	latencies result.Latencies
}

// columns are those of so many seconds each in which anything was delivered.
func columns(series []result.Second, step int) (list []column) {
	for seconds := range slices.Chunk(series, step) {
		c := column{from: seconds[0].T, to: seconds[len(seconds)-1].T + 1}
		for _, s := range seconds {
			c.latencies = result.Add(c.latencies, s.Latencies)
		}
		if len(c.latencies) > 0 {
			list = append(list, c)
		}
	}
	return list
}

// bounds are those of all buckets in use, in seconds, above zero and below infinity.
func (c *column) bounds() (low, high float64) {
	first := slices.IndexFunc(c.latencies, func(n int64) bool { return n > 0 })
	low, _ = bucketBounds(first)
	_, high = bucketBounds(len(c.latencies) - 1)
	return low, high
}

// bucketBounds are as a logarithmic axis can show them.
func bucketBounds(b int) (low, high float64) {
	low, high = result.LatencyBounds(b)
	if low == 0 {
		low = high / 2
	}
	if math.IsInf(high, 1) {
		high = low * 1.25
	}
	return low, high
}

// draw adds a box for each run of buckets of one shade.
func (c *column) draw(cells *scene.Boxes) {
	all := float64(stat.Sum(c.latencies))
	shade := func(b int) int {
		if b >= len(c.latencies) || c.latencies[b] == 0 {
			return -1
		}
		share := float64(c.latencies[b]) / all
		return len(shares) - len(slices.DeleteFunc(slices.Clone(shares), func(s float64) bool { return share >= s }))
	}
	for b := 0; b < len(c.latencies); {
		from, is := b, shade(b)
		for b++; shade(b) == is && b < len(c.latencies); b++ {
		}
		if is < 0 {
			continue
		}
		box := scene.Box{Left: c.from, Right: c.to, Shade: is}
		box.Bottom, _ = bucketBounds(from)
		_, box.Top = bucketBounds(b - 1)
		cells.Add(box)
	}
}

// spot says what is in a column: in which bucket the percentiles are that so many
// deliveries tell, and the longest latency.
func (c *column) spot() scene.Spot {
	s := scene.Spot{X: number.Plain(c.from) + " s to " + number.Plain(c.to) + " s", Box: scene.Box{Left: c.from, Right: c.to, Bottom: 0, Top: math.Inf(1)}}
	s.Y = number.Plural(float64(stat.Sum(c.latencies)), "delivery")
	for _, q := range []struct {
		name  string
		share float64
	}{{"p50", 0.5}, {"p99", 0.99}} {
		if b, told := c.latencies.Rank(q.share); told {
			s.Y += "\n" + q.name + " " + within(b)
		}
	}
	s.Y += "\nlongest " + within(len(c.latencies)-1)
	return s
}

// within says a bucket.
func within(b int) string {
	low, high := result.LatencyBounds(b)
	if math.IsInf(high, 1) {
		return "above " + number.Seconds.Format(low)
	}
	return number.Seconds.Format(low) + " to " + number.Seconds.Format(high)
}
