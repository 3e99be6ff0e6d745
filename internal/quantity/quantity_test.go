package quantity

import (
	"fmt"
	"math"
	"testing"

	"gotest.tools/v3/assert"
	is "gotest.tools/v3/assert/cmp"
)

func TestNumbersHaveNoExponent(t *testing.T) {
	for _, c := range []struct{ got, want string }{
		{Digits(2513, 3), "2510"}, {Digits(25.13, 3), "25.1"}, {Digits(1, 3), "1.00"}, {Digits(0.0025132, 3), "0.00251"}, {Digits(0, 3), "0"},
		{Digits(99.96, 3), "100"}, {Digits(1e9, 3), "1000000000"}, {Digits(math.Inf(1), 3), "+Inf"}, {Digits(-2513, 2), "-2500"},
		{Plain(10_000, 4), "10000"}, {Plain(98, 3), "98"}, {Plain(1.5, 4), "1.5"}, {Plain(100, 3), "100"}, {Plain(0, 3), "0"},
		{Seconds(2.513), "2.51 s"}, {Seconds(3600), "3600 s"}, {Seconds(.9996), "1 s"}, {Seconds(.0996), "99.6 ms"}, {Seconds(.0009996), "1 ms"},
		{Seconds(4.56e-5), "45.6 µs"}, {Seconds(0), "0 µs"}, {Seconds(-2.5), "-2.5 s"},
		{Of(0, "client"), "0 clients"}, {Of(1, "client"), "1 client"}, {Of(int64(2), "delivery"), "2 deliveries"}, {Of(1, "delivery"), "1 delivery"},
	} {
		assert.Check(t, is.Equal(c.got, c.want))
	}
}

func TestNumbersStandApartFromTheirLimits(t *testing.T) {
	for _, c := range []struct {
		print  func(float64, int) string
		value  float64
		limits []float64
		want   string
	}{
		{Plain, .34, []float64{.1}, "0.34 [0.1]"},
		{Plain, .1004, []float64{.1}, "0.1004 [0.1]"},
		{Plain, .1, []float64{.1}, "0.1 [0.1]"},
		{Time, .0050001, []float64{.005}, "5.0001 ms [5 ms]"},
		{Percent, .85171, []float64{.8516}, "85.17 % [85.16 %]"}, // 85.2 both
		{Percent, .10001, []float64{.01, .1}, "10.001 % [1 % 10 %]"},
		{Plain, math.Inf(1), []float64{math.Inf(1)}, "+Inf [+Inf]"},
	} {
		number, limits := Apart(c.print, c.value, c.limits...)
		assert.Check(t, is.Equal(fmt.Sprint(number, " ", limits), c.want))
	}
}
