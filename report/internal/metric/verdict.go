package metric

import (
	"fmt"

	"github.com/pollpush/pollpush/internal/result"
	"github.com/pollpush/pollpush/report/internal/number"
	"github.com/pollpush/pollpush/report/internal/trials"
)

// Losses are the headlines of every lost or repeated delivery, trials set aside
// included.
func Losses(r *trials.Point) (list []string) {
	for i := range r.Sides {
		s := &r.Sides[i]
		if n := Lost.Cell(s.Used).Value; n > 0 {
			var expected int64
			for _, t := range s.Used {
				expected += t.Expected
			}
			list = append(list, fmt.Sprintf("%s lost %s of %s expected deliveries (%s). A transport with losses wins no comparison.",
				s.Transport, number.Count.Format(n), number.Count.Format(float64(expected)), number.Share.Format(Over(n, float64(expected)))))
		}
		if n := duplicated.Cell(s.Used).Value; n > 0 {
			list = append(list, fmt.Sprintf("%s delivered %s more than once. A transport with duplicates wins no comparison.", s.Transport, number.Plural(n, "message")))
		}
		for _, a := range s.Aside {
			if a.Trial.Status != result.Complete {
				continue
			}
			where := fmt.Sprintf("in trial %d, attempt %d, which enters no number", a.Trial.Trial, a.Trial.Attempt)
			if n := a.Trial.Lost; n > 0 {
				list = append(list, fmt.Sprintf("%s lost %s deliveries %s. A transport with losses wins no comparison.",
					s.Transport, number.Count.Format(float64(n)), where))
			}
			if n := a.Trial.Duplicated; n > 0 {
				list = append(list, fmt.Sprintf("%s delivered %s more than once %s. A transport with duplicates wins no comparison.",
					s.Transport, number.Plural(float64(n), "message"), where))
			}
		}
	}
	return list
}

// Fault is what keeps the side out of every comparison, in words: what it did
// in any attempt that ran to its end, those set aside included.
func Fault(s *trials.Side) string {
	all := s.Complete()
	losses, repeats := Lost.Cell(all).Value > 0, duplicated.Cell(all).Value > 0
	switch {
	case losses && repeats:
		return "lost and repeated deliveries"
	case losses:
		return "lost deliveries"
	case repeats:
		return "repeated deliveries"
	}
	return ""
}
