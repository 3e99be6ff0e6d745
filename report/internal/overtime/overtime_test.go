package overtime

import (
	"math"
	"strings"
	"testing"
	"time"

	"gotest.tools/v3/assert"
	is "gotest.tools/v3/assert/cmp"

	"github.com/pollpush/pollpush/internal/result"
	"github.com/pollpush/pollpush/report/internal/figure"
	"github.com/pollpush/pollpush/report/internal/fixture"
	"github.com/pollpush/pollpush/report/internal/metric"
	"github.com/pollpush/pollpush/report/internal/scene"
	"github.com/pollpush/pollpush/report/internal/trials"
)

// counted are so many deliveries of a latency in each of some seconds.
func counted(seconds int, took time.Duration, n int64) (series []result.Second) {
	for range seconds {
		s := result.Second{T: float64(len(series)), Phase: "steady", SecondCounts: result.SecondCounts{Deliveries: n, Latencies: make(result.Latencies, result.LatencyBucket(took)+1)}}
		s.Latencies[len(s.Latencies)-1] = n
		series = append(series, s)
	}
	return series
}

func sideOf(series []result.Second) Side {
	return Side{&trials.Side{Transport: "ws", Used: []result.Trial{{Transport: "ws", Series: series}}}, "ws"}
}

func boxesOf(c *figure.Chart, panel int) scene.Boxes { return c.Panels[panel].Scene[0].(scene.Boxes) }

// What a frozen server held back is a box of its own, high above the others, which
// are one as long as nothing changes.
func TestAFreezeIsARidge(t *testing.T) {
	series := counted(9, 2*time.Millisecond, 100)
	series[4] = result.Second{T: 4, Phase: "steady"} // it stands still
	late := counted(1, time.Second, 5)[0].Latencies
	series[5].Latencies, series[5].Deliveries = result.Add(series[5].Latencies, late), 105
	var c figure.Chart
	Latency([]Side{sideOf(series)}, &c)
	low, high := result.LatencyBounds(result.LatencyBucket(2 * time.Millisecond))
	lateLow, lateHigh := result.LatencyBounds(result.LatencyBucket(time.Second))
	assert.DeepEqual(t, boxesOf(&c, 0).Boxes, []scene.Box{
		{Left: 0, Right: 4, Bottom: low, Top: high, Shade: 3},
		{Left: 5, Right: 9, Bottom: low, Top: high, Shade: 3},
		{Left: 5, Right: 6, Bottom: lateLow, Top: lateHigh, Shade: 1},
	})
	said := boxesOf(&c, 0).Spots[4]
	assert.Check(t, is.Equal(said.X+"\n"+said.Y, "5 s to 6 s\n105 deliveries\np50 2.00 ms to 2.40 ms\nlongest 819 ms to 1.02 s"))
}

// Of a long trial several seconds are one column, and no delivery is left out.
func TestColumnsAreFew(t *testing.T) {
	series := counted(601, 3*time.Millisecond, 7)
	var c figure.Chart
	Latency([]Side{sideOf(series)}, &c)
	assert.Check(t, strings.HasSuffix(c.Caption, "each column is 11 seconds."), "%q", c.Caption)
	all := int64(0)
	for _, col := range columns(series, 11) {
		all += col.latencies[len(col.latencies)-1]
	}
	assert.Check(t, all == 601*7, "%d", all)
}

func TestWithoutLatencies(t *testing.T) {
	older, silent := counted(3, time.Second, 5), counted(3, time.Second, 0)
	for _, series := range [][]result.Second{older, silent} {
		for i := range series {
			series[i].Latencies = nil
		}
	}
	var c, none figure.Chart
	Latency([]Side{sideOf(older)}, &c)
	Latency([]Side{sideOf(silent)}, &none)
	assert.Check(t, len(c.Panels) == 0 && strings.Contains(c.Omitted, "did not record latencies"), "%q", c.Omitted)
	assert.Check(t, len(none.Panels) == 0 && none.Omitted == "", "%q", none.Omitted)
}

// The bars of a row are all of its deliveries, and lie where the histogram's are.
func TestHistogramHoldsAll(t *testing.T) {
	used := fixture.Cases()["usual"][:1]
	h, err := metric.Merged(used)
	assert.NilError(t, err)
	r := newRow(Side{&trials.Side{Transport: "poll", Used: used}, "poll"}, h)
	sum, late := 0.0, 0.0
	for i, v := range r.shares {
		sum += v
		if edge(r.first+i) > 0.4 {
			late += v
		}
	}
	from := edge(bar(0.4) + 1)
	assert.Check(t, math.Abs(sum-1) < 1e-9, "%v of all", sum)
	assert.Check(t, math.Abs(late-(1-from)) < 0.03, "%v are above %v s, of latencies from 0 to 1 s alike", late, from)
}
