package result

import (
	"math"
	"strings"
	"testing"
)

func TestFloor(t *testing.T) {
	at := func(v float64) *float64 { return &v }
	for want, change := range map[string]func(*Quantiles){
		"":                                 func(*Quantiles) {},
		"n = 0: at least 1":                func(q *Quantiles) { q.N = 0 },
		"p50 = -0.001":                     func(q *Quantiles) { q.P50 = at(-0.001) },
		"p50 = NaN":                        func(q *Quantiles) { q.P50 = at(math.NaN()) },
		"p90 = 0.0005: from 0.001":         func(q *Quantiles) { q.P90 = at(0.0005) },
		"p999 = 0.001: from 0.003":         func(q *Quantiles) { q.P999 = at(0.001) },
		"max = 0.002: from 0.003":          func(q *Quantiles) { q.Max = 0.002 },
		"max = NaN":                        func(q *Quantiles) { q.Max = math.NaN() },
		"max = 3601: from 0.003":           func(q *Quantiles) { q.Max = 3601 },
		"mean = -1: from 0 to the maximum": func(q *Quantiles) { q.Mean = -1 },
		"mean = 0.005: from 0":             func(q *Quantiles) { q.Mean = 0.005 },
		"mean = NaN":                       func(q *Quantiles) { q.Mean = math.NaN() },
	} {
		c := Calibration{Floor: &Quantiles{P50: at(0.001), P90: at(0.002), P99: at(0.003), Max: 0.004, Mean: 0.0015, N: 3000}}
		change(c.Floor)
		trial := Trial{Calibration: &c}
		for of, err := range map[string]error{"itself": c.Check(), "its trial": trial.Check()} {
			if found := err != nil && strings.Contains(err.Error(), "floor_s"); found != (want != "") || found && !strings.Contains(err.Error(), want) {
				t.Errorf("%q, by %s: %v", want, of, err)
			}
		}
	}
	if err := (&Calibration{}).Check(); err != nil {
		t.Errorf("none: %v", err)
	}
}
