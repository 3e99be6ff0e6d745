package compare

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/pollpush/pollpush/internal/result"
	"github.com/pollpush/pollpush/internal/stat"
	"github.com/pollpush/pollpush/report/internal/noise"
	"github.com/pollpush/pollpush/report/internal/number"
)

// Learn adds what two runs differ by to what is known of noise. They must be valid
// runs of one commit, with nothing uncommitted in it, of one machine and of the
// same points, with [FewestTrials] or more, and must not be one and the same, or
// known already. What is counted has no noise, and is not learnt.
func Learn(known *noise.Noise, base, next []result.Trial) error {
	b, n, err := readBoth(base, next, false)
	if err != nil {
		return err
	}
	if err := alike(b, n); err != nil {
		return fmt.Errorf("noise can only be learned from two runs that should not differ: %w", err)
	}
	c, err := compare(b, n, Options{})
	if err != nil {
		return err
	}
	started := [2]time.Time{b.started, n.started}
	if known.Knows(started) {
		return errors.New("noise: these two runs were already learned from")
	}
	for _, p := range b.Points {
		a := noise.Alike{Machine: b.Machine, ScenarioHash: p.Head.ScenarioHash, Commit: b.Commits[0], Started: started, Transports: map[string]noise.Disparity{}}
		for i := range c.Changes {
			if ch := &c.Changes[i]; ch.hash == a.ScenarioHash && ch.Tested() {
				a.Take(ch.Transport, [2]int{ch.Base.Trials, ch.New.Trials}, ch.ID, ch.Relative())
			}
		}
		known.Add(a)
	}
	return nil
}

// alike is nil where two runs can differ by chance alone.
func alike(b, n *Run) error {
	commits := number.Unique(slices.Concat(b.Commits, n.Commits))
	slices.Sort(commits)
	_, missing, fresh := match(b.Set, n.Set)
	switch {
	case len(commits) > 1:
		return fmt.Errorf("their commits differ (%s); run both at one commit", strings.Join(commits, " and "))
	case commits[0] == "" || commits[0] == "unknown" || strings.HasSuffix(commits[0], "-dirty"):
		return fmt.Errorf("their commit is %q, which does not say what was run; commit first", commits[0])
	case b.Machine == "" || b.Machine != n.Machine:
		return fmt.Errorf("they are not of one machine (%s; %s); run both on one", strings.Join(b.Machines, " and "), strings.Join(n.Machines, " and "))
	case b.Profiled || n.Profiled:
		return errors.New("one of them kept profiles, which costs the server CPU; run both without")
	case len(missing)+len(fresh) > 0:
		return fmt.Errorf("they are not of the same points and transports: the base is of %s, the new run of %s", hashes(b.Points...), hashes(n.Points...))
	case b.started.Equal(n.started):
		return errors.New("they are the same run; make another one")
	case min(b.Fewest, n.Fewest) < FewestTrials:
		return fmt.Errorf("comparing times needs %d trials of each transport, and they have %d and %d: run both with --trials %d", FewestTrials, b.Fewest, n.Fewest, stat.FewestForInterval)
	}
	if list := slices.Concat(b.Suspects, n.Suspects); len(list) > 0 {
		return fmt.Errorf("not all of their trials are valid (%s): what disturbed them would be taken for the machine's noise; run again", strings.Join(list, ", "))
	}
	return nil
}
