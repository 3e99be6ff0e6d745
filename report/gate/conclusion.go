package gate

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/pollpush/pollpush/report/internal/metric"
	"github.com/pollpush/pollpush/report/internal/number"
	"github.com/pollpush/pollpush/report/internal/trials"
)

// gap is why a row was not tested.
type gap int

const (
	none gap = iota
	countsOnly
	fewTrials
	otherMachine
	profiledOne
	notInBase
	notInNew
	belowNoise // the limit is below what runs of one commit differ by
	alone      // so far apart that more trials could prove it, but these cannot
)

func (c *Change) untested(why gap) { c.Verdict, c.gap = Untested, why }

// why is the gap in words, for the rows that have it.
func (c *Comparison) why(g gap, rows []*Change) string {
	base, now := 0, 0
	for _, ch := range rows {
		base, now = max(base, ch.Base.N), max(now, ch.New.N)
	}
	switch g {
	case countsOnly:
		return "counts only"
	case fewTrials:
		return fmt.Sprintf("needs %d trials per side; here %d and %d", FewestToCompare, base, now)
	case otherMachine:
		return "the runs are not of one machine"
	case profiledOne:
		return "one of the runs kept profiles"
	case notInBase:
		return "not in the base"
	case notInNew:
		return "not in the new run"
	case belowNoise:
		return "the limit is below this machine's noise"
	}
	tested := slices.DeleteFunc(slices.Clone(c.Changes), func(ch Change) bool { return !ch.tested() || ch.Gates != rows[0].Gates })
	return fmt.Sprintf("needs %d trials per side for one row alone", trialsAlone(len(tested)))
}

// conclusion is the comparison in a few words: what was found, and what was not
// tested.
func (c *Comparison) conclusion() string {
	gaps, timeless := c.gaps()
	s := "No regression"
	switch n := len(c.Regressions()); {
	case n > 0:
		s = "REGRESSION: " + number.Plural(float64(n), "finding")
	case timeless:
		s = "Counts: no regression"
	case len(gaps) > 0:
		s = "No regression in what was tested"
	}
	if n := len(c.Warnings()); n > 0 {
		s += ", " + number.Plural(float64(n), "warning")
	}
	if c.suspects > 0 {
		gaps = append(gaps, fmt.Sprintf("Suspect: %d of %s.", c.suspects, number.Plural(float64(c.trials), "trial")))
	}
	return strings.Join(append([]string{s + "."}, gaps...), " ")
}

// gaps say what was not tested, and whether that is all times.
func (c *Comparison) gaps() (out []string, timeless bool) {
	times, all := c.gapsOf(metric.Timing)
	timeless = c.timing != none || len(times) == len(all)
	switch {
	case c.timing != none:
		out = append(out, fmt.Sprintf("Times: not tested (%s).", c.why(c.timing, nil)))
	case len(all) == 0:
		out = append(out, "Times: not measured.")
	case timeless:
		out = append(out, fmt.Sprintf("Times: not tested (%s).", c.reasons(times, true)))
	case len(times) > 0:
		out = append(out, fmt.Sprintf("Times: %d of %s not tested (%s).", len(times), number.Plural(float64(len(all)), "row"), c.reasons(times, false)))
	}
	if counts, all := c.gapsOf(metric.Exact); len(counts) > 0 {
		out = append(out, fmt.Sprintf("Counts: %d of %s not tested (%s).", len(counts), number.Plural(float64(len(all)), "row"), c.reasons(counts, false)))
	}
	if loose, all := c.loose(); len(loose) > 0 {
		most := slices.MaxFunc(loose, func(a, b *Change) int { return cmp.Compare(a.Limit+a.Edges, b.Limit+b.Edges) })
		out = append(out, fmt.Sprintf("Counts: %d of %s tested only beyond %s (%s).", len(loose), number.Plural(float64(all), "row"), number.Percent(most.Limit+most.Edges), names(loose)))
	}
	if len(c.doubted) > 0 {
		out = append(out, fmt.Sprintf("Counts: doubted (%s).", some(c.doubted)))
	}
	if len(c.costless) > 0 && c.timing != countsOnly {
		text := "Server cost: not measured"
		if slices.ContainsFunc(c.Changes, func(ch Change) bool { return !slices.Contains(c.costless, trials.At(ch.Transport, ch.Point)) }) {
			text += fmt.Sprintf(" (%s)", some(c.costless))
		}
		out = append(out, text+".")
	}
	for _, m := range c.Fresh {
		out = append(out, "Not compared: "+m.fresh()+".")
	}
	return out, timeless
}

// gapsOf are the rows of a kind that were not tested, and all of them.
func (c *Comparison) gapsOf(k metric.Kind) (untested, all []*Change) {
	for i := range c.Changes {
		ch := &c.Changes[i]
		if ch.metric.Kind != k {
			continue
		}
		if all = append(all, ch); ch.Verdict == Untested {
			untested = append(untested, ch)
		}
	}
	return untested, all
}

// reasons are why rows were not tested, with the rows' names where those are
// not clear.
func (c *Comparison) reasons(rows []*Change, everything bool) string {
	byGap := map[gap][]*Change{}
	for _, ch := range rows {
		byGap[ch.gap] = append(byGap[ch.gap], ch)
	}
	var out []string
	for g := none; g <= alone; g++ {
		of := byGap[g]
		if len(of) == 0 {
			continue
		}
		text := c.why(g, of)
		if !everything || g == notInBase || g == notInNew {
			text += ": " + names(of)
		}
		out = append(out, text)
	}
	return strings.Join(out, "; ")
}

// loose are the counts found within a limit of which the edges of the window make
// up more than half, and how many counts there are.
func (c *Comparison) loose() (loose []*Change, of int) {
	_, all := c.gapsOf(metric.Exact)
	for _, ch := range all {
		if ch.Verdict == Same && ch.Edges > ch.Limit {
			loose = append(loose, ch)
		}
	}
	return loose, len(all)
}

// names are the rows', for programs.
func names(rows []*Change) string {
	var out []string
	for _, ch := range rows {
		out = append(out, trials.At(ch.Transport, ch.Point)+" "+ch.ID)
	}
	return some(out)
}

// some are the first of a list, and how many more there are.
func some(list []string) string {
	const most = 4
	if len(list) <= most+1 {
		return strings.Join(list, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(list[:most], ", "), len(list)-most)
}
