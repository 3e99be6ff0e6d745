package report

import (
	"math"
	"strconv"
	"strings"
)

// unit is what a number is counted in. Numbers stay in base units until they
// are printed: only here do they get a prefix.
type unit int

const (
	count     unit = iota // whole things
	ratio                 // things for each other thing
	seconds               //
	perMinute             //
	perSecond             //
	bytesEach             // bytes, decimal: 1,234 B
	memory                // bytes, binary: 1.5 MiB
	bitRate               // bit/s, decimal
	share                 // 0 to 1, printed as per cent
	cores                 // CPU-seconds per second, printed as per cent of one core
	cpuRate               // CPU-seconds per second, where they are few
)

type scale struct {
	from   float64 // the smallest value that is printed so
	factor float64
	name   string
}

var scales = map[unit][]scale{
	count:     {{0, 1, ""}},
	ratio:     {{0, 1, ""}},
	perMinute: {{0, 1, "/min"}},
	perSecond: {{0, 1, "/s"}},
	seconds:   {{1, 1, "s"}, {1e-3, 1e-3, "ms"}, {1e-6, 1e-6, "µs"}, {0, 1e-9, "ns"}},
	bytesEach: {{1e6, 1e6, "MB"}, {1e4, 1e3, "kB"}, {0, 1, "B"}},
	memory:    {{1 << 30, 1 << 30, "GiB"}, {1 << 20, 1 << 20, "MiB"}, {1 << 10, 1 << 10, "KiB"}, {0, 1, "B"}},
	bitRate:   {{1e9, 1e9, "Gbit/s"}, {1e6, 1e6, "Mbit/s"}, {1e3, 1e3, "kbit/s"}, {0, 1, "bit/s"}},
	share:     {{0, 1e-2, "%"}},
	cores:     {{0, 1e-2, "%"}},
	cpuRate:   {{1e-3, 1e-3, "ms/s"}, {0, 1e-6, "µs/s"}},
}

// scaleOf picks the prefix that fits v. What rounds up to the next prefix
// gets that: 0.9996 s is 1 s, not 1,000 ms.
func (u unit) scaleOf(v float64) scale {
	list := scales[u]
	v = math.Abs(v)
	if v == 0 && u == seconds {
		return list[0]
	}
	for _, s := range list {
		if v >= s.from*0.9995 {
			return s
		}
	}
	return list[len(list)-1]
}

// format prints v with three significant digits and a fitting prefix: three
// is what the histograms hold. Counts are printed whole. NaN is a dash.
func (u unit) format(v float64) string {
	if math.IsNaN(v) {
		return "–"
	}
	s := u.scaleOf(v)
	return u.digits(v, s) + space(s.name) + s.name
}

// short prints v likewise, without zeros behind the point: 1 s, not 1.00 s.
func (u unit) short(v float64) string {
	s := u.scaleOf(v)
	return plain(v/s.factor) + space(s.name) + s.name
}

// formatRange prints a median with the range around it, in one prefix. A
// range that prints as one value is left out.
func (u unit) formatRange(median, low, high float64) string {
	if math.IsNaN(median) {
		return "–"
	}
	s := u.scaleOf(median)
	lo, hi := u.digits(low, s), u.digits(high, s)
	if lo == hi {
		return u.format(median)
	}
	return u.format(median) + " (" + lo + "–" + hi + ")"
}

func (u unit) digits(v float64, s scale) string {
	v /= s.factor
	if u == count {
		return thousands(strconv.FormatFloat(v, 'f', 0, 64))
	}
	if u == ratio {
		return plain(v)
	}
	return significant(v)
}

func space(name string) string {
	if name == "" || strings.HasPrefix(name, "/") {
		return ""
	}
	return " "
}

// significant prints three significant digits without an exponent; digits
// before the point are never rounded away.
func significant(v float64) string {
	if v == 0 || math.IsNaN(v) || math.IsInf(v, 0) {
		return strconv.FormatFloat(v, 'f', -1, 64)
	}
	v, _ = strconv.ParseFloat(strconv.FormatFloat(v, 'e', 2, 64), 64)
	places := 2 - int(math.Floor(math.Log10(math.Abs(v))))
	return thousands(strconv.FormatFloat(v, 'f', min(max(places, 0), 12), 64))
}

// plain is significant without zeros behind the point: 1, not 1.00.
func plain(v float64) string {
	s := significant(v)
	if strings.Contains(s, ".") {
		s = strings.TrimRight(strings.TrimRight(s, "0"), ".")
	}
	return s
}

// thousands puts a comma after every third digit before the point.
func thousands(s string) string {
	whole, fraction, point := strings.Cut(s, ".")
	sign := ""
	if strings.HasPrefix(whole, "-") {
		sign, whole = "-", whole[1:]
	}
	for i := len(whole) - 3; i > 0; i -= 3 {
		whole = whole[:i] + "," + whole[i:]
	}
	if point {
		whole += "." + fraction
	}
	return sign + whole
}
