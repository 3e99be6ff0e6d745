package prose

import (
	"github.com/pollpush/pollpush/report/internal/model"
	"github.com/pollpush/pollpush/report/internal/trials"
)

// breakEvenText is the sentences on one pair of transports, from its costs.
func breakEvenText(list []model.BreakEven) string {
	text := Crossing{&list[0]}.Circumstances() + ", " + trials.SpokenName(list[0].Poll) + " "
	stale := ""
	for i := range list {
		b := Crossing{&list[i]}
		if i > 0 {
			text += "; it "
		}
		text += b.Clause(i == 0)
		if stale == "" {
			stale = b.Staleness()
		}
	}
	return text + "." + stale
}

// breakEvenParagraphs are what the sweep says of where polling becomes cheaper:
// for the first transport that polls and each that does not or, where more than
// one key is swept, one of them.
func breakEvenParagraphs(s *trials.Set) (list []string) {
	axes := s.BreakEvenAxes()
	polls, pushes := s.PollAndPush()
	if len(axes) == 0 || len(polls) == 0 || len(pushes) == 0 {
		return nil
	}
	if len(s.Swept) > 1 {
		pushes = []string{trials.MainPush(pushes)}
	}
	for _, l := range s.Cuts(axes[0]) {
		for _, push := range pushes {
			if pair := model.Pair(&l, polls[0], push); len(pair) > 0 {
				list = append(list, breakEvenText(pair))
			}
		}
	}
	return list
}
