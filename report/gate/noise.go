package gate

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/pollpush/pollpush/internal/file"
	"github.com/pollpush/pollpush/internal/result"
	"github.com/pollpush/pollpush/internal/stat"
	"github.com/pollpush/pollpush/report/internal/number"
	"github.com/pollpush/pollpush/report/internal/trials"
)

// NoiseFile is the name of what is known of machines' noise, beside a base's
// results.
const NoiseFile = "noise.json"

// noiseSchema is the version of the file format.
const noiseSchema = 1

// mostNoise bounds a relative change that is learnt: no limit can be higher.
const mostNoise = 10

// mostAlike bounds how many comparisons are kept of one machine and scenario:
// the latest.
const mostAlike = 50

// Noise is how far runs of one commit differ, by machine: what no limit can go
// below. A nil one knows nothing.
type Noise struct {
	Schema int     `json:"schema"`
	Alike  []Alike `json:"alike"` // in the order in which they were learnt
}

// Alike is what two runs of one commit differ by at one point.
type Alike struct {
	Machine      string               `json:"machine"`
	ScenarioHash string               `json:"scenario_hash"`
	Commit       string               `json:"commit"`
	Started      [2]time.Time         `json:"started"` // when the runs were
	Transports   map[string]Disparity `json:"transports"`
}

// Disparity is one transport's part in it.
type Disparity struct {
	Trials  [2]int             `json:"trials"`
	Changes map[string]float64 `json:"changes"` // of the medians, relative and absolute, by metric
}

// floor is how far a metric is known to differ between runs of one commit, as a
// share: the largest difference seen, or from 20 on their 95th percentile. Runs
// of more trials than the one at hand are calmer and say nothing about it. It is
// 0 where nothing is known.
func (n *Noise) floor(machine, hash, transport, id string, list int) float64 {
	if n == nil {
		return 0
	}
	var seen []float64
	for i := range n.Alike {
		a := &n.Alike[i]
		d, ok := a.Transports[transport]
		if change, told := d.Changes[id]; ok && told && a.Machine == machine && a.ScenarioHash == hash && min(d.Trials[0], d.Trials[1]) <= list {
			seen = append(seen, change)
		}
	}
	if len(seen) == 0 {
		return 0
	}
	slices.Sort(seen)
	if len(seen) < 20 {
		return seen[len(seen)-1]
	}
	return seen[int(math.Ceil(0.95*float64(len(seen))))-1]
}

// Learn takes in what two runs differ by. They must be valid runs of one commit,
// with nothing uncommitted in it, of one machine and of the same points, with
// [FewestToCompare] trials or more, and must not be one and the same, or known
// already. What is counted has no noise, and is not learnt.
func (n *Noise) Learn(base, next []result.Trial) error {
	b, err := measuredOf("base", base, false)
	if err != nil {
		return err
	}
	m, err := measuredOf("new run", next, false)
	if err != nil {
		return err
	}
	if err := alike(b, m); err != nil {
		return fmt.Errorf("report: noise is learnt from two runs that should not differ: %w", err)
	}
	c, err := Compare(base, next, CompareOptions{})
	if err != nil {
		return err
	}
	started := [2]time.Time{b.started(), m.started()}
	if n.knows(started) {
		return errors.New("report: noise: these two runs have been learnt from already")
	}
	for i := range b.points {
		hash := b.points[i].Head.ScenarioHash
		a := Alike{b.machine, hash, b.commits()[0], started, map[string]Disparity{}}
		for j := range c.Changes {
			ch := &c.Changes[j]
			share := math.Abs(ch.Relative())
			if ch.hash == hash && ch.tested() && !math.IsInf(share, 0) && !math.IsNaN(share) {
				d := a.Transports[ch.Transport]
				if d.Changes == nil {
					d = Disparity{[2]int{len(b.points[i].chosen[ch.Transport].trials), len(m.find(hash).chosen[ch.Transport].trials)}, map[string]float64{}}
				}
				d.Changes[ch.ID] = min(share, mostNoise)
				a.Transports[ch.Transport] = d
			}
		}
		n.add(a)
	}
	return nil
}

// add keeps the latest of one machine and point.
func (n *Noise) add(a Alike) {
	n.Schema = noiseSchema
	n.Alike = append(n.Alike, a)
	same := func(o Alike) bool { return o.Machine == a.Machine && o.ScenarioHash == a.ScenarioHash }
	kept := 0
	for _, o := range n.Alike {
		if same(o) {
			kept++
		}
	}
	if kept > mostAlike {
		n.Alike = slices.Delete(n.Alike, slices.IndexFunc(n.Alike, same), slices.IndexFunc(n.Alike, same)+1)
	}
}

func (n *Noise) knows(started [2]time.Time) bool {
	return slices.ContainsFunc(n.Alike, func(a Alike) bool {
		return a.Started[0].Equal(started[0]) && a.Started[1].Equal(started[1]) || a.Started[0].Equal(started[1]) && a.Started[1].Equal(started[0])
	})
}

// started is when the run's first trial that enters began.
func (m *measured) started() time.Time {
	var first time.Time
	m.each(func(_ *contested, t *result.Trial) {
		if first.IsZero() || t.Started.Before(first) {
			first = t.Started
		}
	})
	return first
}

// alike is nil where two runs can differ by chance alone.
func alike(b, n *measured) error {
	commits := append(b.commits(), n.commits()...)
	slices.Sort(commits)
	commits = slices.Compact(commits)
	missing := slices.ContainsFunc(b.points, func(p contested) bool {
		q := n.find(p.Head.ScenarioHash)
		return q == nil || len(q.chosen) != len(p.chosen) || slices.ContainsFunc(p.Sides, func(s trials.Side) bool { return q.chosen[s.Transport] == nil })
	})
	fewest, _ := b.trials()
	fewestNew, _ := n.trials()
	switch {
	case len(commits) > 1:
		return fmt.Errorf("they are of the commits %s; run both of one commit", strings.Join(commits, " and "))
	case commits[0] == "" || commits[0] == "unknown" || strings.HasSuffix(commits[0], "-dirty"):
		return fmt.Errorf("their commit is %q, which does not say what was run; commit first", commits[0])
	case b.machine == "" || b.machine != n.machine:
		return fmt.Errorf("they are not of one machine (%s; %s); run both on one", b.machines(), n.machines())
	case b.profiled || n.profiled:
		return errors.New("one of them kept profiles, which costs the server CPU; run both without")
	case missing || len(b.points) != len(n.points):
		return fmt.Errorf("they are not of the same points and transports: the base is of %s, the new run of %s", b.hashes(), n.hashes())
	case b.started().Equal(n.started()):
		return errors.New("they are one and the same run; make another one")
	case min(fewest, fewestNew) < FewestToCompare:
		return fmt.Errorf("it takes %d trials of each transport to tell times, and they have %d and %d: run both with --trials %d", FewestToCompare, fewest, fewestNew, stat.FewestForInterval)
	}
	if list := append(b.suspects(), n.suspects()...); len(list) > 0 {
		return fmt.Errorf("not all of their trials are valid (%s): what disturbed them would be taken for the machine's noise; run again", strings.Join(list, ", "))
	}
	return nil
}

// maxNoise bounds a file: far more than comparisons of all scenarios need.
const maxNoise = 64 << 20

// ReadNoise reads what is known of machines' noise; where there is no file, it
// is nothing. The error says what is wrong with a file, and what to do.
func ReadNoise(path string) (*Noise, error) {
	text, err := file.Read(path, maxNoise)
	if errors.Is(err, fs.ErrNotExist) {
		return &Noise{Schema: noiseSchema}, nil
	}
	var n *Noise
	if err == nil {
		n, err = parseNoise(text)
	}
	if err != nil {
		return nil, fmt.Errorf("noise %s: %w", path, file.Cause(err))
	}
	return n, nil
}

func parseNoise(text []byte) (*Noise, error) {
	const remedy = "delete it, and learn again by `pollpush compare BASE NEW --learn`"
	if err := file.CheckSchema(text, noiseSchema, "noise file", remedy); err != nil {
		return nil, err
	}
	var n Noise
	if err := file.Decode(text, &n); err != nil {
		return nil, fmt.Errorf("is not what pollpush writes (%w); %s", err, remedy)
	}
	for i := range n.Alike {
		if err := n.Alike[i].check(); err != nil {
			return nil, fmt.Errorf("comparison %d: %w; %s", i+1, err, remedy)
		}
	}
	return &n, nil
}

// check holds what was learnt against what must be true of it.
func (a *Alike) check() error {
	if a.Machine == "" || a.ScenarioHash == "" {
		return errors.New("it does not say of which machine and scenario it is")
	}
	for name, d := range a.Transports {
		if d.Trials[0] < 1 || d.Trials[1] < 1 {
			return fmt.Errorf("%s has no trials", number.Clean(name))
		}
		for id, share := range d.Changes {
			if !(share >= 0 && share <= mostNoise) {
				return fmt.Errorf("%s: %s changed by %v: 0 to %d is possible", number.Clean(name), number.Clean(id), share, mostNoise)
			}
		}
	}
	return nil
}

// Write writes all of it to path, or the file is as it was.
func (n *Noise) Write(path string) error {
	text, err := json.MarshalIndent(n, "", " ")
	if err != nil {
		return fmt.Errorf("noise: %w", err)
	}
	return file.Replace(path, append(text, '\n'))
}
