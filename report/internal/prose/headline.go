package prose

import (
	"fmt"
	"slices"

	"github.com/pollpush/pollpush/internal/result"
	"github.com/pollpush/pollpush/report/internal/document"
	"github.com/pollpush/pollpush/report/internal/metric"
	"github.com/pollpush/pollpush/report/internal/number"
	"github.com/pollpush/pollpush/report/internal/trials"
)

// Headline is how push differs from polling, at the last point where both may be
// compared: the largest load of a sweep. It has no tiles where there is none: then
// the verdict's own headlines say why.
func Headline(s *trials.Set) (h document.Headline) {
	polls, pushes := s.PollAndPush()
	if len(polls) == 0 || len(pushes) == 0 {
		return h
	}
	for _, p := range slices.Backward(s.Points) {
		poll, _ := s.SideAt(p, polls[0])
		push, _ := s.SideAt(p, trials.MainPush(pushes))
		if poll == nil || push == nil || !metric.Fair(poll) || !metric.Fair(push) {
			continue
		}
		h.From, h.To = poll.Transport, push.Transport
		h.About = spoken(push) + " against " + spoken(poll)
		if len(s.Points) > 1 {
			h.About += ", " + lowered(p.Circumstances()) + pollsEvery(s, poll)
		}
		h.Trust, h.Warning = trust(poll, push)
		for _, m := range metric.Headlines {
			if d := differ(m, poll, push); d.known {
				h.Tiles = append(h.Tiles, d.tile())
			}
		}
		return h
	}
	return h
}

// lowered continues a sentence.
func lowered(s string) string { return "at" + s[len("At"):] }

// pollsEvery names the interval where several were measured.
func pollsEvery(s *trials.Set, poll *trials.Side) string {
	if !slices.Contains(s.Swept, "poll.interval") {
		return ""
	}
	x := trials.AxisOf("poll.interval")
	return ", " + x.Label(x.Of(&poll.Used[0]))
}

// trust says how many trials the tiles are made of, and what is doubted in them.
func trust(poll, push *trials.Side) (text string, warning bool) {
	all := slices.Concat(poll.Used, push.Used)
	if poll.Stamp == result.Valid && push.Stamp == result.Valid {
		if a, b := len(poll.Used), len(push.Used); a != b {
			return fmt.Sprintf("%d and %d trials, all valid", a, b), false
		} else if a == 1 {
			return "1 trial each, valid; the spread is unknown", false
		}
		return number.Plural(float64(len(poll.Used)), "trial") + " each, all valid", false
	}
	suspect := slices.DeleteFunc(slices.Clone(all), func(t result.Trial) bool { return t.Validity == result.Valid })
	text = number.OfAll(len(suspect), len(all), "trial") + " suspect"
	if len(suspect) == len(all) {
		text = "Every trial is suspect"
	}
	for i, d := range metric.DoubtCounts(suspect) {
		text += map[bool]string{true: ": ", false: "; "}[i == 0] + d.Words
	}
	return text, true
}

// tile is the difference as a headline.
func (d *difference) tile() document.Tile {
	t := document.Tile{Name: d.Thing, Each: d.Each, Factor: d.Unit.Factor(d.base.Value, d.other.Value), From: document.Measured(&d.Metric, d.base), To: document.Measured(&d.Metric, d.other)}
	switch {
	case !d.clear:
		t.Factor = "no clear difference"
	case d.alike():
		t.Factor = "the same"
	case t.Factor == "":
		digits := func(v float64) string { return d.Unit.Digits(v, d.Unit.ScaleOf(v)) }
		t.Factor = digits(d.base.Value) + " → " + digits(d.other.Value)
	}
	return t
}
