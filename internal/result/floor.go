package result

import (
	"fmt"
	"math"
)

// Check holds the floor, if there is one, against what must be true of every
// one: samples, from which percentiles come that rise from 0 to a maximum of
// an hour at most.
func (c *Calibration) Check() error {
	q := c.Floor
	if q == nil {
		return nil
	}
	if q.N < 1 {
		return fmt.Errorf("floor_s: n = %d: at least 1", q.N)
	}
	least := 0.0
	for _, v := range []struct {
		name  string
		value *float64
	}{{"p50", q.P50}, {"p90", q.P90}, {"p99", q.P99}, {"p999", q.P999}, {"max", &q.Max}} {
		if v.value == nil {
			continue
		}
		if !within(least, *v.value, Longest.Seconds()) {
			return fmt.Errorf("floor_s: %s = %v: from %v, which is below it, to %v", v.name, *v.value, least, Longest.Seconds())
		}
		least = *v.value
	}
	if !within(0, q.Mean, q.Max) {
		return fmt.Errorf("floor_s: mean = %v: from 0 to the maximum, which is %v", q.Mean, q.Max)
	}
	return nil
}

// within reports whether lo ≤ v ≤ hi, of which NaN is no part.
func within(lo, v, hi float64) bool { return !math.IsNaN(v) && lo <= v && v <= hi }
