// Package stat says what a handful of repeated measurements can tell.
package stat

import (
	"math"
	"slices"
)

// Median is the middle value, or the mean of the two middle ones. It is NaN
// of nothing and leaves values as they were.
func Median(values []float64) float64 {
	n := len(values)
	if n == 0 {
		return math.NaN()
	}
	sorted := slices.Sorted(slices.Values(values))
	if n%2 == 1 {
		return sorted[n/2]
	}
	return sorted[n/2-1]/2 + sorted[n/2]/2
}

// Sum is the sum of values.
func Sum[T int64 | float64](values []T) (sum T) {
	for _, v := range values {
		sum += v
	}
	return sum
}

// Range is the smallest and the largest value, NaN of nothing.
func Range(values []float64) (low, high float64) {
	if len(values) == 0 {
		return math.NaN(), math.NaN()
	}
	return slices.Min(values), slices.Max(values)
}

// Separate reports that the ranges of a and b do not overlap, so that every
// value of one is below every value of the other. Ranges that touch are not
// separate, and nothing is separate from nothing.
func Separate(a, b []float64) bool {
	if len(a) == 0 || len(b) == 0 {
		return false
	}
	return slices.Max(a) < slices.Min(b) || slices.Max(b) < slices.Min(a)
}

// SeparateByChance is the probability that n and m values drawn from one and
// the same continuous distribution turn out [Separate]: 2·n!·m!/(n+m)!. It is
// what a claim built on Separate risks: 1 in 10 for three of each.
func SeparateByChance(n, m int) float64 {
	if n < 1 || m < 1 {
		return 1
	}
	p := 2.0
	for i := 1; i <= m; i++ {
		p *= float64(i) / float64(n+i)
	}
	return p
}

// Change is how far b is from a, as a share of a: 0.1 is a tenth more. From
// zero, any other value is infinitely far.
func Change(a, b float64) float64 {
	switch {
	case math.IsNaN(b):
		return b
	case a == b:
		return 0
	case a == 0:
		return math.Inf(int(math.Copysign(1, b)))
	}
	return (b - a) / math.Abs(a)
}
