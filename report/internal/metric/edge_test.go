package metric

import (
	"math"
	"testing"

	"gotest.tools/v3/assert"

	"github.com/pollpush/pollpush/internal/result"
)

// By hand: where 0.8 messages are due within the longest delay on average, no
// more than 3 are in 99 of 100 cases; of 1.2 polls 4; of 0.006 messages none.
func TestEdges(t *testing.T) {
	at := func(s float64) *result.Quantiles { return &result.Quantiles{Max: s, N: 1} }
	ws := result.Trial{Clients: 20, WindowS: 2, PauseS: 0.01, PublishLatency: at(0.02), Latency: at(0.03), Counts: result.Counts{WindowPublished: 40, WindowDeliveries: 800},
		Asked: result.Asked{PublishRate: 20, Rooms: 1}, Bytes: result.Bytes{In: 120_000, Out: 4000},
		Totals: result.Totals{FramesOut: 49}, Series: []result.Second{{SecondCounts: result.SecondCounts{Published: 20}}, {SecondCounts: result.SecondCounts{Published: 26}}}}
	deflated, roomy, still, even := ws, ws, ws, ws
	even.Asked.Arrivals = "constant"
	deflated.Bytes.Layers.In.Compression = -1
	roomy.Asked.Rooms, roomy.Asked.PublishRate = 4, 5
	still.PauseS, still.PublishLatency, still.Latency, still.Totals = 0, nil, nil, result.Totals{}
	poll := result.Trial{Clients: 200, WindowS: 14, PauseS: 0.001, PublishLatency: at(0.004), Latency: at(1), PollResponse: at(0.005),
		Counts: result.Counts{WindowPublished: 14, WindowDeliveries: 2700,
			Requests: result.Requests{Total: 2800, ByStatus: map[string]int64{"200": 2786, "201": 14}}},
		Asked: result.Asked{PublishRate: 1, Rooms: 1, Paced: true, PollIntervalS: 1},
		Bytes: result.Bytes{In: 1_200_000, Out: 400_000, Layers: result.Layers{In: result.Layer{Protocol: 400_000}}}}
	stalled := poll
	stalled.PauseS = 3
	for _, tt := range []struct {
		name                       string
		trial                      *result.Trial
		requests, perPoll, in, out float64
	}{
		{"ws", &ws, 0, 0, 3.0/800 + 18.0/120_000, 60.0/800 + 3.0/40 + 18.0/4000},
		{"compressed", &deflated, 0, 0, 3.0/800 + 18.0/120_000 + 1600.0/120_000, 60.0/800 + 3.0/40 + 18.0/4000},
		{"four rooms", &roomy, 0, 0, 3.0/800 + 18.0/120_000, 15.0/800 + 3.0/40 + 18.0/4000},
		{"evenly spaced", &even, 0, 0, 1.0/800 + 18.0/120_000, 20.0/800 + 1.0/40 + 18.0/4000},
		{"nothing is late", &still, 0, 0, 0, 0},
		{"poll", &poll, 4.0/2800 + 0.001/14, 0, (4.0/2800 + 0.001/14 + 12.0/2700) / 3, 4.0/2800 + 0.001/14 + 12.0/2700},
		{"all clients late", &stalled, 208.0/2800 + 3.0/14, 8.0 / 2786, (208.0/2800 + 3.0/14 + 600.0/2700) / 3, 208.0/2800 + 3.0/14 + 600.0/2700},
	} {
		for name, v := range map[string][2]float64{
			"requests": {Requests.Edge(tt.trial), tt.requests}, "protocol bytes per poll": {ProtocolPerPoll.Edge(tt.trial), tt.perPoll},
			"bytes in": {BytesIn.Edge(tt.trial), tt.in}, "bytes out": {BytesOut.Edge(tt.trial), tt.out},
		} {
			assert.Check(t, math.Abs(v[0]-v[1]) <= 1e-12, "%s: %s can differ by %v, want %v", tt.name, name, v[0], v[1])
		}
	}
}
