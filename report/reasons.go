package report

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/pollpush/pollpush/internal/result"
)

// doubtCount is how often a reason was given, by validity.
type doubtCount struct {
	result.ReasonKind
	validity   result.Validity
	attempts   int
	transports []string
}

// doubtCounts are those of all trials, invalid before suspect, the most frequent
// first.
func doubtCounts(trials []result.Trial) []doubtCount {
	var list []doubtCount
	for _, t := range trials {
		seen := map[string]bool{}
		for _, r := range t.Reasons {
			key := string(r.Validity) + r.Code
			if seen[key] {
				continue
			}
			seen[key] = true
			i := slices.IndexFunc(list, func(d doubtCount) bool { return d.Code == r.Code && d.validity == r.Validity })
			if i < 0 {
				i = len(list)
				list = append(list, doubtCount{ReasonKind: r.Kind(), validity: r.Validity})
			}
			list[i].attempts++
			if !slices.Contains(list[i].transports, t.Transport) {
				list[i].transports = append(list[i].transports, t.Transport)
			}
		}
	}
	slices.SortStableFunc(list, func(a, b doubtCount) int {
		return cmp.Or(cmp.Compare(a.validity, b.validity), cmp.Compare(b.attempts, a.attempts))
	})
	return list
}

// doubtsByReason are the doubts of all trials, a line for each reason.
func doubtsByReason(trials []result.Trial) []string {
	var list []string
	for _, d := range doubtCounts(trials) {
		who := plural(float64(len(d.transports)), "transport")
		if len(d.transports) <= 3 {
			who = join(d.transports)
		}
		list = append(list, fmt.Sprintf("%s, %s: %s of %s", d.validity, d.Words, plural(float64(d.attempts), "trial"), who))
	}
	return list
}
