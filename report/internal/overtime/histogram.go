package overtime

import (
	"math"
	"slices"

	"gonum.org/v1/plot/vg"

	"github.com/HdrHistogram/hdrhistogram-go"

	"github.com/pollpush/pollpush/report/internal/axis"
	"github.com/pollpush/pollpush/report/internal/figure"
	"github.com/pollpush/pollpush/report/internal/metric"
	"github.com/pollpush/pollpush/report/internal/number"
	"github.com/pollpush/pollpush/report/internal/scene"
	"github.com/pollpush/pollpush/report/internal/theme"
)

// perDecade is how many bars of a histogram share a power of ten of latencies.
const perDecade = 12

// bar is that of a latency in seconds, and edge where it begins.
func bar(v float64) int { return int(math.Floor(math.Log10(v) * perDecade)) }

func edge(bar int) float64 { return math.Pow(10, float64(bar)/perDecade) }

// row is one transport's histogram: the share of its deliveries in each bar from
// the first on.
type row struct {
	Side
	first  int
	shares []float64
}

// Histogram draws which share of the deliveries of all used trials took how long:
// a row for each transport, its highest bar as high as any other's: a transport
// whose latencies are alike would flatten all others.
func Histogram(sides []Side, c *figure.Chart) {
	var rows []row
	var names []string
	first, last := math.MaxInt, math.MinInt
	for _, s := range sides {
		h, err := metric.Merged(s.Used)
		if err != nil || h == nil { // the chart of percentiles says so
			continue
		}
		r := newRow(s, h)
		rows, names = append(rows, r), append(names, s.Name)
		first, last = min(first, r.first), max(last, r.first+len(r.shares))
	}
	if len(rows) == 0 {
		return
	}
	p := scene.Panel{Heading: "share of deliveries by latency; each row has its own scale", Height: 40*vg.Length(len(rows)) + 26}
	for i := range rows {
		p.Scene = append(p.Scene, rows[i].boxes(-float64(i)-1))
	}
	p.X, p.Y = axis.Logarithmic(edge(first), edge(last), number.Seconds), axis.Rows(names)
	c.Panels = []scene.Panel{p}
}

func newRow(s Side, h *hdrhistogram.Histogram) row {
	r := row{Side: s, first: bar(float64(max(h.Min(), 1)) / 1e9)}
	r.shares = make([]float64, bar(float64(h.Max())/1e9)-r.first+1)
	for _, b := range h.Distribution() {
		if b.Count > 0 {
			middle := float64(b.From+b.To) / 2e9
			r.shares[min(max(bar(middle)-r.first, 0), len(r.shares)-1)] += float64(b.Count) / float64(h.TotalCount())
		}
	}
	return r
}

// boxes are the bars from a base line up, the highest as high as a row allows.
func (r *row) boxes(base float64) scene.Boxes {
	const most = 0.7 // a narrow drawing has the name above
	top := slices.Max(r.shares)
	b := scene.Boxes{Name: r.Name, Look: theme.LookOf(r.Transport)}
	for i, v := range r.shares {
		if v == 0 {
			continue
		}
		box := scene.Box{Left: edge(r.first + i), Right: edge(r.first + i + 1), Bottom: base, Top: base + most*v/top, Shade: theme.Full}
		b.Boxes = append(b.Boxes, box)
		if v < 0.001 { // too low to be pointed at
			continue
		}
		box.Top = base + 1
		b.Spots = append(b.Spots, scene.Spot{Box: box, X: number.Seconds.Format(box.Left) + " to " + number.Seconds.Format(box.Right), Y: number.Share.Format(v) + " of deliveries"})
	}
	return b
}
