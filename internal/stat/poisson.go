package stat

import "math"

// PoissonBound is the smallest count that a Poisson variable of this mean stays
// at or below with the probability p, of less than 1. Of no mean it is 0.
func PoissonBound(mean, p float64) int {
	if !(mean > 0) {
		return 0
	}
	const many = 500 // from here on e^-mean is of no use, and the normal one is near
	if mean > many {
		return int(min(math.MaxInt32, math.Ceil(mean+math.Sqrt2*math.Erfinv(2*p-1)*math.Sqrt(mean))))
	}
	k, term := 0, math.Exp(-mean)
	for sum := term; sum < p && term > 0; sum += term {
		k++
		term *= mean / float64(k)
	}
	return k
}
