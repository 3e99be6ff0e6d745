package metric

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/pollpush/pollpush/internal/result"
	"github.com/pollpush/pollpush/report/internal/number"
)

// DoubtCount is how often a reason was given, for one validity.
type DoubtCount struct {
	result.ReasonKind
	validity   result.Validity
	Attempts   int
	transports []string
}

// DoubtCounts are those of all trials, invalid before suspect, the most frequent
// first.
func DoubtCounts(trials []result.Trial) []DoubtCount {
	var list []DoubtCount
	for _, t := range trials {
		seen := map[string]bool{}
		for _, r := range t.Reasons {
			key := string(r.Validity) + r.Code
			if seen[key] {
				continue
			}
			seen[key] = true
			i := slices.IndexFunc(list, func(d DoubtCount) bool { return d.Code == r.Code && d.validity == r.Validity })
			if i < 0 {
				i = len(list)
				list = append(list, DoubtCount{ReasonKind: r.Kind(), validity: r.Validity})
			}
			list[i].Attempts++
			if !slices.Contains(list[i].transports, t.Transport) {
				list[i].transports = append(list[i].transports, t.Transport)
			}
		}
	}
	slices.SortStableFunc(list, func(a, b DoubtCount) int {
		return cmp.Or(cmp.Compare(a.validity, b.validity), cmp.Compare(b.Attempts, a.Attempts))
	})
	return list
}

// DoubtsByReason are the doubts of all trials, a line for each reason.
func DoubtsByReason(trials []result.Trial) []string {
	var list []string
	for _, d := range DoubtCounts(trials) {
		who := number.Plural(float64(len(d.transports)), "transport")
		if len(d.transports) <= 3 {
			who = number.Join(d.transports)
		}
		list = append(list, fmt.Sprintf("%s, %s: %s of %s", d.validity, d.Words, number.Plural(float64(d.Attempts), "trial"), who))
	}
	return list
}
