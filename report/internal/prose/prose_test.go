package prose

import (
	"testing"

	"github.com/pollpush/pollpush/internal/result"
	"github.com/pollpush/pollpush/report/internal/trials"
)

func pointOf(t *testing.T, list []result.Trial) *trials.Point {
	t.Helper()
	r, err := trials.NewPoint(list)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func setOf(t *testing.T, list []result.Trial) *trials.Set {
	t.Helper()
	s, err := trials.NewSet(list)
	if err != nil {
		t.Fatal(err)
	}
	return s
}
