// Package control runs a scenario: for each trial a fresh server and fresh
// shards, what they cost read from outside, and one line of results. The
// line is on disk before the next trial starts.
package control

import (
	"cmp"
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/pollpush/pollpush/internal/proc"
	"github.com/pollpush/pollpush/internal/quantity"
	"github.com/pollpush/pollpush/internal/result"
	"github.com/pollpush/pollpush/internal/scenario"
	"github.com/pollpush/pollpush/internal/transport"
	"github.com/pollpush/pollpush/loadgen"
)

// Options is what a run needs beside its scenario.
type Options struct {
	Arm      // what [Run] measures
	Grid     scenario.Grid
	Loadgen  string            // path of the program
	TargetCA string            // certificates in PEM that a target of https is trusted by; "" means the system's
	NoLock   bool              // go on where the file system cannot lock Dir
	Resume   bool              // Dir holds such a run that was interrupted, which is gone on with
	Keep     map[string][]byte // files that are put into Dir before the first trial
	Profile  bool              // keep CPU and heap profiles of the servers' steady state; not of a target's
	Flags    []string          // that changed the scenario, to be named in the results
	Progress io.Writer
	Live     bool       // Progress is a terminal: one line, rewritten
	Width    func() int // of that terminal now, in columns; 0, or no function, is unknown
	Follow   func(News) // gets the news, and must not block; nil where nobody follows
	Page     *LivePage  // on which people follow it; nil without one
	// Calibration returns what this machine is known to add to a transport's trials
	// of a scenario, nil where that is not known; it goes with them.
	Calibration func(transport string, s scenario.Scenario) *result.Calibration
}

// Refusal is an environment or a target that does not allow the run; nothing
// has been dialled for load.
type Refusal struct{ Err error }

func (r *Refusal) Error() string { return r.Err.Error() }
func (r *Refusal) Unwrap() error { return r.Err }

func refuse(format string, args ...any) error { return &Refusal{fmt.Errorf(format, args...)} }

// runner is a run under way.
type runner struct {
	Options
	machine proc.Machine
	sizes   []size  // of the points
	limits  []limit // that the points would meet first, if they had more clients
	began   time.Time
	say     *progress
	left    time.Duration // planned for the trials after the one under way

	// The trial under way: of which run, what is asked for, and how many processes
	// it takes.
	run      string
	side     string // which arm it measures; empty where there is one
	Scenario scenario.Scenario
	size     size
	limit    limit
}

// Run runs all trials of the grid, in an order that spreads what changes in the
// course of a run over all of them, and returns them; of a run that is resumed,
// those before, too. When ctx is done it ends early: the trial under way is kept
// as partial. An error is a *[Refusal], or an *[Unwritten] of the trial that
// was the last.
func Run(ctx context.Context, o Options) ([]result.Trial, error) {
	all, err := run(ctx, o, []Arm{o.Arm})
	return all[0], err
}

// Interleave runs every trial against each arm, one after the other, the first
// one changing from trial to trial, so that what happens to the machine meanwhile
// happens to all arms. It returns each arm's trials, and fails as [Run] does.
func Interleave(ctx context.Context, o Options, arms []Arm) ([][]result.Trial, error) {
	return run(ctx, o, arms)
}

func run(ctx context.Context, o Options, arms []Arm) ([][]result.Trial, error) {
	arms, trials := slices.Clone(arms), make([][]result.Trial, len(arms))
	r := &runner{Options: o, machine: proc.ReadMachine(), began: time.Now(), say: &progress{w: o.Progress, live: o.Live, width: o.Width}}
	defer r.say.end()
	r.Grid.Points = slices.Clone(r.Grid.Points)
	if err := r.fit(ctx, arms); err != nil {
		return trials, err
	}
	names := make([]string, len(arms))
	for i, arm := range arms {
		release, err := occupy(arm.Dir, o.NoLock)
		if err != nil {
			return trials, err
		}
		defer release()
		names[i] = arm.name()
		if o.Resume {
			trials[i], err = reopen(arm.Dir, r.Grid, r.envOf(arm))
		} else {
			err = prepare(arm.Dir, o.Keep)
		}
		if err != nil {
			return trials, err
		}
		if len(trials[i]) > 0 {
			names[i] = trials[i][0].Run // its folder may have been moved since
		}
	}
	slots := schedule(r.Grid, len(arms))
	slots = slices.DeleteFunc(slots, func(s slot) bool { return attempts(trials[s.arm], r.Grid.Points[s.point], s) < 0 })
	for _, s := range slots {
		r.left += r.Grid.Points[s.point].Trial()
	}
	r.announce(slots, arms)
	r.tell(News{Begun: r.outline(slots)})
	for _, s := range slots {
		r.Arm, r.run = arms[s.arm], names[s.arm]
		if len(arms) > 1 {
			r.side = r.Arm.name()
		}
		r.Scenario, r.size, r.limit = r.Grid.Points[s.point], r.sizes[s.point], r.limits[s.point]
		r.left -= r.Scenario.Trial()
		for attempt := 1 + attempts(trials[s.arm], r.Scenario, s); ; attempt++ {
			t := r.trial(ctx, s.transport, s.trial, attempt)
			path := filepath.Join(r.Dir, result.FileName)
			if err := result.Append(path, &t); err != nil {
				return trials, &Unwritten{t, path, err}
			}
			trials[s.arm] = append(trials[s.arm], t)
			if ctx.Err() != nil {
				return trials, nil
			}
			if !r.repeats(&t) {
				break
			}
			r.say.line("%s: repeating", r.label(s.transport, s.trial)) // the line before says why
		}
	}
	return trials, nil
}

// fit sees that the machine can hold every point, and that targets can be
// loaded, before anything is.
func (r *runner) fit(ctx context.Context, arms []Arm) error {
	target := arms[0].Target
	for i, p := range r.Grid.Points {
		var z size
		var next limit
		for _, arm := range arms {
			var err error
			if z, next, err = fit(p, r.machine, arm.Target); err != nil {
				return err
			}
		}
		r.sizes, r.limits = append(r.sizes, z), append(r.limits, next)
		if d := p.Server.Freeze; d > 0 && target != "" {
			return refuse("the scenario stops the server for %v (server.freeze), but only pollpush's own chatserver can be stopped: omit the target, or use another scenario", d)
		}
		if target != "" {
			r.Grid.Points[i].TLS = strings.HasPrefix(target, "https:") // whatever the scenario would have of a server of ours
		}
	}
	roots, err := loadgen.Roots(r.TargetCA)
	if err != nil {
		return refuse("the certificates for the target: %w", err)
	}
	for i := range arms {
		if err := r.fitTarget(ctx, &arms[i], roots); err != nil && len(arms) > 1 {
			return fmt.Errorf("%s: %w", arms[i].name(), err)
		} else if err != nil {
			return err
		}
	}
	return nil
}

// announce says what is to be run, before it is.
func (r *runner) announce(slots []slot, arms []Arm) {
	if len(slots) == 0 {
		r.say.line("%s is complete: nothing to resume", r.Grid.Name)
		return
	}
	text := fmt.Sprintf("%s: %s", r.Grid.Name, quantity.Of(len(slots), "trial"))
	if r.Resume {
		text = fmt.Sprintf("%s: resuming, %s left", r.Grid.Name, quantity.Of(len(slots), "trial"))
	}
	if n := len(r.Grid.Points); n > 1 {
		text += fmt.Sprintf(" at %d points (%s)", n, strings.Join(r.Grid.Swept, ", "))
	}
	var dirs []string
	for _, arm := range arms {
		dirs = append(dirs, arm.Dir)
	}
	if q := r.machine.Limits.Quota; q > 0 {
		text += fmt.Sprintf(" within a CPU quota of %s of %s", quantity.Plain(q, 3), quantity.Of(r.machine.Cores, "core"))
	}
	r.say.line("%s, about %s, results in %s", text, r.left.Round(time.Second), strings.Join(dirs, " and "))
	largest := slices.MaxFunc(slots, func(a, b slot) int {
		return cmp.Compare(r.Grid.Points[a.point].Clients, r.Grid.Points[b.point].Clients)
	}).point
	if s, z, next := r.Grid.Points[largest], r.sizes[largest], r.limits[largest]; s.Clients >= many && next.clients > 0 {
		r.say.line("%d clients take %s and %s; more than about %s would exceed the %s", s.Clients,
			quantity.Of(z.shards, "load generator"), quantity.Of(z.servers, "server"), quantity.Plain(float64(next.clients), 2), next.what)
	}
}

// many clients are so many that it is of interest what stops more.
const many = 10_000

// disturbed reports whether noise alone makes a trial suspect, or lateness alone
// makes it invalid. What was lost or went wrong stays in the results: a trial is
// not repeated until it is clean.
func disturbed(t *result.Trial) bool {
	noisy, late := false, false
	for _, r := range t.Reasons {
		switch kind := r.Kind(); {
		case kind.Noise:
			noisy = true
		case kind.Hiccup:
			late = late || r.Validity == result.Invalid
		case !kind.Incidental:
			return false
		}
	}
	return noisy && t.Validity == result.Suspect || late && t.Validity == result.Invalid
}

// repeats reports whether a trial is run once more: never a second time, and only
// where that leaves time for all others.
func (r *runner) repeats(t *result.Trial) bool {
	return t.Attempt == 1 && disturbed(t) && time.Since(r.began)+r.left+r.Scenario.Trial() <= r.Scenario.TimeLimit
}

func (r *runner) label(transport string, n int) string {
	if at := r.Grid.Label(r.Scenario); at != "" {
		transport += ", " + at
	}
	if r.side != "" {
		transport = r.side + ", " + transport
	}
	return fmt.Sprintf("%s, trial %d of %d", transport, n, r.Scenario.Trials)
}

// trial runs one trial, whatever becomes of it.
func (r *runner) trial(ctx context.Context, name string, n, attempt int) result.Trial {
	s := r.Scenario
	t := planned(r.Grid, s, name, r.Flags)
	t.Run, t.Trial, t.Attempt, t.Asked.Shards, t.Asked.Servers = r.run, n, attempt, r.size.shards, r.size.servers
	t.Started, t.Status, t.Env = time.Now().UTC(), result.Complete, r.envOf(r.Arm)
	t.Reasons, t.Errors, t.Series = []result.Reason{}, map[string]int64{}, []result.Second{}
	t.Requests.ByStatus = map[string]int64{}
	if r.Calibration != nil {
		t.Calibration = r.Calibration(name, s)
	}
	err := fmt.Errorf("unknown transport %q", name)
	if _, ok := transport.Find(name); ok {
		err = r.measure(ctx, &t)
	}
	switch {
	case ctx.Err() != nil:
		t.Status = result.Partial
	case err != nil:
		t.Status = result.Failed
		t.Doubt(result.NotComplete, result.Invalid, "%v", err)
	}
	t.Judge()
	r.say.line("%s: %s", r.label(name, n), verdict(&t))
	if s.Clients >= many && t.Status == result.Complete {
		r.say.line("%s used %s", r.label(name, n), strain(&t, r.machine, r.limit))
	}
	r.tell(News{Ended: r.outcome(&t)})
	return t
}

// verdict says in a line how a trial went.
func verdict(t *result.Trial) string {
	text := string(t.Validity)
	if t.Status != result.Complete {
		text = string(t.Status)
	}
	for _, r := range t.Reasons {
		if r.Validity == t.Validity { // the others alone would not have made it so
			text += ": " + r.Text
			break
		}
	}
	if t.Latency != nil && t.Latency.P50 != nil && t.Status == result.Complete {
		twice := ""
		if t.Duplicated > 0 {
			twice = fmt.Sprintf(", %d duplicated", t.Duplicated)
		}
		text += fmt.Sprintf(" (%s, %d lost%s, half of them within %s)", quantity.Of(t.Delivered, "delivery"), t.Lost, twice, Latency(t.Latency.P50))
	}
	return text
}

// Env is where trials run: this machine, undisturbed.
func Env() result.Env { return env(proc.ReadMachine()) }

func env(m proc.Machine) result.Env {
	return result.Env{
		Go: runtime.Version(), OS: runtime.GOOS + "/" + runtime.GOARCH, Kernel: m.Kernel, CPUModel: m.CPUModel,
		Cores: m.Cores, MemoryBytes: m.MemoryBytes, NoFile: m.NoFile,
		CPUQuota: m.Limits.Quota, MemoryLimitBytes: m.Limits.MemoryBytes,
	}
}

func (r *runner) envOf(a Arm) result.Env {
	e := env(r.machine)
	e.Commit, e.Target = a.Commit, a.Target
	if a.Start != nil {
		e.Command = a.Start.Command
	}
	if e.CPUQuota > 0 { // which what pollpush starts inherits
		e.QuotaShared = a.Target == "" || a.Start != nil || a.TargetPID != 0 && r.machine.Limits.SharesQuota(proc.ReadLimits(a.TargetPID))
	}
	return e
}

// nonce makes a word that distinguishes a trial's messages and rooms from all others.
func nonce() string { return strings.ToLower(rand.Text()[:6]) }
