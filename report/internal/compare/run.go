package compare

import (
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/pollpush/pollpush/internal/result"
	"github.com/pollpush/pollpush/internal/stat"
	"github.com/pollpush/pollpush/report/internal/number"
	"github.com/pollpush/pollpush/report/internal/trials"
)

// Run is one of the runs that are compared. All chosen trials of its sides enter.
type Run struct {
	*trials.Set
	Name     string // "base" or "new run"
	Machine  string // its fingerprint; empty where the trials are of several
	Profiled bool   // the server kept profiles, which cost it CPU
}

func readBoth(base, next []result.Trial, countsOnly bool) (b, n *Run, err error) {
	if b, err = read("base", base, countsOnly); err != nil {
		return nil, nil, err
	}
	n, err = read("new run", next, countsOnly)
	return b, n, err
}

// read sorts a run's trials. It refuses a run of which any may not be compared, or
// is missing.
func read(name string, list []result.Trial, countsOnly bool) (*Run, error) {
	set, err := trials.NewSet(list)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	for _, p := range set.Points {
		for _, transport := range p.Transports() {
			if err := admit(p.Side(transport), p.TrialsAsked(), countsOnly); err != nil {
				return nil, fmt.Errorf("%s: %s %w", name, trials.At(transport, p.Label), err)
			}
		}
	}
	if missing := set.PointsMissing(); missing != "" {
		return nil, fmt.Errorf("%s: %s: %s", name, missing, trials.IsPartial)
	}
	r := &Run{Set: set, Name: name}
	machines := map[string]bool{}
	for _, t := range r.each() {
		if slices.ContainsFunc(t.Reasons, func(r result.Reason) bool { return r.Kind().Cost }) {
			t.Server = nil // it is hardly the server's
		}
		r.Profiled = r.Profiled || t.Profiles != nil
		r.Machine = t.Env.Machine()
		machines[r.Machine] = true
	}
	if len(machines) > 1 {
		r.Machine = ""
	}
	return r, nil
}

// each are all trials that enter.
func (r *Run) each() iter.Seq2[Place, *result.Trial] {
	return func(yield func(Place, *result.Trial) bool) {
		for _, p := range r.Points {
			for i := range p.Sides {
				s := &p.Sides[i]
				for j := range s.Chosen {
					if !yield(Place{p.Label, s.Transport}, &s.Chosen[j]) {
						return
					}
				}
			}
		}
	}
}

// unique is what the trials that enter say, each once.
func (r *Run) unique(say func(*result.Trial) string) (out []string) {
	for _, t := range r.each() {
		out = append(out, say(t))
	}
	return number.Unique(out)
}

// Limits are the scenario's own.
func (r *Run) Limits() map[string]float64 { return r.Points[0].Head.Limits }

// Title names what was run.
func (r *Run) Title() string {
	if len(r.Swept) == 0 {
		return r.Points[0].Title()
	}
	return fmt.Sprintf("%s: %s, by %s", number.Or(r.Points[0].Head.Scenario, "unnamed scenario"), number.Plural(float64(len(r.Points)), "point"), strings.Join(r.Swept, ", "))
}

// Origin says by what the run was made, and how large it is.
func (r *Run) Origin() string {
	fewest, most := r.trials()
	list := number.Plural(float64(most), "trial")
	if fewest < most {
		list = fmt.Sprintf("%d to %s", fewest, list)
	}
	return fmt.Sprintf("%s, pollpush %s, %s of each transport", number.Or(r.Points[0].Head.Run, "unnamed"), number.Or(strings.Join(r.commits(), " and "), "unknown"), list)
}

// trials are the fewest and the most of any transport at any point.
func (r *Run) trials() (fewest, most int) {
	var counts []float64
	for _, p := range r.Points {
		for i := range p.Sides {
			counts = append(counts, float64(len(p.Sides[i].Chosen)))
		}
	}
	low, high := stat.Range(counts)
	return int(low), int(high)
}

// commits are those that the trials were made by.
func (r *Run) commits() []string {
	return r.unique(func(t *result.Trial) string { return t.Env.Commit })
}

// Machines are those of the trials.
func (r *Run) Machines() string {
	return strings.Join(r.unique(func(t *result.Trial) string {
		e := t.Env
		s := fmt.Sprintf("%s, %s, %s", trials.Processor(e), number.Or(e.Kernel, "unknown kernel"), number.Or(e.Go, "unknown Go"))
		if e.MemoryLimitBytes > 0 {
			s += ", " + trials.MemoryOf(e)
		}
		return s
	}), " and ")
}

// Suspects names the trials that enter and are not valid.
func (r *Run) Suspects() (out []string) {
	for place, t := range r.each() {
		if t.Validity != result.Valid {
			out = append(out, fmt.Sprintf("%s trial %d", place.Where(), t.Trial))
		}
	}
	return out
}

// Trials is how many enter.
func (r *Run) Trials() (n int) {
	for range r.each() {
		n++
	}
	return n
}

// started is when the first trial that enters began.
func (r *Run) started() (first time.Time) {
	for _, t := range r.each() {
		if first.IsZero() || t.Started.Before(first) {
			first = t.Started
		}
	}
	return first
}

// Doubt is why what a run counted may be no more than what a fault brought about.
type Doubt struct {
	Place
	Run    string
	Reason string
}

// doubts are the first of each place.
func (r *Run) doubts() (list []Doubt) {
	for place, t := range r.each() {
		i := slices.IndexFunc(t.Reasons, func(why result.Reason) bool {
			kind := why.Kind()
			return why.Validity == result.Suspect && !kind.Timing && !kind.Cost
		})
		if i >= 0 && (len(list) == 0 || list[len(list)-1].Place != place) {
			list = append(list, Doubt{place, r.Name, t.Reasons[i].Text})
		}
	}
	return list
}
