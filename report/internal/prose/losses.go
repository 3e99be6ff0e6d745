package prose

import (
	"fmt"

	"github.com/pollpush/pollpush/internal/result"
	"github.com/pollpush/pollpush/report/internal/metric"
	"github.com/pollpush/pollpush/report/internal/number"
	"github.com/pollpush/pollpush/report/internal/trials"
)

// losses are the headlines of every lost or repeated delivery, trials set aside
// included.
func losses(r *trials.Point) (list []string) {
	for i := range r.Sides {
		s := &r.Sides[i]
		if n := metric.Lost.Cell(s.Used).Value; n > 0 {
			var expected int64
			for _, t := range s.Used {
				expected += t.Expected
			}
			list = append(list, fmt.Sprintf("%s lost %s of %s expected deliveries (%s). A transport with losses wins no comparison.",
				s.Transport, number.Count.Format(n), number.Count.Format(float64(expected)), number.Share.Format(metric.Over(n, float64(expected)))))
		}
		if n := metric.Duplicated.Cell(s.Used).Value; n > 0 {
			list = append(list, fmt.Sprintf("%s delivered %s more than once. A transport with duplicates wins no comparison.", s.Transport, number.Plural(n, "message")))
		}
		for _, a := range s.Aside {
			if a.Status != result.Complete {
				continue
			}
			where := fmt.Sprintf("in trial %d, attempt %d, which the numbers leave out", a.Trial, a.Attempt)
			if n := a.Lost; n > 0 {
				list = append(list, fmt.Sprintf("%s lost %s deliveries %s. A transport with losses wins no comparison.",
					s.Transport, number.Count.Format(float64(n)), where))
			}
			if n := a.Duplicated; n > 0 {
				list = append(list, fmt.Sprintf("%s delivered %s more than once %s. A transport with duplicates wins no comparison.",
					s.Transport, number.Plural(float64(n), "message"), where))
			}
		}
	}
	return list
}
