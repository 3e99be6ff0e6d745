package metric

import (
	"math"
	"slices"

	"github.com/pollpush/pollpush/internal/result"
	"github.com/pollpush/pollpush/report/internal/number"
)

// ProtocolPerPoll tells a header more from a message more: a poll's answer has
// the one whatever it brings. Only comparisons have the row.
var ProtocolPerPoll = Metric{Name: "protocol bytes per poll, in", Unit: number.BytesEach, Better: Lower, Kind: Exact, Limit: 0.02, Edge: ProtocolEdge,
	Of: func(t *result.Trial) float64 {
		if !Layered(t) || !t.Asked.Paced && t.Asked.WaitS == 0 && t.Asked.HeartbeatS == 0 {
			return math.NaN()
		}
		return Over(float64(t.Bytes.Layers.In.Protocol), Polls(t))
	}}

// ComparedMetrics are the rows of a comparison.
var ComparedMetrics = func() []Metric {
	list := slices.DeleteFunc(slices.Clone(Metrics), func(m Metric) bool { return m.Kind == told })
	after := 1 + slices.IndexFunc(list, func(m Metric) bool { return m.Name == BytesOut.Name })
	return slices.Insert(list, after, ProtocolPerPoll)
}()
