package result

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"gotest.tools/v3/assert"
)

// Buckets follow one another without a gap, each within its bounds and as narrow as
// is promised.
func TestLatencyBucket(t *testing.T) {
	before := -1
	for v := time.Duration(0); v < 120*time.Second; v += max(100, v>>9) {
		b := LatencyBucket(v)
		low, high := LatencyBounds(b)
		if b != before && b != before+1 || b >= LatencyBuckets || v.Seconds() < low || v.Seconds() >= high {
			t.Fatalf("%v is in bucket %d, %v to %v s, after %d", v, b, low, high, before)
		}
		if width := high - low; b < LatencyBuckets-1 && width > max(latencyUnit.Seconds(), low/4)*(1+1e-9) {
			t.Fatalf("bucket %d is from %v to %v", b, low, high)
		}
		before = b
	}
	assert.Check(t, before == LatencyBuckets-1, "the last is %d", before)
	for v, want := range map[time.Duration]int{-1: 0, math.MinInt64: 0, math.MaxInt64: LatencyBuckets - 1, 50 * time.Microsecond: 1, 400 * time.Microsecond: 8} {
		assert.Check(t, LatencyBucket(v) == want, "%d ns are in bucket %d, want %d", v, LatencyBucket(v), want)
	}
	assert.Check(t, testing.AllocsPerRun(10, func() { LatencyBucket(time.Second) }) == 0)
}

// The buckets of three shards, added, tell the quantiles of all their latencies.
func TestLatenciesAgainstExactQuantiles(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for name, draw := range map[string]func() time.Duration{
		"exponential":  func() time.Duration { return time.Duration(random.ExpFloat64() * float64(5*time.Millisecond)) },
		"uniform":      func() time.Duration { return time.Duration(random.Int64N(int64(time.Second))) },
		"all the same": func() time.Duration { return 7 * time.Millisecond },
	} {
		var merged Latencies
		var exact []time.Duration
		for range 3 {
			of := make(Latencies, LatencyBuckets)
			for range 1000 + random.IntN(2000) {
				v := draw()
				exact = append(exact, v)
				of[LatencyBucket(v)]++
			}
			merged = Add(merged, of)
		}
		slices.Sort(exact)
		for _, q := range []float64{.5, .9, .99} {
			want := exact[int(math.Ceil(q*float64(len(exact))))-1].Seconds()
			got := merged.Quantile(q)
			assert.Check(t, got != nil && math.Abs(*got-want) <= max(25e-6, .125*want), "%s: p%v is %v, want %v", name, 100*q, told(got), want)
		}
	}
	few := Latencies{3: 19}
	assert.Check(t, few.Quantile(.5) == nil && (Latencies{3: 20}).Quantile(.5) != nil && Latencies(nil).Quantile(.5) == nil)
}

// The seconds of a sound trial: 5 of its warm-up, in which all take 2 s, and then
// those in which the cohort is delivered, after 400 ms.
func withLatencies(change func([]Second)) func(*Trial) {
	return func(trial *Trial) {
		trial.Asked.WarmUpS = 5
		for at := range 106 {
			s := Second{T: float64(at), Phase: "steady"}
			s.Deliveries, s.Latencies = 20, make(Latencies, 80)
			took := 400 * time.Millisecond
			switch {
			case at < 5:
				s.Phase, took = "warm-up", 2*time.Second
			case at == 5:
				took = 2 * time.Second // due in the warm-up
			case at == 105:
				s.Phase = "drain"
			}
			s.Latencies[LatencyBucket(took)] = 20
			trial.Series = append(trial.Series, s)
		}
		change(trial.Series)
	}
}

func TestCheckLatencies(t *testing.T) {
	half, second := LatencyBucket(400*time.Millisecond), LatencyBucket(time.Second)
	for name, c := range map[string]struct {
		change func([]Second)
		want   string
	}{
		"sound":                              {func([]Second) {}, ""},
		"a shard did not know the start yet": {func(s []Second) { s[0].Deliveries++ }, ""},
		"more than deliveries":               {func(s []Second) { s[9].Latencies[half]++ }, "series[9].latencies: 21, of 20 deliveries"},
		"fewer than deliveries":              {func(s []Second) { s[9].Deliveries++ }, "series[9].latencies: 20, of 21 deliveries"},
		"none of one second":                 {func(s []Second) { s[9].Latencies = nil }, "series[9].latencies: 0, of 20 deliveries"},
		"too many buckets":                   {func(s []Second) { s[9].Latencies = append(s[9].Latencies, 0) }, "series[9].latencies: 81 buckets, of 80"},
		"moved to another bucket": {func(s []Second) { s[50].Latencies[half]--; s[50].Latencies[second]++ },
			"series: 1 deliveries of the cohort took 0.8192 to 1.024 s, but 0 of latency_hdr did"},
		"moved where the warm-up may be why": {func(s []Second) { s[6].Latencies[half]--; s[6].Latencies[second]++ }, ""},
		"more than the cohort has":           {func(s []Second) { s[50].Latencies[half] += 99; s[50].Deliveries += 99 }, "deliveries of the cohort took"},
	} {
		wantCheck(t, name, c.want, withLatencies(c.change))
	}
}
