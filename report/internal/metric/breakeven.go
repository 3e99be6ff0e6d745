package metric

import (
	"github.com/pollpush/pollpush/report/internal/trials"
)

// Fair reports whether the side may be compared: it has sound trials, and none
// in which it lost or repeated a delivery.
func Fair(s *trials.Side) bool { return s.Counts() && Fault(s) == "" }
