package trials_test

import (
	"testing"

	"gotest.tools/v3/assert"

	"github.com/pollpush/pollpush/internal/scenario"
	"github.com/pollpush/pollpush/report/internal/trials"
)

// What a scenario can sweep, a report has an axis for, and nothing else.
func TestAxesAreTheSweptKeys(t *testing.T) {
	var swept, axes []string
	for _, k := range scenario.Keys() {
		if k.Sweeps {
			swept = append(swept, k.Path)
		}
	}
	for i := range trials.Axes {
		axes = append(axes, trials.Axes[i].Key)
	}
	assert.DeepEqual(t, axes, swept)
}
