package number

import (
	"math"
)

// Short is a ratio as one says it: two digits are enough.
func Short(v float64) string {
	if v < 9.95 {
		return Plain(math.Round(v*10) / 10)
	}
	return Plain(math.Round(v))
}

func Capital(s string) string {
	if s == "" || s[0] < 'a' || s[0] > 'z' {
		return s
	}
	return string(s[0]-'a'+'A') + s[1:]
}
