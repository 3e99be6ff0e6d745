package model

import (
	"fmt"
	"slices"
	"strings"

	"github.com/pollpush/pollpush/internal/result"
	"github.com/pollpush/pollpush/report/internal/metric"
	"github.com/pollpush/pollpush/report/internal/number"
	"github.com/pollpush/pollpush/report/internal/trials"
)

// Bearing is how a transport bore the load of a point.
type Bearing int

const (
	NotMeasured Bearing = iota
	Bore
	Doubted // the measurement is: it does not show whether the load was borne
	Broke
)

// GridCell is a bearing in words.
type GridCell struct {
	Bearing
	Stamp  string // empty where it was not measured
	Reason string // the first
}

// CellOf separates what server or generator could not do from what else the
// machine did meanwhile. Where both were so, both are named.
func CellOf(s *trials.Side) GridCell {
	switch {
	case s == nil:
		return GridCell{}
	case len(s.Used) == 0:
		if slices.ContainsFunc(s.Aside, func(t result.Trial) bool { return t.Status == result.Failed }) {
			return GridCell{Broke, "breaks", "no trial completed"}
		}
		return GridCell{Doubted, "? no trial", "interrupted"}
	}
	var breaks, doubts []string
	for _, t := range s.Used {
		for _, r := range t.Reasons {
			if kind := r.Kind(); kind.Breaks {
				breaks = append(breaks, kind.Words)
			} else {
				doubts = append(doubts, kind.Words)
			}
		}
	}
	if metric.Lost.Cell(s.Complete()).Value > 0 {
		breaks = append([]string{result.KindOf(result.Losses).Words}, breaks...)
	}
	switch {
	case len(breaks) > 0 && len(doubts) > 0:
		return GridCell{Broke, "breaks", breaks[0] + "; " + doubts[0]}
	case len(breaks) > 0:
		return GridCell{Broke, "breaks", breaks[0]}
	case s.Stamp == result.Valid:
		return GridCell{Bore, "valid", ""}
	case len(doubts) > 0:
		return GridCell{Doubted, "? " + string(s.Stamp), doubts[0]}
	}
	return GridCell{Doubted, "? " + string(s.Stamp), ""}
}

// Breaking says at which load each transport broke first, and at how many points
// the measurement does not show it.
func Breaking(s *trials.Set) string {
	type fall struct {
		at   string
		who  []string
		when int
	}
	var falls []fall
	all, disturbed := 0, 0
	for _, name := range s.Transports() {
		fallen := false
		for i, p := range s.Points {
			part := p.Side(name)
			c := CellOf(part)
			if c.Bearing == NotMeasured {
				continue
			}
			all++
			if c.Bearing == Doubted && part.Stamp == result.Invalid {
				disturbed++
			}
			if c.Bearing != Broke || fallen {
				continue
			}
			fallen = true
			at := fmt.Sprintf("at %s (%s)", s.LabelOf(p, part), c.Reason)
			k := slices.IndexFunc(falls, func(f fall) bool { return f.at == at })
			if k < 0 {
				k = len(falls)
				falls = append(falls, fall{at: at, when: i})
			}
			falls[k].who = append(falls[k].who, name)
		}
	}
	slices.SortStableFunc(falls, func(a, b fall) int { return a.when - b.when })
	text := "No transport broke at any point."
	if len(falls) > 0 {
		var list []string
		broken := 0
		for _, f := range falls {
			list = append(list, number.Join(f.who)+" "+f.at)
			broken += len(f.who)
		}
		text = "What broke first: " + strings.Join(list, "; ") + "."
		if broken < len(s.Transports()) {
			text += " The others did not break."
		}
	}
	if disturbed > 0 {
		text += fmt.Sprintf(" At %s the measurement was disturbed and is invalid, so it shows nothing.", number.OfAll(disturbed, all, "point"))
	}
	return text
}
