package export

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/pollpush/pollpush/internal/result"
	"github.com/pollpush/pollpush/report/internal/junit"
	"github.com/pollpush/pollpush/report/internal/trials"
)

// tests is junit.xml: a suite for each point, and in it a case for each attempt
// of each trial.
func tests(s *trials.Set, b *bytes.Buffer) error {
	all := junit.Suites{Name: s.Points[0].Head.Run}
	for _, p := range s.Points {
		all.Suites = append(all.Suites, suiteOf(p))
	}
	return all.Write(b)
}

func suiteOf(p *trials.Point) junit.Suite {
	suite := junit.Suite{Name: p.Head.Scenario, Properties: &junit.Properties{List: []junit.Property{
		{Name: "scenario_hash", Value: p.Head.ScenarioHash}, {Name: "commit", Value: p.Head.Env.Commit}, {Name: "cpu", Value: p.Head.Env.CPUModel},
	}}}
	if p.Label != "" {
		suite.Name += ": " + p.Label
	}
	for _, x := range trials.Axes {
		suite.Properties.List = append(suite.Properties.List, junit.Property{Name: x.Field, Value: inFull(x.Of(&p.Head))})
	}
	started, time := p.All[0].Started, 0.0
	for i := range p.All {
		t := &p.All[i]
		if t.Started.Before(started) {
			started = t.Started
		}
		time += t.WindowS
		suite.Add(caseOf(t))
	}
	suite.Time, suite.Timestamp = inFull(time), started.UTC().Format("2006-01-02T15:04:05")
	return suite
}

// caseOf is a trial as a case: an error if it did not run to its end, a failure
// if it is invalid or lost messages, and else passed, with what is doubted.
func caseOf(t *result.Trial) junit.Case {
	c := junit.Case{Class: t.Transport, Name: fmt.Sprintf("%s, trial %d", t.Transport, t.Trial), Time: inFull(t.WindowS)}
	if t.Attempt > 1 {
		c.Name += fmt.Sprintf(", attempt %d", t.Attempt)
	}
	var reasons []string
	for _, r := range t.Reasons {
		reasons = append(reasons, r.Code+" ("+string(r.Validity)+"): "+r.Text)
	}
	text := strings.Join(reasons, "\n")
	lost := fmt.Sprintf("%d of %d deliveries were lost", t.Lost, t.Expected)
	switch {
	case t.Status != result.Complete:
		c.Error = &junit.Outcome{Type: string(t.Status), Message: "the trial did not run to its end", Text: text}
	case t.Validity == result.Invalid && t.Lost > 0:
		c.Failure = &junit.Outcome{Type: string(result.Invalid), Message: "the trial is invalid, and " + lost, Text: text}
	case t.Validity == result.Invalid:
		c.Failure = &junit.Outcome{Type: string(result.Invalid), Message: "the trial is invalid", Text: text}
	case t.Lost > 0:
		c.Failure = &junit.Outcome{Type: "lost", Message: lost, Text: text}
	default:
		c.Out = text
	}
	return c
}
