package prose

import (
	"fmt"

	"github.com/pollpush/pollpush/internal/result"
	"github.com/pollpush/pollpush/report/internal/metric"
	"github.com/pollpush/pollpush/report/internal/number"
	"github.com/pollpush/pollpush/report/internal/trials"
)

// Suspects says in one sentence how much is suspect, and what for; it is empty
// where nothing is.
func Suspects(s *trials.Set) string {
	_, n, all := s.Stamps()
	if n == 0 {
		return ""
	}
	var list []result.Trial
	for _, p := range s.Points {
		for i := range p.Sides {
			if p.Sides[i].Stamp == result.Suspect {
				list = append(list, p.Sides[i].Used...)
			}
		}
	}
	var why []string
	for _, d := range metric.DoubtCounts(list) {
		why = append(why, fmt.Sprintf("%s in %s", d.Words, number.Plural(float64(d.Attempts), "trial")))
	}
	text := number.OfAll(n, all, "point") + " are suspect"
	if n == all {
		text = "All " + number.Plural(float64(all), "point") + " are suspect"
	}
	if len(why) > 0 {
		text += ": " + number.Join(why)
	}
	return text + "."
}
