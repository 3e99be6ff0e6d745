package number

import (
	"fmt"
	"math"
)

// ChangeText is a relative change with its sign: "+12 %".
func ChangeText(change float64) string {
	switch {
	case math.IsNaN(change):
		return "–"
	case math.IsInf(change, 1):
		return "from zero"
	case math.IsInf(change, -1):
		return "below zero"
	case change == 0:
		return "0 %"
	}
	s := "+"
	if change < 0 {
		s, change = "−", -change
	}
	change *= 100
	switch {
	case change < 0.05:
		return s + "<0.1 %"
	case change < 10:
		return s + fmt.Sprintf("%.1f %%", change)
	}
	return s + Thousands(fmt.Sprintf("%.0f", change)) + " %"
}
