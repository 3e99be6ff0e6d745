package tables

import (
	"fmt"
	"slices"
	"strings"

	"github.com/pollpush/pollpush/internal/result"
	"github.com/pollpush/pollpush/report/internal/document"
	"github.com/pollpush/pollpush/report/internal/number"
	"github.com/pollpush/pollpush/report/internal/trials"
)

// Trials lists every trial of every point, used or not, with all its reasons,
// and says of those that are not plainly valid and used what is doubted.
func Trials(s *trials.Set) (t document.Table, doubts []string) {
	t.Head = document.Texts("transport", "trial", "attempt", "status", "validity", "used", "reasons")
	several := len(s.Points) > 1
	if several {
		t.Head, t.Names = slices.Insert(t.Head, 0, document.Text("at")), 2
	}
	for _, p := range s.Points {
		for i := range p.Sides {
			side := &p.Sides[i]
			for _, trial := range p.All {
				if trial.Transport != side.Transport {
					continue
				}
				names := document.Texts(trial.Transport)
				if several {
					names = slices.Insert(names, 0, pointCell(s, p, side))
				}
				used, why := use(side, &trial), doubtsOf(&trial)
				t.Rows = append(t.Rows, slices.Concat(names, trialCells(&trial, used, why)))
				if trial.Status != result.Complete || trial.Validity != result.Valid || used != "yes" || len(why) > 0 {
					doubts = append(doubts, doubt(&trial, names, used, why))
				}
			}
		}
	}
	return t, doubts
}

// use says whether a trial's numbers enter.
func use(s *trials.Side, t *result.Trial) string {
	same := func(u result.Trial) bool { return u.Trial == t.Trial && u.Attempt == t.Attempt }
	switch {
	case !slices.ContainsFunc(s.Used, same):
		return "no"
	case t.Validity == result.Invalid:
		return "stamped"
	}
	return "yes"
}

// doubtsOf are a trial's reasons, those that do not decide on its validity with
// theirs, and what it lost.
func doubtsOf(t *result.Trial) (why []string) {
	for _, reason := range t.Reasons {
		text := reason.Text
		if reason.Validity != t.Validity {
			text = fmt.Sprintf("%s: %s", reason.Validity, text)
		}
		why = append(why, text)
	}
	if t.Lost > 0 {
		why = append(why, fmt.Sprintf("lost %s deliveries", number.Count.Format(float64(t.Lost))))
	}
	return why
}

func trialCells(t *result.Trial, used string, why []string) []document.Cell {
	validity := document.Text(string(t.Validity))
	validity.Warning = t.Validity != result.Valid
	return []document.Cell{document.Count(t.Trial), document.Count(t.Attempt), document.Text(string(t.Status)), validity,
		document.Text(used), document.Text(number.Or(strings.Join(why, "; "), "none"))}
}

// doubt is a trial's doubts in a sentence.
func doubt(t *result.Trial, names []document.Cell, used string, why []string) string {
	var at []string
	for _, name := range names {
		at = append(at, name.Text)
	}
	s := fmt.Sprintf("%s trial %d", strings.Join(at, ", "), t.Trial)
	if t.Attempt != 1 {
		s += fmt.Sprintf(", attempt %d", t.Attempt)
	}
	s += fmt.Sprintf(": %s, %s", t.Status, t.Validity)
	if used == "no" {
		s += ", not used"
	}
	if len(why) > 0 {
		s += " – " + strings.Join(why, "; ")
	}
	return s
}

// pointCell names a point, where a transport knows of it, and sorts by the first
// of the keys that it names.
func pointCell(s *trials.Set, p *trials.Point, side *trials.Side) document.Cell {
	text := s.LabelOf(p, side)
	if known := s.Known(side); len(known) > 0 {
		return document.Number(text, known[0].Of(&p.Head))
	}
	return document.Text(text)
}
