package metric

import (
	"github.com/pollpush/pollpush/internal/result"
	"github.com/pollpush/pollpush/report/internal/number"
)

// The number of requests of all clients, as the tutorial counts them.
var RequestsOfAll = Metric{Name: "requests of all clients", Unit: number.PerMinute, Of: func(t *result.Trial) float64 {
	return Over(float64(t.Requests.Total)*60, t.WindowS)
}}
