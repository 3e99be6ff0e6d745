package number

import (
	"time"
)

func Instant(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05 UTC") }

func Or(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}

func DashIfZero(u Unit, v float64) string {
	if v == 0 {
		return "–"
	}
	return u.Format(v)
}
