package number

import (
	"math"
	"strings"
)

func Unique(list []string) []string {
	seen := map[string]bool{}
	var out []string
	for _, s := range list {
		if !seen[s] {
			seen[s] = true
			out = append(out, s)
		}
	}
	return out
}

func Plural(n float64, thing string) string {
	switch n {
	case 0:
		return "no " + thing + "s"
	case 1:
		return "1 " + thing
	}
	if n == math.Trunc(n) {
		return Count.Format(n) + " " + thing + "s"
	}
	return Plain(n) + " " + thing + "s"
}

// Roundish takes away what no reader sees: 1.001 connections are printed as 1.
func Roundish(v float64) float64 {
	if n := math.Round(v); math.Abs(v-n) < 0.005 { // three digits are shown
		return n
	}
	return v
}

func Join(list []string) string {
	switch len(list) {
	case 0:
		return ""
	case 1:
		return list[0]
	}
	return strings.Join(list[:len(list)-1], ", ") + " and " + list[len(list)-1]
}
