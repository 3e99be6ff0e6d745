package report

import (
	"fmt"
	"math"
	"slices"

	"github.com/pollpush/pollpush/internal/stat"
)

// words are how an axis is spoken of in a sentence.
type words struct {
	at    string // before a value
	every string
	unit  unit
	after string // a value
}

var axisWords = map[string]words{
	"poll.interval": {"an interval of ", "every measured interval", seconds, ""},
	"publish.rate":  {"", "every measured rate", ratio, " messages/s"},
}

func (b *breakEven) words() words { return axisWords[b.along.key] }

// print is a value of the axis.
func (w words) print(v float64) string { return w.unit.short(v) + w.after }

// circumstances open the sentence: what is the same at all points compared.
func (b *breakEven) circumstances() string {
	h := &b.first.head
	s := "At " + plural(float64(h.Clients), "client")
	if h.Asked.Rooms > 1 {
		s += " in " + plural(float64(h.Asked.Rooms), "room")
	}
	if slices.Contains(b.swept, "payload") {
		s += " with " + bytesEach.short(float64(h.Asked.PayloadBytes)) + " in a message"
	}
	if b.along.key == "publish.rate" {
		return s + " that poll every " + seconds.short(h.Asked.PollIntervalS)
	}
	if h.Asked.PublishRate == 0 {
		return s + " and nothing said"
	}
	return s + " and " + plural(h.Asked.PublishRate, "message") + "/s"
}

// clause says on which side polling is cheaper; only the first of several names
// the other transport.
func (b *breakEven) clause(first bool) string {
	w := b.words()
	side := b.cost.more
	if b.cheaperAtEnd {
		side = b.cost.less
	}
	than := ""
	if first {
		than = " than " + spokenName(b.push)
	}
	switch len(b.at) {
	case 0:
		s := fmt.Sprintf("%s%s at %s, %s to %s", side, than, w.every, w.unit.short(b.from), w.print(b.to))
		if b.unclear {
			s += ", but at some by less than " + b.noise()
		}
		if !math.IsNaN(b.byUnitCosts) {
			s += fmt.Sprintf(" (by the unit costs the two meet at %s)", w.print(b.byUnitCosts))
		}
		return s
	case 1:
		from := "from " + w.at + w.print(b.at[0]) + " on"
		if !b.cheaperAtEnd {
			from = "up to " + w.at + w.print(b.at[0])
		}
		return b.cost.less + than + " " + from + b.trust(first)
	}
	var list []string
	for _, v := range b.at {
		list = append(list, w.print(v))
	}
	return "changes places with " + spokenName(b.push) + " in " + b.cost.name + " at " + join(list) + ", so that neither is cheaper throughout"
}

// trust is the crossing's interval and what the unit costs say of it, in
// brackets; only the first of several says what its bands are worth.
func (b *breakEven) trust(first bool) string {
	s := b.interval()
	if s != "" {
		s += b.bands(first)
	}
	if math.IsNaN(b.byUnitCosts) {
		if s != "" {
			s = " (" + s + ")"
		}
		return s
	}
	if s != "" {
		s += "; "
	}
	s += "by the unit costs: " + b.words().print(b.byUnitCosts)
	if b.outside() {
		s += ", outside of that"
	}
	return " (" + s + ")"
}

// bands says what the interval of the crossing is made of.
func (b *breakEven) bands(worth bool) string {
	switch {
	case b.trials >= stat.FewestForInterval:
		return " by 95 % intervals of both"
	case b.trials > 1 && worth:
		return fmt.Sprintf(" by ranges of %d trials, each of which holds its median in %s", b.trials, rangeHolds(b.trials))
	case b.trials > 1:
		return fmt.Sprintf(" by ranges of %d trials", b.trials)
	case b.withinTrials():
		return " within one trial"
	}
	return ", as far as there are several trials"
}

// withinTrials reports whether bands are of single trials, by their seconds.
func (b *breakEven) withinTrials() bool { return b.trials == 1 && b.cost.sampled }

// noise is what a difference is too small beside to be told.
func (b *breakEven) noise() string {
	if b.withinTrials() {
		return "can be told within one trial"
	}
	return "the trials differ"
}

// rangeHolds is how often the range of some trials holds the true median.
func rangeHolds(trials int) string {
	cases, of := stat.MedianIn(trials)
	return fmt.Sprintf("%d of %d cases", cases, of)
}

// banded reports whether anything is known of how far the crossing may be off.
func (b *breakEven) banded() bool { return len(b.at) == 1 && b.low < b.high }

// outside reports that the crossing by the unit costs is none that the
// measurement allows.
func (b *breakEven) outside() bool {
	return b.banded() && (b.byUnitCosts < b.low || b.byUnitCosts > b.high)
}

// interval is from where to where the crossing may be.
func (b *breakEven) interval() string {
	w := b.words()
	low, high := w.unit.short(b.low), w.print(b.high)
	if w.unit.scaleOf(b.low) == w.unit.scaleOf(b.high) {
		low = plain(b.low / w.unit.scaleOf(b.low).factor)
	}
	switch below, above := math.IsInf(b.low, -1), math.IsInf(b.high, 1); {
	case !b.banded():
		return ""
	case below && above:
		return "anywhere from below " + w.unit.short(b.from) + " to above " + w.print(b.to)
	case below:
		return "below " + w.unit.short(b.from) + " to " + high
	case above:
		return low + " to above " + w.print(b.to)
	}
	return low + " to " + high
}

// staleness is how stale polling is where it begins to be the cheaper one.
func (b *breakEven) staleness() string {
	if math.IsNaN(b.stale) {
		return ""
	}
	return fmt.Sprintf(" At %s it is stale %s of the time.", b.words().print(b.at[0]), share.short(b.stale))
}

// breakEvenText is the sentences on one pair of transports, from its costs.
func breakEvenText(list []breakEven) string {
	text := list[0].circumstances() + ", " + spokenName(list[0].poll) + " "
	stale := ""
	for i := range list {
		b := &list[i]
		if i > 0 {
			text += "; it "
		}
		text += b.clause(i == 0)
		if stale == "" {
			stale = b.staleness()
		}
	}
	return text + "." + stale
}

// breakEvenParagraphs are what the sweep says of where polling becomes cheaper:
// for the first transport that polls and each that does not or, where more than
// one key is swept, one of them.
func (s *sweep) breakEvenParagraphs() (list []string) {
	axes := s.breakEvenAxes()
	polls, pushes := s.pollAndPush()
	if len(axes) == 0 || len(polls) == 0 || len(pushes) == 0 {
		return nil
	}
	if len(s.swept) > 1 {
		pushes = []string{mainPush(pushes)}
	}
	for _, l := range s.slices(axes[0]) {
		for _, push := range pushes {
			if pair := l.pair(polls[0], push); len(pair) > 0 {
				list = append(list, breakEvenText(pair))
			}
		}
	}
	return list
}

// breakEvenSection is every pair, as a table.
func (s *sweep) breakEvenSection() section {
	t := table{head: []string{"at", "transport", "against", "cost", "polling is cheaper", "may be", "by the unit costs", "then stale"}}
	within, ranged := false, math.MaxInt
	for _, along := range s.breakEvenAxes() {
		for _, l := range s.slices(along) {
			for _, b := range l.breakEvens() {
				t.rows = append(t.rows, b.row())
				within = within || b.withinTrials()
				if b.banded() && b.trials > 1 {
					ranged = min(ranged, b.trials)
				}
			}
		}
	}
	notes := []string{"Between two measured neighbours polling's cost is taken as linear in polls a second, and all costs as linear in messages a second; beyond what was measured nothing is said. Where messages come at random, polling costs a little more between two neighbours than that line, which is in no interval. What a crossing may be comes from the bands of both costs: where polling at its lowest meets push at its highest, and the other way round. By the unit costs means: from what a poll with news, an empty one, a delivery and an idle client cost in the seconds of all trials, worked out for each interval and rate; – stands there where the two do not meet within what was measured, or the seconds cannot tell such costs."}
	if within {
		notes = append(notes, "Where there is one trial of each, the band of server CPU is within one trial: the 95 % interval of the mean over the seconds of its steady state (Student's t). What differs from trial to trial is not in it. Bytes then have no band.")
	}
	if ranged < stat.FewestForInterval {
		notes = append(notes, fmt.Sprintf("A band is the range of the trials. Of %d trials it holds the true median in %s; 95 %% takes %d.", ranged, rangeHolds(ranged), stat.FewestForInterval))
	}
	if len(t.rows) == 0 {
		notes = nil
	}
	return section{title: "Break-even", about: "Where polling begins to cost as little as push.", table: t, notes: notes}
}

// row is the crossing in the table.
func (b *breakEven) row() []string {
	w := b.words()
	cheaper, model, stale := "never", "–", "–"
	switch {
	case len(b.at) == 0 && b.cheaperAtEnd:
		cheaper = "always"
	case len(b.at) == 1 && b.cheaperAtEnd:
		cheaper = "from " + w.print(b.at[0]) + " on"
	case len(b.at) == 1:
		cheaper = "up to " + w.print(b.at[0])
	case len(b.at) > 1:
		cheaper = "by turns"
	}
	if len(b.at) == 0 {
		cheaper += ", " + w.unit.short(b.from) + " to " + w.print(b.to)
	}
	if !math.IsNaN(b.byUnitCosts) {
		model = w.print(b.byUnitCosts)
		if b.outside() {
			model += " ⚠"
		}
	}
	if !math.IsNaN(b.stale) {
		stale = share.short(b.stale)
	}
	return []string{b.circumstances(), b.poll, b.push, b.cost.name, cheaper, or(b.interval(), "–"), model, stale}
}

// mainPush is the transport that stands for push where one has to: WebSocket, if
// it was measured.
func mainPush(pushes []string) string {
	for _, name := range pushes {
		if name == "ws" {
			return name
		}
	}
	return pushes[0]
}
