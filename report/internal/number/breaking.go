package number

import (
	"fmt"
)

// OfAll is "1 of 18 points".
func OfAll(n, all int, thing string) string {
	return fmt.Sprintf("%d of %s", n, Plural(float64(all), thing))
}
