package stat

import (
	"math"
	"slices"

	"golang.org/x/perf/benchmath"
)

// FewestForInterval is how many values a 95 % interval of their median takes.
const FewestForInterval = 6

// Band is how far the median of values may be off: from [FewestForInterval]
// values on its 95 % interval, whatever their distribution (benchmath); of fewer
// the smallest and the largest. It is NaN of fewer than two.
func Band(values []float64) (low, high float64) {
	switch n := len(values); {
	case n < 2:
		return math.NaN(), math.NaN()
	case n < FewestForInterval:
		return Range(values)
	}
	s := benchmath.AssumeNothing.Summary(benchmath.NewSample(slices.Clone(values), &benchmath.DefaultThresholds), 0.95)
	return s.Lo, s.Hi
}

// MedianIn says in how many of how many cases the range of n values, whatever
// their distribution, holds its median: all lie on one side of it in 2 of 2ⁿ.
func MedianIn(n int) (cases, of int) {
	of = 1 << (n - 1)
	return of - 1, of
}

// MeanMargin is how far the mean of values that follow one another in time may be
// off: half of its 95 % interval, Student's t times s/√n (benchmath). Where
// neighbours go together (their autocorrelation is above 1.96/√n), it is that of
// the means of two, four and more that follow one another, until those do not, or
// fewer than ten would be left. It is NaN of fewer than three.
func MeanMargin(values []float64) float64 {
	for len(values) >= 20 && autocorrelation(values) > 1.96/math.Sqrt(float64(len(values))) {
		values = pairs(values)
	}
	if len(values) < 3 {
		return math.NaN()
	}
	s := benchmath.AssumeNormal.Summary(benchmath.NewSample(slices.Clone(values), &benchmath.DefaultThresholds), 0.95)
	return (s.Hi - s.Lo) / 2
}

// autocorrelation is that of each value with the next; 0 where all are equal.
func autocorrelation(values []float64) float64 {
	mean := Sum(values) / float64(len(values))
	with, squares := 0.0, 0.0
	for i, v := range values {
		squares += (v - mean) * (v - mean)
		if i > 0 {
			with += (v - mean) * (values[i-1] - mean)
		}
	}
	if squares == 0 {
		return 0
	}
	return with / squares
}

// pairs are the means of each two values; a last one alone is left out.
func pairs(values []float64) []float64 {
	half := make([]float64, len(values)/2)
	for i := range half {
		half[i] = (values[2*i] + values[2*i+1]) / 2
	}
	return half
}
