package result

import (
	"testing"

	"gotest.tools/v3/assert"
)

func TestSumTCP(t *testing.T) {
	a := &TCP{In: Segments{10, 6, 520}, Out: Segments{8, 3, 416}, Retransmits: 1}
	b := &TCP{In: Segments{1, 1, 72}, Out: Segments{2, 1, 144}}
	if got, want := SumTCP([]*TCP{a, b}), (TCP{In: Segments{11, 7, 592}, Out: Segments{10, 4, 560}, Retransmits: 1}); got == nil || *got != want {
		t.Errorf("the sum is %+v, want %+v", got, want)
	}
	for _, parts := range [][]*TCP{{}, {nil}, {a, nil}, {nil, b}} {
		got := SumTCP(parts)
		assert.Check(t, got == nil, "the sum of %v is %+v, but not all is known", parts, got)
	}
}
