package figure

import (
	"math"
	"strings"

	"gonum.org/v1/plot"

	"github.com/pollpush/pollpush/report/internal/number"
)

// Line is one transport's samples in a panel, as drawn.
type Line struct {
	Look    Look
	Name    string
	Samples []Sample
}

// Guide is a dashed line of what arithmetic or somebody says.
type Guide struct {
	Series
}

// Logarithmic makes an axis one, from low to high.
func Logarithmic(a *plot.Axis, low, high float64, u number.Unit) {
	a.Min, a.Max, a.Scale = low, high, plot.LogScale{}
	a.Tick.Marker = LogTicks(low, high, u.Short)
}

// LogTicks label the powers of ten, 2 and 5 times them where few powers fit, and
// the end below where it is clear of the next label.
func LogTicks(low, high float64, label func(float64) string) plot.ConstantTicks {
	var ticks plot.ConstantTicks
	decades := math.Log10(high / low)
	few := decades < 2.2
	for e := math.Floor(math.Log10(low)); e <= math.Ceil(math.Log10(high)); e++ {
		for m := 1; m <= 9; m++ {
			v := float64(m) * math.Pow(10, e)
			if v < low*0.999 || v > high*1.001 {
				continue
			}
			t := plot.Tick{Value: v}
			ends := v < low*1.001 && 1-math.Log10(float64(m)) > decades/14
			if m == 1 || few && (m == 2 || m == 5) || ends {
				t.Label = strings.TrimSpace(label(v))
			}
			ticks = append(ticks, t)
		}
	}
	return ticks
}
