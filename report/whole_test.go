package report

import (
	"testing"

	"gotest.tools/v3/assert"

	"github.com/pollpush/pollpush/internal/result"
	"github.com/pollpush/pollpush/report/internal/trials"
)

func mustRun(t *testing.T, list []result.Trial) *trials.Point {
	t.Helper()
	r, err := trials.NewPoint(list)
	assert.NilError(t, err)
	return r
}

func mustSweep(t *testing.T, list []result.Trial) *trials.Set {
	t.Helper()
	s, err := trials.NewSet(list)
	assert.NilError(t, err)
	return s
}
