package result

import (
	"math/rand/v2"
	"testing"
)

func TestSumTCP(t *testing.T) {
	a := &TCP{In: Segments{10, 6, 520}, Out: Segments{8, 3, 416}, Retransmits: 1}
	b := &TCP{In: Segments{1, 1, 72}, Out: Segments{2, 1, 144}}
	if got, want := SumTCP([]*TCP{a, b}), (TCP{In: Segments{11, 7, 592}, Out: Segments{10, 4, 560}, Retransmits: 1}); got == nil || *got != want {
		t.Errorf("the sum is %+v, want %+v", got, want)
	}
	for _, parts := range [][]*TCP{{}, {nil}, {a, nil}, {nil, b}} {
		if got := SumTCP(parts); got != nil {
			t.Errorf("the sum of %v is %+v, but not all is known", parts, got)
		}
	}
}

func TestOn1500(t *testing.T) {
	for _, c := range []struct {
		name  string
		s     Segments
		bytes int64
		want  Segments
	}{
		{"nothing", Segments{}, 0, Segments{}},
		{"small ones stay", Segments{20, 12, 1040}, 12 * 300, Segments{20, 12, 1040}},
		{"one as large as can be", Segments{1, 1, 52}, 1448, Segments{1, 1, 52}},
		{"one byte more", Segments{1, 1, 52}, 1449, Segments{2, 2, 104}},
		{"loopback's largest", Segments{3, 2, 156}, 2 * 65483, Segments{92, 91, 92 * 52}},
		{"acknowledgements alone", Segments{7, 0, 364}, 0, Segments{7, 0, 364}},
		{"IPv6 without timestamps", Segments{2, 1, 120}, 100, Segments{2, 1, 104}},
	} {
		if got := c.s.On1500(c.bytes); got != c.want {
			t.Errorf("%s: %+v, want %+v", c.name, got, c.want)
		}
	}
}

// However large the segments were, so many they become at least.
func TestOn1500IsALowerBound(t *testing.T) {
	r := rand.New(rand.NewPCG(15, 0))
	for range 1000 {
		var s Segments
		var bytes, split int64
		for range 1 + r.IntN(20) {
			b := 1 + r.Int64N(1+r.Int64N(65483))
			s.Segments, s.DataSegments = s.Segments+1, s.DataSegments+1
			bytes += b
			split += (b + data1500 - 1) / data1500
		}
		if got := s.On1500(bytes); got.DataSegments > split || got.DataSegments < s.DataSegments || got.DataSegments*data1500 < bytes {
			t.Fatalf("%d bytes in %d segments: %+v, but one by one %d", bytes, s.DataSegments, got, split)
		}
	}
}
