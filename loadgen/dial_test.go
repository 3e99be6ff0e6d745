package loadgen_test

import (
	"testing"

	"gotest.tools/v3/assert"

	"github.com/pollpush/pollpush/loadgen"
)

func TestRoots(t *testing.T) {
	roots, err := loadgen.Roots("")
	assert.Check(t, roots == nil && err == nil, "of nothing: %v, %v", roots, err)
	_, err = loadgen.Roots("no certificate")
	assert.ErrorContains(t, err, "BEGIN CERTIFICATE")
}
