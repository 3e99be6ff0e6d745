package control

import (
	"strings"
	"testing"
	"time"

	"gotest.tools/v3/assert"
	is "gotest.tools/v3/assert/cmp"

	"github.com/pollpush/pollpush/internal/result"
)

func TestProgressOnATerminal(t *testing.T) {
	const erase = "\r\x1b[K"
	var out strings.Builder
	p := &progress{w: &out, live: true}
	for _, step := range []struct {
		do   func()
		want string
	}{
		{func() { p.line("run %d", 1) }, "run 1\n"},
		{func() { p.status("%s: starting", "ws") }, "ws: starting"},
		{func() { p.status("ws: %d s", 1) }, erase + "ws: 1 s"},
		{func() { p.status("ws: %d s", 2) }, erase + "ws: 2 s"},
		{func() { p.line("ws: valid") }, erase + "ws: valid\n"},
		{func() { p.line("poll: valid") }, "poll: valid\n"},
		{func() { p.status("sse: starting") }, "sse: starting"},
		{func() { p.end() }, erase},
		{func() { p.end() }, ""},
	} {
		out.Reset()
		step.do()
		if out.String() != step.want {
			t.Errorf("it wrote %q, want %q", out.String(), step.want)
		}
	}
}

func TestProgressWithoutATerminal(t *testing.T) {
	var out strings.Builder
	p := &progress{w: &out}
	later := func() { p.last = p.last.Add(-quiet) }
	for _, step := range []struct {
		do   func()
		want string
	}{
		{func() { p.status("ws: starting") }, "ws: starting\n"},
		{func() { p.status("ws: 1 s") }, ""},
		{func() { later(); p.status("ws: %d s", 5) }, "ws: 5 s\n"},
		{func() { p.status("ws: 6 s") }, ""},
		{func() { p.line("ws: %s", "valid") }, "ws: valid\n"},
		{func() { p.line("once more") }, "once more\n"}, // lines are never left out
		{func() { p.status("ws: 1 s") }, ""},            // and are a sign of life
		{func() { later(); p.status("ws: 2 s") }, "ws: 2 s\n"},
		{func() { p.end() }, ""},
	} {
		out.Reset()
		step.do()
		if out.String() != step.want {
			t.Errorf("it wrote %q, want %q", out.String(), step.want)
		}
	}
	assert.Check(t, quiet >= time.Second, "a line every %v is too many", quiet)
}

func second() *Moment {
	return &Moment{
		T: 12, Phase: "steady", PhaseLeftS: 8, RunLeftS: 100.4, ClientsAsked: 1000, RateAsked: 20,
		SecondCounts: result.SecondCounts{Clients: 998, Published: 20, Deliveries: 19960, Requests: 1000}, P50: new(.5012), P99: new(.00991), Missing: 3,
	}
}

// What does not fit a terminal is left out from the end, whole.
func TestMomentFitsTheTerminal(t *testing.T) {
	const all = "ws, trial 1 of 3: steady 12 s, 8 s (run 1m40s) left, p50 501 ms, p99 9.91 ms, 3 missing, 998 of 1000 clients, 20 messages/s, 19960 deliveries/s, 1000 requests/s"
	columns := 0
	var out strings.Builder
	p := &progress{w: &out, live: true, width: func() int { return columns }}
	for _, c := range []struct {
		columns int
		want    string
	}{
		{0, all}, // not known
		{len(all) + 1, all},
		{len(all), all[:strings.LastIndex(all, ", ")]},
		{120, all[:strings.Index(all, ", 20 messages")]},
		{80, all[:strings.Index(all, ", 3 missing")]},
		{54, all[:strings.Index(all, ", p50")]},
		{53, all[:strings.Index(all, ", p50")]},
		{52, all[:strings.Index(all, ", p50")]}, // all but the last column
		{51, "ws, trial 1 of 3: steady 12 s"},
		{31, "ws, trial 1 of 3: steady 12 s"},
		{12, "ws, trial 1"},
		{2, "w"},
		{1, all}, // a terminal that does not know its width may say so
	} {
		columns = c.columns
		out.Reset()
		p.onLine = false
		p.moment("ws, trial 1 of 3", second())
		if out.String() != c.want {
			t.Errorf("%d columns: %q, want %q", c.columns, out.String(), c.want)
		}
	}
}

// The ramp-up is counted upwards, although its time is before that of the
// warm-up; and one of a thing is one.
func TestMomentInWords(t *testing.T) {
	for want, m := range map[string]*Moment{
		"ws: ramp-up 4 s, 1 client, 1 request/s, 2 deliveries/s": {K: 4, T: -1, Phase: rampUp, SecondCounts: result.SecondCounts{Clients: 1, Requests: 1, Deliveries: 2}},
		"ws: warm-up 0 s, 2 clients, 0 requests/s, 1 delivery/s": {K: 5, Phase: "warm-up", SecondCounts: result.SecondCounts{Clients: 2, Deliveries: 1}},
	} {
		var out strings.Builder
		(&progress{w: &out}).moment("ws", m)
		assert.Check(t, is.Equal(out.String(), want+"\n"))
	}
	for want, got := range map[string]string{
		"998 of 20000 clients": of(998, 20_000, "client"), "1 client": of(1, 1, "client"), "0 of 1 client": of(0, 1, "client"), "2 of 0.5 messages": of(2, .5, "message"),
	} {
		assert.Check(t, is.Equal(got, want))
	}
}

func TestMomentWithoutATerminal(t *testing.T) {
	var out strings.Builder
	(&progress{w: &out}).moment("ws, trial 1 of 3", second())
	if want := "ws, trial 1 of 3: steady 12 s, 998 clients, 1000 requests/s, 19960 deliveries/s\n"; out.String() != want {
		t.Errorf("%q, want %q", out.String(), want)
	}
}

func TestLatencyAsText(t *testing.T) {
	for _, c := range []struct {
		seconds *float64
		want    string
	}{
		{nil, "–"}, {new(2.513), "2.51 s"},
	} {
		assert.Check(t, is.Equal(Latency(c.seconds), c.want))
	}
}
