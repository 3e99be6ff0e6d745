// Package prose says what a run's numbers mean, in sentences.
package prose

import (
	"github.com/pollpush/pollpush/report/internal/document"
	"github.com/pollpush/pollpush/report/internal/trials"
)

// Verdict is a run in a few sentences, of one point or several.
func Verdict(s *trials.Set) document.Verdict {
	if len(s.Points) > 1 {
		return setJudge(s)
	}
	return pointJudge(s.Points[0])
}
