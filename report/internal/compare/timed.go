package compare

import (
	"math"

	"github.com/pollpush/pollpush/internal/stat"
	"github.com/pollpush/pollpush/report/internal/metric"
)

// FewestTrials is how many trials of each run it takes to tell times apart: three
// of each are separate by chance in 1 of 10 cases, four in 1 of 35.
const FewestTrials = 4

// FalseShare bounds the chance of any false alarm where nothing has changed.
const FalseShare = 0.05

// Family is the rows of times that gate, or those that only warn: each family is
// corrected for how many they are, by itself.
type Family struct {
	Gates    bool
	Rows     int
	Together int // so many rows have to change together, with trials as few as these, to be significant
	Trials   int // so many trials on each side make one row alone significant
}

// timingGap is why times are not tested at all, though they may warn.
func timingGap(b, n *Run, countsOnly bool) Gap {
	switch {
	case countsOnly:
		return CountsOnly
	case b.Machine != n.Machine || b.Machine == "":
		return OtherMachine
	case b.Profiled != n.Profiled:
		return ProfiledOne
	}
	return None
}

// judgeTimed gives the verdicts that take all rows: those that hang on a p-value,
// after the correction of Benjamini and Hochberg. Times that do not gate are never
// better: they are untested, for the reason given.
func judgeTimed(list []Change, timing Gap) (families []Family) {
	for _, gates := range []bool{true, false} {
		var rows []*Change
		var p []float64
		for i := range list {
			if c := &list[i]; c.Tested() && c.Gates == gates {
				rows, p = append(rows, c), append(p, c.P)
			}
		}
		for i, significant := range stat.BenjaminiHochberg(p, FalseShare) {
			rows[i].judgeTimed(significant, timing)
		}
		if len(rows) > 0 {
			families = append(families, familyOf(rows))
		}
	}
	return families
}

func (c *Change) judgeTimed(significant bool, timing Gap) {
	separate := c.P <= stat.SeparateByChance(c.Base.N, c.New.N)+1e-12 // no row could be further apart
	switch c.Verdict = c.judge(significant); {
	case c.Verdict == Worse:
	case !c.Gates && c.Metric.Kind == metric.Timing:
		c.untested(timing)
	case c.Verdict == Better:
	case c.Untestable():
		c.untested(BelowNoise)
	case !significant && !c.Within() && separate:
		c.untested(Alone)
	}
}

func familyOf(rows []*Change) Family {
	f := Family{Gates: rows[0].Gates, Rows: len(rows), Trials: FewestTrials}
	n := float64(len(rows))
	least := 0.0 // the p-value that rows of the fewest trials can reach
	for _, c := range rows {
		least = max(least, stat.SeparateByChance(c.Base.N, c.New.N))
	}
	f.Together = int(math.Ceil(least * n / FalseShare))
	for stat.SeparateByChance(f.Trials, f.Trials)*n > FalseShare {
		f.Trials++
	}
	return f
}
