// Package quantity prints numbers in messages, never with an exponent: digits,
// times, and counts of things.
package quantity

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Digits prints v in so many significant digits: 2510, 25.1, 0.00251. Zeros
// behind the point stay.
func Digits(v float64, digits int) string {
	if v == 0 || math.IsNaN(v) || math.IsInf(v, 0) {
		return strconv.FormatFloat(v, 'f', -1, 64)
	}
	v, _ = strconv.ParseFloat(strconv.FormatFloat(v, 'e', digits-1, 64), 64)
	places := digits - 1 - int(math.Floor(math.Log10(math.Abs(v))))
	return strconv.FormatFloat(v, 'f', min(max(places, 0), 12), 64)
}

// Plain is Digits without zeros behind the point: 1, not 1.00.
func Plain(v float64, digits int) string {
	s := Digits(v, digits)
	if strings.Contains(s, ".") {
		s = strings.TrimRight(strings.TrimRight(s, "0"), ".")
	}
	return s
}

// Seconds is a time of so many seconds in three digits: "2.51 s", "25.1 ms",
// "7 µs".
func Seconds(v float64) string { return Time(v, 3) }

// Time is a time of so many seconds in so many digits.
func Time(v float64, digits int) string {
	switch size := math.Abs(v); {
	case size >= .9995:
		return Plain(v, digits) + " s"
	case size >= .9995e-3:
		return Plain(1e3*v, digits) + " ms"
	}
	return Plain(1e6*v, digits) + " µs"
}

// Percent is a share in so many digits: "12.5 %".
func Percent(share float64, digits int) string { return Plain(100*share, digits) + " %" }

// Apart prints a number and its limits in three digits, or in as many as show on
// which side of each it is: "0.1004" and "0.1", not "0.1" and "0.1".
func Apart(print func(v float64, digits int) string, v float64, limits ...float64) (number string, beside []string) {
	for digits := 3; ; digits++ {
		number, beside = print(v, digits), nil
		alike := false
		for _, limit := range limits {
			beside = append(beside, print(limit, digits))
			alike = alike || v != limit && number == print(limit, digits)
		}
		if !alike || digits == 17 {
			return number, beside
		}
	}
}

// Of is a count of things: "1 client", "2 clients", "0 replies".
func Of[T ~int | ~int64](n T, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	if stem, y := strings.CutSuffix(thing, "y"); y {
		thing = stem + "ie"
	}
	return fmt.Sprintf("%d %ss", n, thing)
}
