package gate

import (
	"strings"
	"testing"

	"gotest.tools/v3/assert"

	"github.com/pollpush/pollpush/internal/result"
	"github.com/pollpush/pollpush/report/internal/compare"
	"github.com/pollpush/pollpush/report/internal/fixture"
)

// change is what is done to the trials of a run.
type change = func([]result.Trial) []result.Trial

// each changes all trials.
func each(f func(*result.Trial)) change { return fixture.Each(f) }

// only changes those of one transport.
func only(transport string, f func(*result.Trial)) change {
	return each(func(t *result.Trial) {
		if t.Transport == transport {
			f(t)
		}
	})
}

// ofTrial changes those of one number.
func ofTrial(n int, f func(*result.Trial)) func(*result.Trial) {
	return func(t *result.Trial) {
		if t.Trial == n {
			f(t)
		}
	}
}

// inTurn makes several changes.
func inTurn(list ...change) change {
	return func(trials []result.Trial) []result.Trial {
		for _, change := range list {
			if change != nil {
				trials = change(trials)
			}
		}
		return trials
	}
}

// runs makes the trials of a run, afresh with each call.
type runs = func() []result.Trial

// of is a run of so many trials of each transport.
func of(trials int, transports ...string) runs {
	return func() []result.Trial { return fixture.TrialsOf(trials, transports...) }
}

// six trials are enough for an interval.
func six(transports ...string) []result.Trial { return fixture.TrialsOf(6, transports...) }

func dearer(by float64) func(*result.Trial) {
	return func(t *result.Trial) { t.Server.CPUUserS *= by; t.Server.CPUSysS *= by }
}

// slower is a server that takes its time with everything.
func slower(t *result.Trial) {
	t.Latency, t.PublishLatency = fixture.Scaled(t.Latency, 3.42), fixture.Scaled(t.PublishLatency, 3.42)
	t.PollResponse = fixture.Scaled(t.PollResponse, 3.42)
}

// costless is a trial of which the server's cost was not read.
func costless(t *result.Trial) { t.Server = nil }

// elsewhere is a trial on another machine.
func elsewhere(t *result.Trial) { t.Env.Kernel = "6.13.0" }

// moreIn adds protocol bytes to the answers of a trial.
func moreIn(t *result.Trial, n int64) {
	t.Bytes.In += n
	t.Bytes.Layers.In.Protocol += n
}

// percentIn makes the bytes of a trial's answers so many per cent of what they are.
func percentIn(n int64) func(*result.Trial) {
	return func(t *result.Trial) { moreIn(t, t.Bytes.In*(n-100)/100) }
}

// wide are limits beyond what falls on the edges of these trials.
var wide = map[string]float64{"requests-per-client": 0.04, "bytes-per-delivery-out": 0.04}

// anything is for what a test does not look at.
const anything = "*"

// test is a comparison of two runs, and what it has to say.
type test struct {
	name       string
	trials     runs   // of both runs; nil is six of poll and ws
	base, next change // what is done to them in either run
	options    Options

	rows      string // "ws lost, ws duplicated": by transport and id
	want      compare.Verdict
	fails     string // a part of the regressions; empty where there are none
	warns     string // a part of the warnings, likewise
	notes     string // a part of the notes
	concludes string // the whole conclusion
	refused   string // parts of the error, with " … " between
	check     func(*testing.T, *Comparison)
}

func (tt *test) compare() (*Comparison, error) {
	trials := tt.trials
	if trials == nil {
		trials = of(6, "poll", "ws")
	}
	return Compare(inTurn(tt.base)(trials()), inTurn(tt.next)(trials()), tt.options)
}

func runTests(t *testing.T, tests []test) {
	t.Helper()
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c, err := tt.compare()
			if tt.refused != "" {
				wantRefused(t, err, tt.refused)
				return
			}
			assert.NilError(t, err)
			tt.wantSaid(t, c)
		})
	}
}

func (tt *test) wantSaid(t *testing.T, c *Comparison) {
	t.Helper()
	for name := range strings.SplitSeq(tt.rows, ", ") {
		transport, id, _ := strings.Cut(name, " ")
		if r := c.row(transport, id); tt.rows != "" && (r.Change == nil || r.Verdict != tt.want) {
			t.Errorf("%s is %+v, want %s", name, r.Change, tt.want)
		}
	}
	for _, list := range []struct {
		name, want string
		got        []string
	}{{"regressions", tt.fails, c.Regressions()}, {"warnings", tt.warns, c.Warnings()}} {
		got := strings.Join(list.got, "\n")
		if list.want != anything && ((got == "") != (list.want == "") || !strings.Contains(got, list.want)) {
			t.Errorf("%s %q, want %q", list.name, got, list.want)
		}
	}
	notes := strings.Join(c.notes(), "\n")
	assert.Check(t, strings.Contains(notes, tt.notes), "notes %q, want %q", notes, tt.notes)
	got := c.conclusion()
	assert.Check(t, tt.concludes == "" || got == tt.concludes, "it concludes\n%s, want\n%s", got, tt.concludes)
	if tt.check != nil {
		tt.check(t, c)
	}
}

func wantRefused(t *testing.T, err error, parts string) {
	t.Helper()
	for part := range strings.SplitSeq(parts, " … ") {
		assert.Check(t, err != nil && strings.Contains(err.Error(), part), "%v, want %q", err, part)
	}
}

func (c *Comparison) row(transport, id string) row {
	for _, r := range c.rows() {
		if r.Transport == transport && r.ID == id {
			return r
		}
	}
	return row{}
}
