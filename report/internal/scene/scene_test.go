package scene

import (
	"math"
	"testing"

	"gonum.org/v1/plot/vg"
	"gotest.tools/v3/assert"
)

// No marker hides another.
func TestMarkersStandBeside(t *testing.T) {
	at := vg.Point{X: 10, Y: 20}
	var taken []vg.Point
	for range 5 {
		place := beside(at, taken)
		for _, other := range taken {
			assert.Check(t, math.Hypot(float64(place.X-other.X), float64(place.Y-other.Y)) >= 4.4, "%v lies on %v", place, other)
		}
		assert.Check(t, place.Y == at.Y && math.Abs(float64(place.X-at.X)) <= 9.1, "%v is far from %v", place, at)
		taken = append(taken, place)
	}
}
