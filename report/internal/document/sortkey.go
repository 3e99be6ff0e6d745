package document

import (
	"strconv"
	"strings"

	"github.com/pollpush/pollpush/report/internal/number"
)

// SortKey is the number that a cell begins with, in base units, for sorting by
// it; empty where it begins with none.
func SortKey(cell string) string {
	m := number.Leading.FindStringSubmatch(cell)
	if m == nil {
		return ""
	}
	v, err := strconv.ParseFloat(strings.ReplaceAll(m[1], ",", ""), 64)
	if err != nil {
		return ""
	}
	if cell[0] == '-' || strings.HasPrefix(cell, "−") {
		v = -v
	}
	return strconv.FormatFloat(v*number.FactorOf(m[2]), 'g', -1, 64)
}
