package report

import (
	"regexp"
	"strconv"
	"strings"
)

var leading = regexp.MustCompile(`^[<+−-]?([\d,]+(?:\.\d+)?) ?(\S*)`)

// sortKey is the number that a cell begins with, in base units, for sorting by
// it; empty where it begins with none.
func sortKey(cell string) string {
	m := leading.FindStringSubmatch(cell)
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
	return strconv.FormatFloat(v*factorOf(m[2]), 'g', -1, 64)
}

// factorOf is a unit's, by its printed name, in base units; 1 for other words.
func factorOf(name string) float64 {
	for _, list := range scales { // a name has one factor, whatever it is the unit of
		for _, s := range list {
			if s.name == name && name != "" {
				return s.factor
			}
		}
	}
	return 1
}
