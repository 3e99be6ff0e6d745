package result

import "slices"

// Add adds what the kernel told of other connections.
func (t TCP) Add(other TCP) TCP { return t.with(other, 1) }

// Since is what t has more than an earlier count.
func (t TCP) Since(earlier TCP) TCP { return t.with(earlier, -1) }

func (t TCP) with(o TCP, sign int64) TCP {
	segments := func(a, b Segments) Segments {
		return Segments{
			Segments: a.Segments + sign*b.Segments, DataSegments: a.DataSegments + sign*b.DataSegments,
			HeaderBytes: a.HeaderBytes + sign*b.HeaderBytes,
		}
	}
	return TCP{In: segments(t.In, o.In), Out: segments(t.Out, o.Out), Retransmits: t.Retransmits + sign*o.Retransmits}
}

// SumTCP is the sum of all parts, or nil where one of them is unknown, or
// there is none.
func SumTCP(parts []*TCP) *TCP {
	if len(parts) == 0 || slices.Contains(parts, nil) {
		return nil
	}
	var sum TCP
	for _, p := range parts {
		sum = sum.Add(*p)
	}
	return &sum
}
