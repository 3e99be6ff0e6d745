package gate

import (
	"github.com/pollpush/pollpush/report/internal/metric"
)

// MetricIDs lists the names, for programs, of the metrics that [Compare] holds
// against limits.
func MetricIDs() []string {
	var ids []string
	for i := range metric.ComparedMetrics {
		ids = append(ids, metric.ComparedMetrics[i].ID())
	}
	return ids
}
