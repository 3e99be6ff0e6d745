package prose

import (
	"testing"

	"gotest.tools/v3/assert"

	"github.com/pollpush/pollpush/internal/result"
	"github.com/pollpush/pollpush/report/internal/trials"
)

func setOf(t *testing.T, list []result.Trial) *trials.Set {
	t.Helper()
	s, err := trials.NewSet(list)
	assert.NilError(t, err)
	return s
}
