package stat

import "math"

// Crossings are where the line through the points (x, y) goes from one side of
// zero to the other, x ascending: between two points by the straight line that
// joins them, x₁ + (x₂ − x₁)·y₁/(y₁ − y₂), and where it stays at zero for a
// while, at the first point there. Nothing is drawn beyond the points: a line
// that begins or ends at zero does not cross it there.
func Crossings(x, y []float64) []float64 {
	var list []float64
	last := -1 // the last point that is not at zero
	for i := range y {
		if y[i] == 0 {
			continue
		}
		if last >= 0 && (y[i] > 0) != (y[last] > 0) {
			if i == last+1 {
				list = append(list, x[last]+(x[i]-x[last])*y[last]/(y[last]-y[i]))
			} else {
				list = append(list, x[last+1])
			}
		}
		last = i
	}
	return list
}

// Between is the height at v of the line through the points (x, y), x
// ascending. It is NaN outside of them.
func Between(x, y []float64, v float64) float64 {
	for i := range x {
		switch {
		case x[i] == v:
			return y[i]
		case i > 0 && x[i-1] < v && v < x[i]:
			return y[i-1] + (y[i]-y[i-1])*(v-x[i-1])/(x[i]-x[i-1])
		}
	}
	return math.NaN()
}

// Root is a number between low and high, both above zero, at which f is zero, to
// one part in 10⁹. It looks for a change of sign between neighbours of 64 numbers
// that are evenly spaced by their logarithms, and halves the first such gap. It
// is NaN where there is none.
func Root(f func(float64) float64, low, high float64) float64 {
	const gaps = 64
	at := func(i int) float64 { return low * math.Pow(high/low, float64(i)/gaps) }
	for i := range gaps {
		a, b := at(i), at(i+1)
		before, after := f(a), f(b)
		if !(before*after <= 0) || before == after {
			continue
		}
		for b/a-1 > 1e-9 {
			if middle := math.Sqrt(a * b); f(middle)*before > 0 {
				a = middle
			} else {
				b = middle
			}
		}
		return math.Sqrt(a * b)
	}
	return math.NaN()
}
