package result

import "slices"

// SumTCP is the sum of all parts, or nil where one of them is unknown, or
// there is none.
func SumTCP(parts []*TCP) *TCP {
	if len(parts) == 0 || slices.Contains(parts, nil) {
		return nil
	}
	var sum TCP
	for _, p := range parts {
		sum = Add(sum, *p)
	}
	return &sum
}

// Headers and data of one segment on a network with packets of 1,500 bytes:
// IPv4, and TCP with timestamps.
const (
	headers1500 = 20 + 20 + 12
	data1500    = 1500 - headers1500 // 1,448
)

// On1500 is what the same connections would take at least on a network with
// packets of 1,500 bytes, where bytes is what these segments carry.
//
//	data segments   = max(data segments, ⌈bytes / 1448⌉)
//	segments        = data segments + acknowledgements, as many as counted
//	header bytes    = segments × 52
//
// It is a lower bound: of n segments with b₁ … bₙ bytes each one becomes
// ⌈bᵢ / 1448⌉, and the sum of these is neither below n nor below
// ⌈(b₁ + … + bₙ) / 1448⌉; and more segments are not acknowledged by fewer.
func (s Segments) On1500(bytes int64) Segments {
	acknowledgements := s.Segments - s.DataSegments
	data := max(s.DataSegments, (bytes+data1500-1)/data1500)
	return Segments{
		Segments: acknowledgements + data, DataSegments: data, HeaderBytes: (acknowledgements + data) * headers1500,
	}
}
