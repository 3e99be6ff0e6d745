package report

import (
	"fmt"
	"slices"
	"strings"

	"github.com/pollpush/pollpush/internal/result"
)

// bearing is how a transport bore the load of a point.
type bearing int

const (
	notMeasured bearing = iota
	bore
	doubted // the measurement is: whether it bore the load cannot be told
	broke
)

// gridCell is that in words.
type gridCell struct {
	bearing
	stamp  string // empty where it was not measured
	reason string // the first
}

// cellOf tells what server or generator could not do from what else the machine
// did meanwhile. Where both were so, both are named.
func cellOf(s *side) gridCell {
	switch {
	case s == nil:
		return gridCell{}
	case len(s.used) == 0:
		if slices.ContainsFunc(s.aside, func(a set) bool { return a.trial.Status == result.Failed }) {
			return gridCell{broke, "breaks", "no trial ran to its end"}
		}
		return gridCell{doubted, "? no trial", "interrupted"}
	}
	var breaks, doubts []string
	for _, t := range s.used {
		for _, r := range t.Reasons {
			if kind := r.Kind(); kind.Breaks {
				breaks = append(breaks, kind.Words)
			} else {
				doubts = append(doubts, kind.Words)
			}
		}
	}
	if lost.cell(s.complete()).value > 0 {
		breaks = append([]string{result.KindOf(result.Losses).Words}, breaks...)
	}
	switch {
	case len(breaks) > 0 && len(doubts) > 0:
		return gridCell{broke, "breaks", breaks[0] + "; " + doubts[0]}
	case len(breaks) > 0:
		return gridCell{broke, "breaks", breaks[0]}
	case s.stamp == result.Valid:
		return gridCell{bore, "valid", ""}
	case len(doubts) > 0:
		return gridCell{doubted, "? " + string(s.stamp), doubts[0]}
	}
	return gridCell{doubted, "? " + string(s.stamp), ""}
}

// breaking says at which load each transport broke first, and what of that
// cannot be told.
func (s *sweep) breaking() string {
	type fall struct {
		at   string
		who  []string
		when int
	}
	var falls []fall
	all, untold := 0, 0
	for _, name := range s.transports() {
		fallen := false
		for i, p := range s.points {
			part := p.side(name)
			c := cellOf(part)
			if c.bearing == notMeasured {
				continue
			}
			all++
			if c.bearing == doubted && part.stamp == result.Invalid {
				untold++
			}
			if c.bearing != broke || fallen {
				continue
			}
			fallen = true
			at := fmt.Sprintf("at %s (%s)", s.labelOf(p, part), c.reason)
			k := slices.IndexFunc(falls, func(f fall) bool { return f.at == at })
			if k < 0 {
				k = len(falls)
				falls = append(falls, fall{at: at, when: i})
			}
			falls[k].who = append(falls[k].who, name)
		}
	}
	slices.SortStableFunc(falls, func(a, b fall) int { return a.when - b.when })
	text := "Nothing broke " + s.reach() + "."
	if len(falls) > 0 {
		var told []string
		broken := 0
		for _, f := range falls {
			told = append(told, join(f.who)+" "+f.at)
			broken += len(f.who)
		}
		text = "What broke first: " + strings.Join(told, "; ") + "."
		if broken < len(s.transports()) {
			text += " The others broke nowhere."
		}
	}
	if untold > 0 {
		text += fmt.Sprintf(" At %s that cannot be told: the measurement was disturbed, and is invalid.", ofAll(untold, all, "point"))
	}
	return text
}

// reach is how far a sweep went, in words.
func (s *sweep) reach() string {
	if x := axisOf(s.swept[0]); len(s.swept) == 1 && x.key != "poll.interval" {
		list := s.values(x)
		return "up to " + x.label(list[len(list)-1])
	}
	return "at any point"
}

// ofAll is "1 of 18 points".
func ofAll(n, all int, thing string) string {
	return fmt.Sprintf("%d of %s", n, plural(float64(all), thing))
}

// stamps counts the points of all transports: each is one marker in a chart.
func (s *sweep) stamps() (invalid, suspect, all int) {
	for _, p := range s.points {
		for i := range p.sides {
			all++
			switch p.sides[i].stamp {
			case result.Invalid:
				invalid++
			case result.Suspect:
				suspect++
			}
		}
	}
	return invalid, suspect, all
}

// stampCounts is that in words, for a footer.
func (s *sweep) stampCounts() string {
	switch invalid, suspect, all := s.stamps(); {
	case invalid > 0 && suspect > 0:
		return fmt.Sprintf("%s invalid, %d suspect", ofAll(invalid, all, "point"), suspect)
	case invalid > 0:
		return ofAll(invalid, all, "point") + " invalid"
	case suspect > 0:
		return ofAll(suspect, all, "point") + " suspect"
	default:
		return "all " + plural(float64(all), "point") + " valid"
	}
}

// suspects says in one sentence how much is suspect, and what for; it is empty
// where nothing is.
func (s *sweep) suspects() string {
	_, n, all := s.stamps()
	if n == 0 {
		return ""
	}
	var trials []result.Trial
	for _, p := range s.points {
		for i := range p.sides {
			if p.sides[i].stamp == result.Suspect {
				trials = append(trials, p.sides[i].used...)
			}
		}
	}
	var why []string
	for _, d := range doubtCounts(trials) {
		why = append(why, fmt.Sprintf("%s in %s", d.Words, plural(float64(d.attempts), "trial")))
	}
	text := ofAll(n, all, "point") + " are suspect"
	if n == all {
		text = "All " + plural(float64(all), "point") + " are suspect"
	}
	if len(why) > 0 {
		text += ": " + join(why)
	}
	return text + "."
}
