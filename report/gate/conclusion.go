package gate

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/pollpush/pollpush/report/internal/compare"
	"github.com/pollpush/pollpush/report/internal/metric"
	"github.com/pollpush/pollpush/report/internal/number"
)

// gaps are why rows are untested, in words. Where named, the rows are named even
// where all have that gap.
var gaps = [...]struct {
	words string
	named bool
}{
	compare.CountsOnly:   {words: "counts only"},
	compare.FewTrials:    {words: "needs %d trials per side; here %d and %d"},
	compare.OtherMachine: {words: "the runs are from different machines"},
	compare.ProfiledOne:  {words: "one of the runs kept profiles"},
	compare.NotInBase:    {words: "not in the base", named: true},
	compare.NotInNew:     {words: "not in the new run", named: true},
	compare.BelowNoise:   {words: "the limit is below this machine's noise"},
	compare.Alone:        {words: "needs %d trials per side for one row alone"},
}

// why is the gap in words, for the rows that have it.
func (c *Comparison) why(g compare.Gap, rows ...row) string {
	words := gaps[g].words
	switch g {
	case compare.FewTrials:
		base, now := 0, 0
		for _, r := range rows {
			base, now = max(base, r.Base.N), max(now, r.New.N)
		}
		return fmt.Sprintf(words, FewestTrials, base, now)
	case compare.Alone:
		i := slices.IndexFunc(c.Families, func(f compare.Family) bool { return f.Gates == rows[0].Gates })
		return fmt.Sprintf(words, c.Families[i].Trials)
	}
	return words
}

// conclusion is the comparison in a few words: what was found, and what was not
// tested.
func (c *Comparison) conclusion() string {
	gaps, timeless := c.untested()
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
	if n := len(c.Base.Suspects) + len(c.New.Suspects); n > 0 {
		gaps = append(gaps, fmt.Sprintf("Suspect: %d of %s", n, number.Plural(float64(c.Base.Trials+c.New.Trials), "trial")))
	}
	return strings.Join(append([]string{s}, gaps...), ". ") + "."
}

// untested says what was not tested, and whether that is all times.
func (c *Comparison) untested() (out []string, timeless bool) {
	add := func(format string, args ...any) { out = append(out, fmt.Sprintf(format, args...)) }
	times, all := c.ofKind(metric.Timing)
	timeless = c.Timing != compare.None || len(times) == len(all)
	switch {
	case c.Timing != compare.None:
		add("Times: not tested (%s)", c.why(c.Timing))
	case len(all) == 0:
		add("Times: not measured")
	case timeless:
		add("Times: not tested (%s)", c.reasons(times, true))
	case len(times) > 0:
		add("Times: %d of %s not tested (%s)", len(times), number.Plural(float64(len(all)), "row"), c.reasons(times, false))
	}
	counts, all := c.ofKind(metric.Exact)
	of := number.Plural(float64(len(all)), "row")
	if len(counts) > 0 {
		add("Counts: %d of %s not tested (%s)", len(counts), of, c.reasons(counts, false))
	}
	if loose := slices.DeleteFunc(all, func(r row) bool { return r.Verdict != compare.Same || r.Edges <= r.Limit }); len(loose) > 0 {
		slices.SortStableFunc(loose, func(a, b row) int { return cmp.Compare(b.Limit+b.Edges, a.Limit+a.Edges) })
		add("Counts: %d of %s tested only beyond a limit that the window's edges widen (%s)", len(loose), of,
			some(loose, func(r row) string { return r.Where() + " " + r.ID + " " + number.Percent(r.Limit+r.Edges) }))
	}
	if doubts := slices.Concat(c.Base.Doubts, c.New.Doubts); len(doubts) > 0 {
		add("Counts: doubted (%s)", some(doubts, func(d compare.Doubt) string { return d.Run + ", " + d.Where() + ": " + d.Reason }))
	}
	costed := slices.ContainsFunc(c.rows(), func(r row) bool { return !slices.Contains(c.Costless, r.Place) })
	switch {
	case len(c.Costless) == 0 || c.Timing == compare.CountsOnly:
	case costed:
		add("Server cost: not measured (%s)", some(c.Costless, compare.Place.Where))
	default:
		add("Server cost: not measured")
	}
	for _, p := range c.Fresh {
		add("Not compared: %s", fresh(p))
	}
	return out, timeless
}

// ofKind are the rows of a kind that were not tested, and all of them.
func (c *Comparison) ofKind(k metric.Kind) (untested, all []row) {
	for _, r := range c.rows() {
		if r.Metric.Kind != k {
			continue
		}
		if all = append(all, r); r.Verdict == compare.Untested {
			untested = append(untested, r)
		}
	}
	return untested, all
}

// reasons are why rows were not tested, with the rows' names where those are
// not clear.
func (c *Comparison) reasons(rows []row, everything bool) string {
	byGap := map[compare.Gap][]row{}
	for _, r := range rows {
		byGap[r.Gap] = append(byGap[r.Gap], r)
	}
	var out []string
	for g := compare.None; int(g) < len(gaps); g++ {
		if len(byGap[g]) == 0 {
			continue
		}
		text := c.why(g, byGap[g]...)
		if !everything || gaps[g].named {
			text += ": " + names(byGap[g])
		}
		out = append(out, text)
	}
	return strings.Join(out, "; ")
}

// names are the rows', for programs.
func names(rows []row) string {
	return some(rows, func(r row) string { return r.Where() + " " + r.ID })
}

// some are the first of a list, and how many more there are.
func some[T any](list []T, say func(T) string) string {
	const most = 4
	out := said(list, say)
	if len(out) <= most+1 {
		return strings.Join(out, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(out[:most], ", "), len(out)-most)
}
