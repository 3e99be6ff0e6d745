package contract

import (
	"io"
	"net"
	"testing"
	"time"
)

// Of a server that never answers, a point whose own time is over has failed, and
// one that the end of the check has cut short, or kept from beginning, has not.
func TestOutOfTime(t *testing.T) {
	for _, c := range []struct {
		name         string
		limit, total time.Duration
		want         Verdict
	}{
		{"a point's time", 100 * time.Millisecond, patience, Failed},
		{"the check's time", patience, 100 * time.Millisecond, Untried},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			k := newCheck(t.Context(), peer(t, func(c net.Conn) { io.Copy(io.Discard, c) }), nil)
			defer k.client.CloseIdleConnections()
			k.limit, k.total = c.limit, c.total
			results := k.all(nil)
			if len(results) != len(Points()) {
				t.Errorf("%d results for %d points", len(results), len(Points()))
			}
			found := 0
			for _, r := range results {
				if r.Verdict == c.want {
					found++
				}
				if r.Verdict == Failed != (r.Fault != nil) || r.Verdict != c.want && r.Verdict != Absent || r.Verdict == Absent && c.want == Untried {
					t.Errorf("%v: %v %v, want %v", r.Point, r.Verdict, r.Fault, c.want)
				}
			}
			if found == 0 {
				t.Errorf("nothing is %v", c.want)
			}
		})
	}
}
