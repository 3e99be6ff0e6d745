package metric

import (
	"github.com/pollpush/pollpush/internal/result"
)

func Mean(q *result.Quantiles) *float64 { return &q.Mean }

func PollsPerMinute(t *result.Trial) float64 {
	return Over(Polls(t)*60, float64(t.Clients)*t.WindowS)
}

func PerPoll(t *result.Trial) float64 {
	return Over(float64(t.WindowDeliveries), Polls(t)-float64(t.Requests.Empty))
}
