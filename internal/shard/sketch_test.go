package shard

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"gotest.tools/v3/assert"
	is "gotest.tools/v3/assert/cmp"
)

// Buckets follow one another without a gap, and their middles are as near as is
// promised.
func TestBucket(t *testing.T) {
	before := -1
	for v := time.Duration(0); v <= longest; v += max(1, v>>9) {
		b := Bucket(v)
		if b != before && b != before+1 || b >= Buckets {
			t.Fatalf("%v is in bucket %d of %d, after %d", v, b, Buckets, before)
		}
		before = b
		if off := (middle(b) - v).Abs(); float64(off) > math.Ceil(.008*float64(v)) {
			t.Fatalf("%v is in the bucket of %v", v, middle(b))
		}
	}
	for v, want := range map[time.Duration]int{-1: 0, math.MinInt64: 0, longest + 1: Bucket(longest), math.MaxInt64: Bucket(longest)} {
		assert.Check(t, is.Equal(Bucket(v), want), "%d ns are in bucket", v)
	}
	last := Bucket(longest)
	assert.Check(t, last < Buckets && Buckets-last <= 128, "an hour is in bucket %d of %d", last, Buckets)
}

// The sketches of three shards, merged, tell the quantiles of all their samples.
func TestSketchAgainstExactQuantiles(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for name, draw := range map[string]func() time.Duration{
		"exponential": func() time.Duration { return time.Duration(random.ExpFloat64() * float64(5*time.Millisecond)) },
		"uniform":     func() time.Duration { return time.Duration(random.Int64N(int64(time.Second))) },
		"two humps": func() time.Duration {
			return time.Duration(random.Int64N(20))*time.Microsecond + time.Duration(random.Int64N(2))*time.Second
		},
		"all the same": func() time.Duration { return 7 * time.Millisecond },
	} {
		t.Run(name, func(t *testing.T) {
			merged := Sketch{}
			var exact []time.Duration
			for range 3 {
				of := Sketch{}
				for range 1 + random.IntN(5000) {
					v := draw()
					exact = append(exact, v)
					of[Bucket(v)]++
				}
				merged.Add(of)
			}
			for len(exact) < 1000 {
				v := draw()
				exact = append(exact, v)
				merged[Bucket(v)]++
			}
			slices.Sort(exact)
			for _, q := range []float64{.5, .9, .99} {
				want := exact[int(math.Ceil(q*float64(len(exact))))-1]
				got := merged.Quantile(q)
				if got == nil || math.Abs(*got-want.Seconds()) > .008*want.Seconds()+2e-9 {
					t.Errorf("p%v of %d is %v, want %v", 100*q, len(exact), got, want)
				}
			}
		})
	}
}

func TestTooFewForAQuantile(t *testing.T) {
	for _, c := range []struct {
		n    int64
		q    float64
		told bool
	}{
		{0, .5, false}, {19, .5, false}, {20, .5, true}, {999, .99, false}, {1000, .99, true},
	} {
		got := (Sketch{Bucket(time.Millisecond): c.n}).Quantile(c.q)
		assert.Check(t, (got != nil) == c.told, "p%v of %d samples: %v", 100*c.q, c.n, got)
	}
}
