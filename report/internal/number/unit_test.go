package number

import (
	"math"
	"testing"

	"gotest.tools/v3/assert"
	is "gotest.tools/v3/assert/cmp"
)

func TestFormat(t *testing.T) {
	for _, tt := range []struct {
		unit Unit
		in   float64
		want string
	}{
		{Seconds, 0.0004216, "422 µs"}, {Seconds, 0.99996, "1.00 s"}, {Seconds, 0.5021, "502 ms"}, {Seconds, 0, "0 s"},
		{Seconds, 73, "73.0 s"}, {Seconds, 3e-8, "30.0 ns"}, {Seconds, math.NaN(), "–"},
		{Count, 1234567, "1,234,567"}, {Count, 12, "12"}, {Count, -1234, "−1,234"},
		{Memory, 1536, "1.50 KiB"}, {Memory, 30 << 20, "30.0 MiB"}, {Memory, -2048, "−2.00 KiB"},
		{Share, 0.3679, "36.8 %"}, {Share, 1, "100 %"}, {Cores, 1.523, "152 %"},
		{BitRate, 1240, "1.24 kbit/s"}, {BytesEach, 1234, "1,230 B"}, {BytesEach, 0.07, "0.07 B"}, {PerMinute, 60.06, "60.1/min"}, {Ratio, 1, "1"},
	} {
		assert.Check(t, is.Equal(tt.unit.Format(tt.in), tt.want), "format(%v) =", tt.in)
	}
	assert.Check(t, is.Equal(Seconds.Range(0.0099, 0.0081, 0.0123), "8.10–12.3"), "range")
	assert.Check(t, is.Equal(Seconds.Range(0.0099, 0.0099001, 0.0099002), ""), "range that prints alike")
	assert.Check(t, is.Equal(Seconds.Range(math.NaN(), 1, 2), ""), "range around nothing")
}

// A factor is that of the two numbers beside it, and has its digits everywhere.
func TestFactor(t *testing.T) {
	for _, tt := range []struct {
		unit Unit
		a, b float64
		want string
	}{
		{Seconds, 0.5, 0.00298, "÷ 168"}, {Memory, 12 << 10, 15.2 * 1024, "× 1.27"}, {Seconds, 1, 2.04, "× 2.0"}, {Seconds, 2.06, 1, "÷ 2.1"},
		{Seconds, 1.0049, 1.3651, "× 1.37"}, // printed as 1.00 s and 1.37 s; 1.358 otherwise
		{Seconds, 1, 1.2, "× 1.20"}, {Count, 1, 1234, "× 1,234"}, {Seconds, 0, 1, ""}, {Seconds, math.NaN(), 1, ""},
	} {
		assert.Check(t, is.Equal(tt.unit.Factor(tt.a, tt.b), tt.want), "%v and %v", tt.a, tt.b)
	}
}

func TestEveryUnitHasItsNames(t *testing.T) {
	for u := range unitCount {
		n := u.Names()
		assert.Check(t, len(units[u].scales) > 0 && n.Documented != "" && n.CSV != "" && n.Base != 0, "unit %d has %+v", u, units[u])
	}
}
