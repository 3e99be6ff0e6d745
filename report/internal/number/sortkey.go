package number

import (
	"regexp"
)

var Leading = regexp.MustCompile(`^[<+−-]?([\d,]+(?:\.\d+)?) ?(\S*)`)

// FactorOf is a unit's, by its printed name, in base units; 1 for other words.
func FactorOf(name string) float64 {
	for _, list := range scales { // a name has one factor, whatever it is the unit of
		for _, s := range list {
			if s.Name == name && name != "" {
				return s.Factor
			}
		}
	}
	return 1
}
