package control

import (
	"testing"

	"gotest.tools/v3/assert"

	"github.com/pollpush/pollpush/internal/result"
	"github.com/pollpush/pollpush/internal/shard"
)

// Segments are those of all shards, or of none where one does not know.
func TestGatherSegments(t *testing.T) {
	plan := shard.Plan{Clients: 2, Rooms: []string{"r"}, Shards: 2}
	a := &shard.Result{TCP: &result.TCP{In: result.Segments{Segments: 9, DataSegments: 6, HeaderBytes: 468}, Retransmits: 1}}
	b := &shard.Result{TCP: &result.TCP{In: result.Segments{Segments: 1}, Out: result.Segments{Segments: 2, DataSegments: 1, HeaderBytes: 104}}}
	want := result.TCP{In: result.Segments{Segments: 10, DataSegments: 6, HeaderBytes: 468}, Out: b.TCP.Out, Retransmits: 1}
	got := gathered(plan, a, b).TCP
	assert.Check(t, got != nil && *got == want, "gathered %+v, want %+v", got, want)
	got = gathered(plan, a, &shard.Result{}).TCP
	assert.Check(t, got == nil, "gathered %+v, where one shard has none", got)
}
