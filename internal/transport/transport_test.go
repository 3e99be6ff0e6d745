package transport_test

import (
	"slices"
	"testing"

	"gotest.tools/v3/assert"

	"github.com/pollpush/pollpush/internal/transport"
	"github.com/pollpush/pollpush/loadgen"
)

// Every transport can be told from all others by each thing that readers see.
func TestTransportsDiffer(t *testing.T) {
	seen := map[any]string{}
	looks := slices.Clone(transport.Unknown)
	for _, tr := range transport.All() {
		looks = append(looks, tr.Look)
		for _, v := range []any{tr.Name, [2]string{tr.Spoken}, tr.About} {
			assert.Check(t, v != "" && seen[v] == "", "%s: %v is nothing, or that of %s", tr.Name, v, seen[v])
			seen[v] = tr.Name
		}
	}
	for _, l := range looks {
		for _, v := range []any{l.Marker, l.Ink, [2]uint32{l.Dark}} {
			assert.Check(t, seen[v] == "", "%+v: %v is taken", l, v)
			seen[v] = "taken"
		}
	}
}

func TestUnknownTransports(t *testing.T) {
	names := []string{"zeppelin", "ws", "balloon", "poll"}
	slices.SortFunc(names, transport.Compare)
	want := []string{"poll", "ws", "balloon", "zeppelin"}
	assert.Check(t, slices.Equal(names, want), "ordered as %v, want %v", names, want)
	_, err := loadgen.Dial(t.Context(), "zeppelin", loadgen.Target{})
	assert.ErrorContains(t, err, `transport "zeppelin" is not one of [poll `)
	if tr := transport.Describe("zeppelin"); tr.Spoken != "zeppelin" || !slices.Contains(transport.Unknown, tr.Look) {
		t.Errorf("one that only results name is described as %+v", tr)
	}
}
