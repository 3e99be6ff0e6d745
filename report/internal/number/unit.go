// Package number prints quantities in their units, and counts of things in words.
package number

import (
	"math"
	"strconv"
	"strings"

	"github.com/pollpush/pollpush/internal/quantity"
)

// Unit is what a number is counted in. Numbers stay in base units until they
// are printed: only here do they get a prefix.
type Unit int

const (
	Count     Unit = iota // whole things
	Ratio                 // things for each other thing
	Seconds               //
	PerMinute             //
	PerSecond             //
	BytesEach             // bytes, decimal: 1,234 B
	Memory                // bytes, binary: 1.5 MiB
	BitRate               // bit/s, decimal
	Share                 // 0 to 1, printed as per cent
	Cores                 // CPU-seconds per second, printed as per cent of one core
	CPURate               // CPU-seconds per second, printed as CPU time: what it is printed beside says “and second”

	unitCount
)

// Scale is a prefix: how a unit is printed from a size on.
type Scale struct {
	from   float64 // the smallest value that is printed so
	Factor float64
	Name   string
}

// Names are what a unit is called where no prefix is printed.
type Names struct {
	Documented string
	CSV        string
	Bench      string  // ends a metric's name, by the conventions of benchstat
	Prometheus string  // likewise, by those of Prometheus
	Base       float64 // what one is in Prometheus' unit
}

var units = [unitCount]struct {
	scales []Scale
	names  Names
}{
	Count:     {[]Scale{{0, 1, ""}}, Names{"1", "1", "", "", 1}},
	Ratio:     {[]Scale{{0, 1, ""}}, Names{"1", "1", "", "", 1}},
	Seconds:   {[]Scale{{1, 1, "s"}, {1e-3, 1e-3, "ms"}, {1e-6, 1e-6, "µs"}, {0, 1e-9, "ns"}}, Names{"s", "s", "-sec", "_seconds", 1}},
	PerMinute: {[]Scale{{0, 1, "/min"}}, Names{"/min", "1/min", "/min", "_per_second", 1. / 60}},
	PerSecond: {[]Scale{{0, 1, "/s"}}, Names{"/s", "1/s", "/sec", "_per_second", 1}},
	BytesEach: {[]Scale{{1e6, 1e6, "MB"}, {1e4, 1e3, "kB"}, {0, 1, "B"}}, Names{"bytes", "bytes", "-B", "_bytes", 1}},
	Memory:    {[]Scale{{1 << 30, 1 << 30, "GiB"}, {1 << 20, 1 << 20, "MiB"}, {1 << 10, 1 << 10, "KiB"}, {0, 1, "B"}}, Names{"bytes", "bytes", "-B", "_bytes", 1}},
	BitRate:   {[]Scale{{1e9, 1e9, "Gbit/s"}, {1e6, 1e6, "Mbit/s"}, {1e3, 1e3, "kbit/s"}, {0, 1, "bit/s"}}, Names{"bit/s", "bit/s", "-bit/sec", "_bytes_per_second", 1. / 8}},
	Share:     {[]Scale{{0, 1e-2, "%"}}, Names{"%", "1", "-ratio", "_ratio", 1}},
	Cores:     {[]Scale{{0, 1e-2, "%"}}, Names{"%", "1", "-ratio", "_ratio", 1}},
	CPURate:   {[]Scale{{1e-3, 1e-3, "ms"}, {0, 1e-6, "µs"}}, Names{"s", "1", "-ratio", "_ratio", 1}},
}

// Names are the unit's.
func (u Unit) Names() Names { return units[u].names }

// ScaleOf picks the prefix that fits v. What rounds up to the next prefix
// gets that: 0.9996 s is 1 s, not 1,000 ms.
func (u Unit) ScaleOf(v float64) Scale {
	list := units[u].scales
	v = math.Abs(v)
	if v == 0 && u == Seconds {
		return list[0]
	}
	for _, s := range list {
		if v >= s.from*0.9995 {
			return s
		}
	}
	return list[len(list)-1]
}

// Format prints v with three significant digits and a fitting prefix: three
// is what the histograms hold. Counts are printed whole. NaN is a dash.
func (u Unit) Format(v float64) string {
	if math.IsNaN(v) {
		return "–"
	}
	s := u.ScaleOf(v)
	return u.Digits(v, s) + Space(s.Name) + s.Name
}

// Short prints v as Format does, without zeros behind the point: 1 s, not 1.00 s.
func (u Unit) Short(v float64) string {
	s := u.ScaleOf(v)
	return Plain(v/s.Factor) + Space(s.Name) + s.Name
}

// Range prints the range around a median, in the prefix of the median; it is
// empty where both ends print alike.
func (u Unit) Range(median, low, high float64) string {
	if math.IsNaN(median) {
		return ""
	}
	s := u.ScaleOf(median)
	if lo, hi := u.Digits(low, s), u.Digits(high, s); lo != hi {
		return lo + "–" + hi
	}
	return ""
}

// Digits prints v in a scale, without its name.
func (u Unit) Digits(v float64, s Scale) string {
	v /= s.Factor
	if u == Count {
		return Thousands(strconv.FormatFloat(v, 'f', 0, 64))
	}
	if u == Ratio || u == BytesEach && math.Abs(v) < 1 {
		return Plain(v)
	}
	return Significant(v)
}

// Space is what stands between a number and its unit.
func Space(name string) string {
	if name == "" || strings.HasPrefix(name, "/") {
		return ""
	}
	return " "
}

// Significant prints three significant digits without an exponent.
func Significant(v float64) string {
	return Thousands(quantity.Digits(v, 3))
}

// Plain is significant without zeros behind the point: 1, not 1.00.
func Plain(v float64) string {
	return Thousands(quantity.Plain(v, 3))
}

// Thousands puts a comma after every third digit before the point.
func Thousands(s string) string {
	whole, fraction, point := strings.Cut(s, ".")
	sign := ""
	if strings.HasPrefix(whole, "-") {
		sign, whole = "−", whole[1:]
	}
	for i := len(whole) - 3; i > 0; i -= 3 {
		whole = whole[:i] + "," + whole[i:]
	}
	if point {
		whole += "." + fraction
	}
	return sign + whole
}

// ChangeText is a relative change with its sign: "+12 %". It has as many digits as
// show on which side of each limit it is.
func ChangeText(change float64, limits ...float64) string {
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
	rounded := func(v float64, digits int) string { // the first of which is before the point
		places := digits - 3
		if change < 0.1 {
			places++
		}
		return Thousands(strconv.FormatFloat(100*v, 'f', places, 64))
	}
	text, _ := quantity.Apart(rounded, change, limits...)
	if text == "0.0" {
		text = "<0.1"
	}
	return s + text + " %"
}

// Percent prints a share.
func Percent(v float64) string { return Plain(v*100) + " %" }

// Factor is how many times more or less b is than a: "× 1.27", "÷ 2.0" or "÷ 16",
// as a reader works it out from the two as they are printed. It is empty where
// either is not above zero.
func (u Unit) Factor(a, b float64) string {
	a, b = u.printed(a), u.printed(b)
	if !(a > 0 && b > 0) {
		return ""
	}
	sign, times := "× ", b/a
	if times < 1 {
		sign, times = "÷ ", 1/times
	}
	places := 0
	switch {
	case times < 1.995:
		places = 2
	case times < 9.95:
		places = 1
	}
	return sign + Thousands(strconv.FormatFloat(times, 'f', places, 64))
}

// printed is what is left of a number when it is printed.
func (u Unit) printed(v float64) float64 {
	s := u.ScaleOf(v)
	v, _ = strconv.ParseFloat(strings.NewReplacer(",", "", "−", "-").Replace(u.Digits(v, s)), 64)
	return v * s.Factor
}

// Roundish takes away what no reader sees: 1.001 connections are printed as 1.
func Roundish(v float64) float64 {
	if n := math.Round(v); math.Abs(v-n) < 0.005 { // three digits are shown
		return n
	}
	return v
}
