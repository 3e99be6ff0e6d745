package result

import (
	"math"
	"strings"
	"testing"
)

// A floor has percentiles without a histogram beside them.
func TestFloor(t *testing.T) {
	for want, change := range map[string]func(*Quantiles){
		"":                                  func(*Quantiles) {},
		".n = 0: at least 1":                func(q *Quantiles) { q.N = 0 },
		".p50 = -0.001":                     func(q *Quantiles) { q.P50 = new(-0.001) },
		".p50 = NaN":                        func(q *Quantiles) { q.P50 = new(math.NaN()) },
		".p90 = 0.0005: from 0.001":         func(q *Quantiles) { q.P90 = new(0.0005) },
		".p99 = null of 3000 samples":       func(q *Quantiles) { q.P99 = nil },
		".p999 = 0.004 of 3000 samples":     func(q *Quantiles) { q.P999 = new(0.004) },
		".max = 0.002: from 0.003":          func(q *Quantiles) { q.Max = 0.002 },
		".max = NaN":                        func(q *Quantiles) { q.Max = math.NaN() },
		".max = 3601: from 0.003":           func(q *Quantiles) { q.Max = 3601 },
		".mean = -1: from 0 to the maximum": func(q *Quantiles) { q.Mean = -1 },
		".mean = 0.005: from 0":             func(q *Quantiles) { q.Mean = 0.005 },
		".mean = NaN":                       func(q *Quantiles) { q.Mean = math.NaN() },
	} {
		c := Calibration{Floor: &Quantiles{P50: new(0.001), P90: new(0.002), P99: new(0.003), Max: 0.004, Mean: 0.0015, N: 3000}}
		change(c.Floor)
		err := (&Trial{Calibration: &c}).Check()
		if found := strings.Contains(err.Error(), "calibration: floor_s"); found != (want != "") || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", want, err)
		}
	}
}
