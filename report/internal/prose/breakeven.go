package prose

import (
	"fmt"
	"math"
	"slices"

	"github.com/pollpush/pollpush/internal/stat"
	"github.com/pollpush/pollpush/report/internal/model"
	"github.com/pollpush/pollpush/report/internal/number"
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

// Crossing is where polling and push cost the same, with the words for it.
type Crossing struct{ *model.BreakEven }

// words are how an axis is spoken of in a sentence.
type words struct {
	at    string // before a value
	every string
	Unit  number.Unit
	after string // a value
}

var axisWords = map[string]words{
	"poll.interval": {"an interval of ", "every measured interval", number.Seconds, ""},
	"publish.rate":  {"", "every measured rate", number.Ratio, " messages/s"},
}

func (b Crossing) Words() words { return axisWords[b.Along.Key] }

// Print is a value of the axis.
func (w words) Print(v float64) string { return w.Unit.Short(v) + w.after }

// Circumstances open the sentence: what is the same at all points compared.
func (b Crossing) Circumstances() string {
	h := &b.First.Head
	s := "At " + number.Plural(float64(h.Clients), "client")
	if h.Asked.Rooms > 1 {
		s += " in " + number.Plural(float64(h.Asked.Rooms), "room")
	}
	if slices.Contains(b.Swept, "payload") {
		s += " with " + number.BytesEach.Short(float64(h.Asked.PayloadBytes)) + " in a message"
	}
	if b.Along.Key == "publish.rate" {
		return s + " that poll every " + number.Seconds.Short(h.Asked.PollIntervalS)
	}
	if h.Asked.PublishRate == 0 {
		return s + " and no messages"
	}
	return s + " and " + number.Plural(h.Asked.PublishRate, "message") + "/s"
}

// Clause says on which side polling is cheaper; only the first of several names
// the other transport.
func (b Crossing) Clause(first bool) string {
	w := b.Words()
	side := b.Cost.More
	if b.CheaperAtEnd {
		side = b.Cost.Less
	}
	than := ""
	if first {
		than = " than " + trials.SpokenName(b.Push)
	}
	switch len(b.At) {
	case 0:
		s := fmt.Sprintf("%s%s at %s, %s to %s", side, than, w.every, w.Unit.Short(b.From), w.Print(b.To))
		if b.Unclear {
			s += ", but at some by less than " + b.noise()
		}
		if !math.IsNaN(b.ByUnitCosts) {
			s += fmt.Sprintf(" (by the unit costs the two meet at %s)", w.Print(b.ByUnitCosts))
		}
		return s
	case 1:
		from := "from " + w.at + w.Print(b.At[0]) + " on"
		if !b.CheaperAtEnd {
			from = "up to " + w.at + w.Print(b.At[0])
		}
		return b.Cost.Less + than + " " + from + b.trust(first)
	}
	var list []string
	for _, v := range b.At {
		list = append(list, w.Print(v))
	}
	return "changes places with " + trials.SpokenName(b.Push) + " in " + b.Cost.Name + " at " + number.Join(list) + ", so neither is cheaper throughout"
}

// trust is the crossing's interval and what the unit costs say of it, in
// brackets; only the first of several says what its bands are worth.
func (b Crossing) trust(first bool) string {
	s := b.Interval()
	if s != "" {
		s += b.bands(first)
	}
	if math.IsNaN(b.ByUnitCosts) {
		if s != "" {
			s = " (" + s + ")"
		}
		return s
	}
	if s != "" {
		s += "; "
	}
	s += "by the unit costs: " + b.Words().Print(b.ByUnitCosts)
	if b.Outside() {
		s += ", outside that range"
	}
	return " (" + s + ")"
}

// bands says what the interval of the crossing is made of.
func (b Crossing) bands(worth bool) string {
	switch {
	case b.Trials >= stat.FewestForInterval:
		return " by 95 % intervals of both"
	case b.Trials > 1 && worth:
		return fmt.Sprintf(" by the ranges of %d trials; each range holds its median in %s", b.Trials, model.RangeHolds(b.Trials))
	case b.Trials > 1:
		return fmt.Sprintf(" by the ranges of %d trials", b.Trials)
	case b.WithinTrials():
		return " within one trial"
	}
	return ", where there are several trials"
}

// noise is what a difference is too small beside to be told.
func (b Crossing) noise() string {
	if b.WithinTrials() {
		return "one trial can show"
	}
	return "the trials differ"
}

// Interval is from where to where the crossing may be.
func (b Crossing) Interval() string {
	w := b.Words()
	low, high := w.Unit.Short(b.Low), w.Print(b.High)
	if w.Unit.ScaleOf(b.Low) == w.Unit.ScaleOf(b.High) {
		low = number.Plain(b.Low / w.Unit.ScaleOf(b.Low).Factor)
	}
	switch below, above := math.IsInf(b.Low, -1), math.IsInf(b.High, 1); {
	case !b.Banded():
		return ""
	case below && above:
		return "anywhere from below " + w.Unit.Short(b.From) + " to above " + w.Print(b.To)
	case below:
		return "below " + w.Unit.Short(b.From) + " to " + high
	case above:
		return low + " to above " + w.Print(b.To)
	}
	return low + " to " + high
}

// Staleness is how stale polling is where it begins to be the cheaper one.
func (b Crossing) Staleness() string {
	if math.IsNaN(b.Stale) {
		return ""
	}
	return fmt.Sprintf(" At %s it is stale %s of the time.", b.Words().Print(b.At[0]), number.Share.Short(b.Stale))
}
