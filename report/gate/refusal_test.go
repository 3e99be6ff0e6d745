package gate

import (
	"slices"
	"testing"

	"github.com/pollpush/pollpush/internal/result"
	"github.com/pollpush/pollpush/report/internal/compare"
	"github.com/pollpush/pollpush/report/internal/fixture"
)

func TestRefuses(t *testing.T) {
	broken := func(f func(*result.Trial)) change { return only("ws", ofTrial(2, f)) }
	failed := broken(func(t *result.Trial) {
		t.Status = result.Failed
		fixture.Doubt(t, result.Invalid, result.NotComplete, "the server died")
	})
	differ := broken(func(t *result.Trial) { fixture.Doubt(t, result.Invalid, result.Mismatch, "counts differ") })
	late := broken(func(t *result.Trial) { fixture.Doubt(t, result.Invalid, result.PublishLate, "80 ms late") })
	other := each(func(t *result.Trial) { t.ScenarioHash = "0" })
	none := func([]result.Trial) []result.Trial { return nil }
	counts := Options{CountsOnly: true}
	three := of(3, "poll", "ws")
	runTests(t, []test{
		{name: "no base", trials: three, base: none, refused: "base: "},
		{name: "no new", trials: three, next: none, refused: "new run: "},
		{name: "failed base", trials: three, base: failed, options: counts, refused: "base: ws trial 2 is failed (the server died): it cannot be compared"},
		{name: "failed new", trials: three, next: failed, refused: "new run: ws trial 2 is failed"},
		{name: "broken new", trials: three, next: differ, options: counts, refused: "ws trial 2 is invalid (counts differ)"},
		{name: "invalid for no reason", trials: three, next: broken(func(t *result.Trial) { t.Validity = result.Invalid }), options: counts, refused: "ws trial 2 is invalid (no reason is given)"},
		{name: "late base", trials: three, base: late, refused: "base: ws trial 2 is invalid for its timing (80 ms late) … --counts-only"},
		{name: "a trial is missing", trials: three, next: func(trials []result.Trial) []result.Trial { return trials[:5] }, options: counts, refused: "new run: ws has 2 of 3 trials: the run is partial … --resume"},
		{name: "other scenario", trials: three, next: other, refused: "nothing in common … hash 9f2c41d07a55 … hash 0) … record it again"},
		{name: "other transports", trials: three, base: without("ws"), next: without("poll"), refused: "nothing in common … (transports: poll, and ws)"},
	})
}

// without leaves a transport out.
func without(transport string) change {
	return func(trials []result.Trial) []result.Trial {
		return slices.DeleteFunc(trials, func(t result.Trial) bool { return t.Transport == transport })
	}
}

// at makes a sweep over clients of a run, in place of it.
func at(clients ...int) change {
	return func([]result.Trial) []result.Trial { return fixture.ByClients(clients...) }
}

// What a run was to measure, and did not, is no pass and no regression: it is
// refused.
func TestRefusesPartialRuns(t *testing.T) {
	planned := func(transports []string, points ...string) change {
		return each(func(t *result.Trial) { t.Asked.Transports, t.Asked.Points = transports, points })
	}
	both := []string{"poll", "ws"}
	whole := planned(both, "9f2c41d07a55")
	swept := planned(both, "000000000100", "000000000300", "000000001000")
	three, counts := of(3, "poll", "ws"), Options{CountsOnly: true}
	runTests(t, []test{
		{name: "whole runs", trials: three, base: whole, next: whole, options: counts},
		{name: "no trial of a transport", trials: three, base: whole, next: inTurn(without("ws"), whole), options: counts,
			refused: "new run: ws has 0 of 3 trials: the run is partial; continue it with `pollpush run --resume DIR`"},
		{name: "nor in the base", trials: three, base: inTurn(without("poll"), whole), next: whole, options: counts, refused: "base: poll has 0 of 3 trials"},
		{name: "nor in either", trials: of(3, "ws"), base: whole, next: whole, options: counts, refused: "base: poll has 0 of 3 trials"},
		{name: "one transport was asked for", trials: three, base: whole, next: inTurn(without("ws"), planned(both[:1])), options: counts, fails: "ws: the new run has no trial of it"},
		{name: "no trial at two points", base: inTurn(at(100, 300, 1000), swept), next: inTurn(at(300), swept), options: counts,
			refused: "new run: has no trial at 2 points of its plan (hash 000000000100, 000000001000): the run is partial"},
		{name: "all points", base: inTurn(at(100, 300, 1000), swept), next: inTurn(at(1000, 300, 100), swept), options: counts},
		{name: "an old run, which does not say", trials: three, next: without("ws"), options: counts, fails: "ws: the new run has no trial of it"},
	})
}

func TestPlacesThatDiffer(t *testing.T) {
	three := of(3, "poll", "ws")
	const few = "Counts: no regression. Times: not tested (needs 4 trials per side; here 3 and 3)."
	runTests(t, []test{
		{name: "a transport went missing", trials: three, next: without("ws"), fails: "ws: the new run has no trial of it"},
		{name: "a transport is new", trials: three, base: without("ws"), options: Options{Limits: wide}, concludes: few + " Not compared: ws is new: the base has no trial of it."},
		{name: "points, and bytes at one", base: at(100, 300, 1000), fails: "100 clients: the new run has no trial at this point\nws at 300 clients: bytes per delivery, in went from ",
			next: inTurn(at(1000, 300, 500), only("ws", func(t *result.Trial) {
				if t.Clients == 300 {
					percentIn(105)(t)
				}
			})), check: func(t *testing.T, c *Comparison) {
				if len(c.Regressions()) != 2 || len(c.Fresh) != 1 || c.Fresh[0] != (compare.Place{Point: "500 clients"}) {
					t.Errorf("regressions %q, new %v", c.Regressions(), c.Fresh)
				}
			}},
	})
}

// The error for runs that cannot be compared names what they were asked for.
func TestNamesDifferences(t *testing.T) {
	other := func(f func(*result.Trial)) change { return each(func(t *result.Trial) { t.ScenarioHash = "0"; f(t) }) }
	ws := of(1, "ws")
	runTests(t, []test{
		{name: "keys", trials: ws, next: other(func(t *result.Trial) { t.Clients, t.Asked.PollIntervalS = 1_000_000, 2 }), refused: "hash 0) (clients: 1000, and 1000000; poll.interval: 1, and 2); compare"},
		{name: "flags", trials: ws, next: other(func(t *result.Trial) { t.Asked.SteadyS, t.Flags = 9, []string{"--steady 9s"} }), refused: "(phases.steady: 60, and 9; flags: none, and --steady 9s)"},
		{name: "nothing that is known", trials: ws, next: other(func(*result.Trial) {}), refused: "hash 0); compare"},
	})
}

// What a base lacks is known before anything is measured.
func TestForesee(t *testing.T) {
	three := of(3, "poll", "ws")
	other := each(func(t *result.Trial) { t.ScenarioHash, t.Clients = "0", 50 })
	for _, tt := range []struct {
		name          string
		base, planned []result.Trial
		refused       string
	}{
		{"the same", three(), three(), ""},
		{"less", three(), without("ws")(three()), ""},
		{"another transport", without("ws")(three()), three(), "the base has no trial of ws (transports: poll, and poll, ws); leave that transport out"},
		{"another scenario", three(), other(three()), "of scenario chat (hash 9f2c41d07a55), and the new run would be of chat (hash 0) (clients: 1000, and 50); measure the same scenario"},
		{"another point", fixture.ByClients(100, 300), fixture.ByClients(100, 500), "hash 000000000100, 000000000300), and the new run would be of chat (hash 000000000500)"},
		{"a transport at one point", without("ws")(fixture.ByClients(100)), fixture.ByClients(100), "no trial of ws at 100 clients"},
		{"no base", nil, three(), "base: "},
		{"no plan", three(), nil, "the run asked for: "},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if err := Foresee(tt.base, tt.planned); tt.refused != "" || err != nil {
				wantRefused(t, err, tt.refused)
			}
		})
	}
}
