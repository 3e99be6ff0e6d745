package result

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
	"gotest.tools/v3/assert"
)

func TestEnough(t *testing.T) {
	for _, c := range []struct {
		share float64
		least int64
	}{{.5, 20}, {.9, 100}, {.99, 1000}, {.999, 10_000}, {0, 10}} {
		assert.Check(t, !Enough(c.least-1, c.share), "%d samples carry the share %v, %d are needed", c.least-1, c.share, c.least)
		assert.Check(t, Enough(c.least, c.share), "%d samples do not carry the share %v", c.least, c.share)
	}
}

// A percentile is there exactly where enough samples carry it.
func TestSummarizeLeavesOutWhatTooFewSamplesCarry(t *testing.T) {
	for _, n := range []int64{1, 19, 20, 99, 100, 999, 1000, 9999, 10_000} {
		q := Summarize(histogram(t, time.Millisecond, n))
		for _, f := range q.fields() {
			if f.share > 0 && (f.value != nil) != Enough(n, f.share) || q.N != n {
				t.Errorf("%d samples: %s = %s of %d", n, f.name, told(f.value), q.N)
			}
		}
	}
}

func TestSummarize(t *testing.T) {
	h := hdrhistogram.New(1, int64(time.Hour), 3)
	if q := Summarize(h); q != nil {
		t.Fatalf("an empty histogram has percentiles: %+v", q)
	}
	for ms := range int64(10_000) {
		assert.NilError(t, h.RecordValue((ms+1)*int64(time.Millisecond)))
	}
	q := Summarize(h)
	for _, c := range []struct {
		name      string
		got, want float64
	}{{"p50", *q.P50, 5}, {"p90", *q.P90, 9}, {"p99", *q.P99, 9.9}, {"p999", *q.P999, 9.99}, {"max", q.Max, 10}, {"mean", q.Mean, 5.0005}} {
		assert.Check(t, math.Abs(c.got-c.want) <= c.want/1000, "%s = %v s, want %v to 3 digits", c.name, c.got, c.want)
	}
}

// Of shares the percentiles are exact: the lowest value that so many of them
// are not above.
func TestSummarizeShares(t *testing.T) {
	// upTo is 1/n, 2/n … 1, in an order that is none.
	upTo := func(n int) (shares []float64) {
		for i := range n {
			shares = append(shares, float64((i*7919)%n+1)/float64(n))
		}
		return shares
	}
	q := SummarizeShares(nil)
	assert.Check(t, q == nil, "of no clients: %+v", q)
	for _, c := range []struct {
		name   string
		shares []float64
		want   Quantiles
	}{
		{"one client", []float64{.25}, Quantiles{Max: .25, Mean: .25, N: 1}},
		{"too few for a median", upTo(19), Quantiles{Max: 1, Mean: 10. / 19, N: 19}},
		{"the 10th of 20", upTo(20), Quantiles{P50: new(.5), Max: 1, Mean: 10.5 / 20, N: 20}},
		{"the 11th of 21", upTo(21), Quantiles{P50: new(11. / 21), Max: 1, Mean: 11. / 21, N: 21}},
		{"the 90th of 100", upTo(100), Quantiles{P50: new(.5), P90: new(.9), Max: 1, Mean: .505, N: 100}},
		{"the 990th of 1,000", upTo(1000), Quantiles{P50: new(.5), P90: new(.9), P99: new(.99), Max: 1, Mean: .5005, N: 1000}},
		{"the 9,990th of 10,000", upTo(10_000), Quantiles{P50: new(.5), P90: new(.9), P99: new(.99), P999: new(.999), Max: 1, Mean: .50005, N: 10_000}},
		{"one of twenty is stale throughout", append(make([]float64, 19), 1), Quantiles{P50: new(0.0), Max: 1, Mean: .05, N: 20}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := SummarizeShares(c.shares)
			same := func(a, b *float64) bool { return a == b || a != nil && b != nil && math.Abs(*a-*b) < 1e-12 }
			if w := c.want; !same(got.P50, w.P50) || !same(got.P90, w.P90) || !same(got.P99, w.P99) || !same(got.P999, w.P999) ||
				got.Max != w.Max || math.Abs(got.Mean-w.Mean) > 1e-12 || got.N != w.N {
				t.Errorf("%+v, want %+v", *got, w)
			}
		})
	}
}

// The mean is the library's own, and so is the maximum.
func TestMean(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for _, lowest := range []int64{1, 2, 1000} {
		h := hdrhistogram.New(lowest, int64(time.Hour), 3)
		for range 300 {
			assert.NilError(t, h.RecordValues(1+int64(math.Exp(r.Float64()*28)), 1+r.Int64N(5)))
			if got := Summarize(h); got.Mean != h.Mean()/1e9 || got.Max != seconds(h.Max()) {
				t.Fatalf("mean %v, maximum %v; the library has %v and %v", got.Mean, got.Max, h.Mean()/1e9, seconds(h.Max()))
			}
		}
	}
}
