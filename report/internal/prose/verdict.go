// Package prose says what a run's numbers mean, in sentences.
package prose

import (
	"fmt"
	"math"
	"slices"

	"github.com/pollpush/pollpush/internal/result"
	"github.com/pollpush/pollpush/internal/stat"
	"github.com/pollpush/pollpush/report/internal/document"
	"github.com/pollpush/pollpush/report/internal/metric"
	"github.com/pollpush/pollpush/report/internal/model"
	"github.com/pollpush/pollpush/report/internal/number"
	"github.com/pollpush/pollpush/report/internal/trials"
)

// Verdict is a run in a few sentences: the losses and what is invalid at any point
// before all else, then where polling and push cost the same or, where that is not
// to be had, how they compare. Invalid trials have no part in it, and a transport
// that lost or repeated a message in any attempt wins no comparison.
func Verdict(s *trials.Set) document.Verdict {
	v := document.Verdict{Headlines: headlines(s)}
	all := s.Together()
	sides := slices.DeleteFunc(pointers(all.Sides), func(s *trials.Side) bool { return !s.Counts() })
	if len(sides) == 0 {
		return v
	}
	crossings := breakEvenParagraphs(s)
	v.Paragraphs = crossings
	if len(crossings) == 0 {
		v.Paragraphs, v.Notes = comparisons(s, sides)
	}
	if len(s.Points) > 1 {
		v.Paragraphs = append(v.Paragraphs, model.Breaking(s))
	}
	v.Notes = append(v.Notes, fewMessages(sides)...)
	if text := Suspects(s); text != "" {
		v.Notes = append(v.Notes, text)
	}
	v.Notes = append(v.Notes, spreads(sides, len(crossings) == 0 && len(sides) > 1)...)
	return v
}

func pointers(sides []trials.Side) (list []*trials.Side) {
	for i := range sides {
		list = append(list, &sides[i])
	}
	return list
}

// comparisons compares every transport of a single point with the first that
// polls at an interval, or, in a sweep, push at the first and the last point where
// both are sound; and says why where there is nothing to compare.
func comparisons(s *trials.Set, sides []*trials.Side) (list, notes []string) {
	if len(s.Points) > 1 {
		list = setEnds(s)
		if text := Extremes(s); text != "" {
			list = append(list, text)
		}
		if len(s.BreakEvenAxes()) > 0 {
			notes = append(notes, "This run cannot show where polling becomes cheaper than push: that takes two points at which both are sound and lost nothing.")
		}
		return list, notes
	}
	at := s.Points[0].Circumstances() + ", "
	i := slices.IndexFunc(sides, (*trials.Side).Paced)
	if i < 0 || len(sides) == 1 {
		for _, side := range sides {
			list = append(list, at+alone(side))
		}
		if len(sides) == 1 {
			return list, []string{"Only one transport has numbers, so there is no comparison."}
		}
		return list, []string{"No transport polled at an interval, so there is no comparison of polling with push."}
	}
	const mostPairs = 3 // of which a reader takes in every sentence
	others := slices.DeleteFunc(slices.Clone(sides), func(side *trials.Side) bool { return side == sides[i] })
	if len(others) > mostPairs {
		_, pushes := s.PollAndPush()
		if main := s.Points[0].Side(trials.MainPush(pushes)); main != nil && metric.Fair(main) {
			others = []*trials.Side{main}
		}
	}
	for _, side := range others {
		if len(list) == 0 && metric.Fair(sides[i]) && metric.Fair(side) {
			list = append(list, at+compareSides(sides[i], side))
		} else {
			list = append(list, number.Capital(compareSides(sides[i], side)))
		}
	}
	if text := Extremes(s); text != "" && len(sides)-1 > mostPairs {
		list = append(list, text)
	}
	return list, nil
}

// alone states the numbers of one transport.
func alone(s *trials.Side) string {
	text := fmt.Sprintf("%s needed %s per client%s", spoken(s), held(s), asked(s))
	if l := metric.Latency50.Cell(s.Used); l.Known() {
		text += "; it delivered in " + metric.Latency50.Unit.Format(l.Value) + " (p50)"
		if l := metric.Latency99.Cell(s.Used); l.Known() {
			text += " and " + metric.Latency99.Unit.Format(l.Value) + " (p99)"
		}
	}
	var with []string
	for _, m := range metric.Headlines {
		if v := m.Cell(s.Used); v.Known() && m.Name != metric.Latency50.Name && m.Name != metric.Requests.Name { // told above
			with = append(with, m.Unit.Format(v.Value)+" of "+m.Thing+" "+m.Each)
		}
	}
	if len(with) > 0 {
		text += ", with " + number.Join(with)
	}
	return text + "."
}

// held is the connections of one client, in words.
func held(s *trials.Side) string {
	c := metric.Connections.Cell(s.Used)
	if !c.Known() {
		return "an unknown number of connections"
	}
	return number.Plural(number.Roundish(c.Value), "connection")
}

// asked goes on with its requests.
func asked(s *trials.Side) string {
	switch c := metric.Requests.Cell(s.Used); {
	case !c.Known():
		return ""
	case c.Value == 0 && s.Rearms():
		return " and no request answered in the steady state"
	case c.Value == 0:
		return " and no requests"
	default:
		return " and " + number.Plural(c.Value, "request") + " per minute" + posted(s)
	}
}

// posted says that posts of messages, and the connections for them, are in these
// numbers, where that is more than a fiftieth of either.
func posted(s *trials.Side) string {
	posts, all := 0.0, 0.0
	for i := range s.Used {
		posts += float64(s.Used[i].Requests.ByStatus["201"])
		all += float64(s.Used[i].Requests.Total)
	}
	if posts == 0 || posts <= 0.02*all && metric.Connections.Cell(s.Used).Value <= 1.02 {
		return ""
	}
	if posts == all {
		return " (message posts)"
	}
	return " (message posts included)"
}

func spoken(s *trials.Side) string { return trials.SpokenName(s.Transport) }

// fewMessages says that latencies are those of a handful of messages, however
// many clients got each.
func fewMessages(sides []*trials.Side) []string {
	const handful = 10
	least := int64(math.MaxInt64)
	for _, s := range sides {
		var n int64
		for i := range s.Used {
			n += s.Used[i].Offered
		}
		if s.Used[0].Asked.PublishRate > 0 {
			least = min(least, n)
		}
	}
	switch {
	case least >= handful:
		return nil
	case least == 0:
		return []string{"The steady state had no message, so it shows no latency and no stale share. A longer steady state or constant arrivals would give some."}
	}
	return []string{fmt.Sprintf("The steady state had only %s, so latencies and stale shares describe just these. A longer steady state or constant arrivals would give more.", number.Plural(float64(least), "message"))}
}

// spreads says what the trials can tell of their own noise.
func spreads(sides []*trials.Side, compared bool) []string {
	least, most := math.MaxInt, 0
	for _, s := range sides {
		least, most = min(least, len(s.Used)), max(most, len(s.Used))
	}
	switch {
	case most == 1:
		return []string{"Each transport has one trial, so the spread is unknown."}
	case least == 1:
		return []string{"Some transports have a single trial, so their spread is unknown."}
	case !compared:
		return nil
	}
	chance := stat.SeparateByChance(least, least)
	return []string{fmt.Sprintf("A time, CPU or memory difference counts only if the trial ranges do not overlap. With %d trials each, 1 in %s still does by chance.",
		least, number.Plain(math.Round(1/chance)))}
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

// headlines are what stands before all else: that there is no verdict at all, that
// the server was stopped on purpose, the losses at every point, and what has no
// verdict.
func headlines(s *trials.Set) []string {
	list := s.Points[0].Stopped()
	for _, p := range s.Points {
		for _, text := range losses(p) {
			if p.Label != "" {
				text = number.Capital(p.Label) + ": " + text
			}
			list = append(list, text)
		}
	}
	failed := func(part *trials.Side) bool { return !part.Counts() }
	sides, n := s.Together().Sides, 0
	var reasons []string
	for i := range sides {
		if failed(&sides[i]) {
			n, reasons = n+1, append(reasons, sides[i].WhyNot())
		}
	}
	if n == len(sides) {
		list = append([]string{"No verdict: every trial is incomplete or invalid."}, list...)
	}
	const told = 2
	if reasons = number.Unique(reasons); len(reasons) > told {
		return append(list, "No verdict on "+s.Where(failed)+": every trial there is incomplete or invalid; the list of trials says why.")
	}
	for _, why := range reasons {
		list = append(list, "No verdict on "+s.Where(func(part *trials.Side) bool { return failed(part) && part.WhyNot() == why })+": "+why+".")
	}
	return list
}

// losses are the headlines of every lost or repeated delivery, trials set aside
// included.
func losses(r *trials.Point) (list []string) {
	for i := range r.Sides {
		s := &r.Sides[i]
		if n := metric.Lost.Cell(s.Used).Value; n > 0 {
			var expected int64
			for _, t := range s.Used {
				expected += t.Expected
			}
			list = append(list, fmt.Sprintf("%s lost %s of %s expected deliveries (%s). A transport with losses wins no comparison.",
				s.Transport, number.Count.Format(n), number.Count.Format(float64(expected)), number.Share.Format(metric.Over(n, float64(expected)))))
		}
		if n := metric.Duplicated.Cell(s.Used).Value; n > 0 {
			list = append(list, fmt.Sprintf("%s delivered %s more than once. A transport with duplicates wins no comparison.", s.Transport, number.Plural(n, "message")))
		}
		for _, a := range s.Aside {
			if a.Status != result.Complete {
				continue
			}
			where := fmt.Sprintf("in trial %d, attempt %d, which the numbers leave out", a.Trial, a.Attempt)
			if n := a.Lost; n > 0 {
				list = append(list, fmt.Sprintf("%s lost %s deliveries %s. A transport with losses wins no comparison.",
					s.Transport, number.Count.Format(float64(n)), where))
			}
			if n := a.Duplicated; n > 0 {
				list = append(list, fmt.Sprintf("%s delivered %s more than once %s. A transport with duplicates wins no comparison.",
					s.Transport, number.Plural(float64(n), "message"), where))
			}
		}
	}
	return list
}

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
	thing := "point"
	if len(s.Points) == 1 {
		thing = "transport"
	}
	text := number.OfAll(n, all, thing)
	switch {
	case n == all && n == 2:
		text = "Both " + thing + "s"
	case n == all && n > 2:
		text = "All " + number.Plural(float64(all), thing)
	}
	text += map[bool]string{true: " is suspect", false: " are suspect"}[n == 1]
	if len(why) > 0 {
		text += ": " + number.Join(why)
	}
	return text + "."
}
