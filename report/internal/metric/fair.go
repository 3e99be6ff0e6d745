package metric

import "github.com/pollpush/pollpush/report/internal/trials"

// Fair reports whether the side may be compared: it has sound trials, and none
// in which it lost or repeated a delivery.
func Fair(s *trials.Side) bool { return s.Counts() && Fault(s) == "" }

// Fault is what keeps the side out of every comparison, in words: what it did
// in any attempt that ran to its end, those set aside included.
func Fault(s *trials.Side) string {
	all := s.Complete()
	losses, repeats := Lost.Cell(all).Value > 0, Duplicated.Cell(all).Value > 0
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
