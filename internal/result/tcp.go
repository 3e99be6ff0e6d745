package result

import "slices"

// SumTCP is the sum of all parts, or nil where one of them is unknown, or
// there is none.
func SumTCP(parts []*TCP) *TCP {
	if len(parts) == 0 || slices.Contains(parts, nil) {
		return nil
	}
	var sum TCP
	for _, p := range parts {
		sum = Add(sum, *p)
	}
	return &sum
}
