package result

import (
	"math"
	"testing"
)

// A floor has percentiles without a histogram beside them.
func TestFloor(t *testing.T) {
	for want, change := range map[string]func(*Quantiles){
		"":                                  func(*Quantiles) {},
		"floor_s.n = 0: must be at least 1": func(q *Quantiles) { q.N = 0 },
		"floor_s.p50 = -0.001":              func(q *Quantiles) { q.P50 = new(-0.001) },
		"floor_s.p50 = NaN":                 func(q *Quantiles) { q.P50 = new(math.NaN()) },
		"floor_s.p90 = 0.0005: must be from 0.001":         func(q *Quantiles) { q.P90 = new(0.0005) },
		"floor_s.p99 = null of 3000 samples":               func(q *Quantiles) { q.P99 = nil },
		"floor_s.p999 = 0.004 of 3000 samples":             func(q *Quantiles) { q.P999 = new(0.004) },
		"floor_s.max = 0.002: must be from 0.003":          func(q *Quantiles) { q.Max = 0.002 },
		"floor_s.max = NaN":                                func(q *Quantiles) { q.Max = math.NaN() },
		"floor_s.max = 3601: must be from 0.003":           func(q *Quantiles) { q.Max = 3601 },
		"floor_s.mean = -1: must be from 0 to the maximum": func(q *Quantiles) { q.Mean = -1 },
		"floor_s.mean = 0.005: must be from 0":             func(q *Quantiles) { q.Mean = 0.005 },
		"floor_s.mean = NaN":                               func(q *Quantiles) { q.Mean = math.NaN() },
	} {
		wantCheck(t, "floor", want, func(t *Trial) {
			t.Calibration = &Calibration{Floor: &Quantiles{P50: new(0.001), P90: new(0.002), P99: new(0.003), Max: 0.004, Mean: 0.0015, N: 3000}}
			change(t.Calibration.Floor)
		})
	}
}
