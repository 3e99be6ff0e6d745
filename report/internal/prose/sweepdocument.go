package prose

import (
	"slices"

	"github.com/pollpush/pollpush/report/internal/document"
	"github.com/pollpush/pollpush/report/internal/metric"
	"github.com/pollpush/pollpush/report/internal/model"
	"github.com/pollpush/pollpush/report/internal/trials"
)

// setJudge puts the losses and what is invalid at any point before all else, then
// where polling and push cost the same or, where that is not to be had, how they
// compare at the first and the last point.
func setJudge(s *trials.Set) document.Verdict {
	v := document.Verdict{Headlines: headlines(s), Paragraphs: breakEvenParagraphs(s)}
	if len(v.Paragraphs) == 0 {
		v.Paragraphs = setEnds(s)
		if text := Extremes(s); text != "" {
			v.Paragraphs = append(v.Paragraphs, text)
		}
		if len(s.BreakEvenAxes()) > 0 {
			v.Notes = append(v.Notes, "This run cannot show where polling becomes cheaper than push: that takes two points at which both are sound and lost nothing.")
		}
	}
	v.Paragraphs = append(v.Paragraphs, model.Breaking(s))
	if text := Suspects(s); text != "" {
		v.Notes = append(v.Notes, text)
	}
	all := s.Together()
	least := slices.MinFunc(all.Sides, func(a, b trials.Side) int { return len(a.Used) - len(b.Used) })
	most := slices.MaxFunc(all.Sides, func(a, b trials.Side) int { return len(a.Used) - len(b.Used) })
	v.Notes = append(v.Notes, spreads([]*trials.Side{&least, &most}, len(s.BreakEvenAxes()) == 0)...)
	return v
}

// setEnds compares the first transport that polls with push, at the first and the
// last point where both are sound.
func setEnds(s *trials.Set) []string {
	polls, pushes := s.PollAndPush()
	if len(polls) == 0 || len(pushes) == 0 {
		return nil
	}
	var list []string
	for _, p := range s.Points {
		poll, _ := s.SideAt(p, polls[0])
		push, _ := s.SideAt(p, trials.MainPush(pushes))
		if poll != nil && push != nil && metric.Fair(poll) && metric.Fair(push) {
			list = append(list, p.Circumstances()+", "+compareSides(poll, push))
		}
	}
	if len(list) > 2 {
		list = []string{list[0], list[len(list)-1]}
	}
	return list
}
