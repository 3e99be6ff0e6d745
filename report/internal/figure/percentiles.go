package figure

import (
	"math"
)

// LogBounds are the axis' ends: 1, 2 or 5 times a power of ten, a factor of
// ten apart at least.
func LogBounds(low, high float64) (float64, float64) {
	down := func(v float64) float64 {
		power := math.Pow(10, math.Floor(math.Log10(v)))
		for _, m := range []float64{5, 2} {
			if m*power <= v*0.999 {
				return m * power
			}
		}
		return power
	}
	l, h := down(low), NiceStep(high*1.02)
	for h < 9.99*l {
		h *= 10
	}
	return l, h
}
