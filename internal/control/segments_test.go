package control

import (
	"testing"

	"github.com/pollpush/pollpush/internal/result"
	"github.com/pollpush/pollpush/internal/shard"
)

// Segments are those of all shards, or of none where one does not know.
func TestGatherSegments(t *testing.T) {
	plan := shard.Plan{Clients: 2, Rooms: []string{"r"}, Shards: 2}
	a := &shard.Result{TCP: &result.TCP{In: result.Segments{Segments: 9, DataSegments: 6, HeaderBytes: 468}, Retransmits: 1}}
	b := &shard.Result{TCP: &result.TCP{In: result.Segments{Segments: 1}, Out: result.Segments{Segments: 2, DataSegments: 1, HeaderBytes: 104}}}
	want := result.TCP{In: result.Segments{Segments: 10, DataSegments: 6, HeaderBytes: 468}, Out: b.TCP.Out, Retransmits: 1}
	if got := gathered(plan, a, b).TCP; got == nil || *got != want {
		t.Errorf("gathered %+v, want %+v", got, want)
	}
	if got := gathered(plan, a, &shard.Result{}).TCP; got != nil {
		t.Errorf("gathered %+v, where one shard has none", got)
	}
}
