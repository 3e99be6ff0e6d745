package stat

import (
	"cmp"
	"slices"
)

// BenjaminiHochberg says which of many comparisons, by their p-values, are told
// from chance: those up to the largest p(k), in order of size, that is at most
// k/m·q, where m is how many there are. Of those it names, a share of q at the
// most is expected to be false, if the comparisons are independent or go
// together; where all of them are of equal things, q bounds the chance that it
// names any. Benjamini, Hochberg: Controlling the False Discovery Rate, Journal
// of the Royal Statistical Society B 57 (1995), 289–300.
func BenjaminiHochberg(p []float64, q float64) []bool {
	order := make([]int, len(p))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(i, j int) int { return cmp.Compare(p[i], p[j]) })
	told := make([]bool, len(p))
	for k := len(order); k > 0; k-- {
		if p[order[k-1]] <= q*float64(k)/float64(len(p)) {
			for _, i := range order[:k] {
				told[i] = true
			}
			break
		}
	}
	return told
}
