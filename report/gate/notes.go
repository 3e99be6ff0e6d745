package gate

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/pollpush/pollpush/report/internal/compare"
	"github.com/pollpush/pollpush/report/internal/number"
)

// missing says what the new run lacks.
func missing(p compare.Place) string { return p.Where() + ": the new run has no trial " + ofIt(p) }

// fresh says what the base lacks.
func fresh(p compare.Place) string { return p.Where() + " is new: the base has no trial " + ofIt(p) }

func ofIt(p compare.Place) string {
	if p.Transport == "" {
		return "at this point"
	}
	return "of it"
}

// faults is a headline of what was lost or repeated.
func faults(f compare.Faults) string {
	runs := slices.DeleteFunc([]string{fault(f.Base, "base"), fault(f.New, "new run")}, func(s string) bool { return s == "" })
	return f.Where() + ": " + strings.Join(runs, "; ")
}

// fault is empty where the run has none.
func fault(f compare.Fault, run string) string {
	var parts []string
	if f.Lost > 0 {
		parts = append(parts, fmt.Sprintf("%s of %s lost", number.Count.Format(float64(f.Lost)), number.Plural(float64(f.Expected), "delivery")))
	}
	if f.Repeated > 0 {
		parts = append(parts, fmt.Sprintf("%s of %s repeated", number.Count.Format(float64(f.Repeated)), number.Plural(float64(f.Expected), "delivery")))
	}
	if len(parts) == 0 {
		return ""
	}
	return number.Join(parts) + " in the " + run
}

// notes are what limits the comparison, in sentences.
func (c *Comparison) notes() (out []string) {
	add := func(when bool, format string, args ...any) {
		if when {
			out = append(out, fmt.Sprintf(format, args...))
		}
	}
	b, n := c.Base, c.New
	timed := c.Timing != compare.CountsOnly
	add(timed && b.Profiled != n.Profiled, "Only one of the runs kept profiles, which costs the server CPU: times, CPU and memory warn and do not gate.")
	add(c.Timing == compare.OtherMachine, "The runs are from different machines (%s; %s): times, CPU and memory warn and do not gate.", strings.Join(b.Machines, " and "), strings.Join(n.Machines, " and "))
	for _, f := range c.Faults {
		add(true, "%s: no other number counts as better, because a run that lost or repeated deliveries wins no comparison.", f.Where())
	}
	for _, f := range c.Families {
		out = append(out, correction(f))
	}
	add(!maps.Equal(b.Limits(), n.Limits()), "The runs have different limits: those of the new run apply.")
	add(len(c.Rearming) > 0, "For %s, whose clients ask again as soon as they are answered, requests and bytes per delivery depend on the round trip: they are compared as times.", number.Join(number.Unique(c.Rearming)))
	add(len(c.Renewing) > 0, "Clients of %s opened new connections to replace ended ones. How many are open then depends on timing, so connections per client is compared as a time.", number.Join(number.Unique(c.Renewing)))
	for _, run := range []*compare.Run{b, n} {
		suspects := run.Suspects
		add(len(suspects) > 0, "Suspect trials of the %s are included: %s. Its report says why.", run.Name, strings.Join(suspects, ", "))
	}
	for _, h := range c.Headers {
		add(!h.Explains, "%s.", header(h))
	}
	for _, h := range c.Headless {
		add(h.InBase, "%s: the base was made by an older pollpush and has no response headers, so none can be named: record it again.", h.Where())
		add(!h.InBase, "%s: the new run has no response headers, so none can be named: measure it with the pollpush that measured the base.", h.Where())
	}
	add(slices.ContainsFunc(c.rows(), func(r row) bool { return r.Edges >= leastEdge }), "In a limit such as 2+0.5 %%, the second part is what can fall on either side of the window's edges, given how late the trials were.")
	add(slices.ContainsFunc(c.rows(), func(r row) bool { return r.Verdict == compare.Same }), "~ means within the limit, or not significant. Times include what depends on them: bandwidth, stale share, empty polls.")
	untestable := said(c.rows(), row.untestable)
	add(len(untestable) > 0, "Untestable, because runs of one commit on this machine differ by more than the limit: %s.", strings.Join(untestable, "; "))
	return out
}

// correction says how many comparisons were corrected for, and what trials as few
// as these cannot show after that.
func correction(f compare.Family) string {
	what := "times, CPU and memory"
	if !f.Gates {
		what += " that only warn"
	}
	note := fmt.Sprintf("%s of %s: a change counts only if it is significant after the Benjamini–Hochberg correction for their number, at %s. If nothing changed, the chance of any false alarm is at most that.",
		number.Plural(float64(f.Rows), "comparison"), what, number.Percent(compare.FalseShare))
	if f.Together > 1 {
		note += fmt.Sprintf(" With so few trials, %d of them must change together; %d trials per side can show one alone.", f.Together, f.Trials)
	}
	return note
}

// header says what has changed of one.
func header(h compare.Header) string {
	name := "header " + number.Clean(h.Name)
	if h.Name == "" {
		name = "status line"
	}
	text := ""
	switch was, is := size(h.Was), size(h.Is); {
	case h.Was.Trials == 0:
		text = fmt.Sprintf("responses have a new %s of %s", name, is)
	case h.Is.Trials == 0:
		text = fmt.Sprintf("responses no longer have the %s of %s", name, was)
	case h.Is.Low > h.Was.High:
		text = fmt.Sprintf("the %s of responses grew from %s to %s", name, was, is)
	default:
		text = fmt.Sprintf("the %s of responses shrank from %s to %s", name, was, is)
	}
	return h.Where() + ": " + text
}

func size(s compare.Size) string {
	high := number.Plural(float64(s.High), "byte")
	if s.Low == s.High {
		return high
	}
	return fmt.Sprintf("%d to %s", s.Low, high)
}
