package report

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/pollpush/pollpush/internal/result"
)

// junit is junit.xml: a suite for each point, and in it a case for each attempt
// of each trial.
func (s *sweep) junit() ([]byte, error) {
	all := junitSuites{Name: s.points[0].head.Run}
	for _, p := range s.points {
		all.Suites = append(all.Suites, p.junit())
	}
	var b bytes.Buffer
	if err := all.write(&b); err != nil {
		return nil, fmt.Errorf("report: junit.xml: %w", err)
	}
	return b.Bytes(), nil
}

func (p point) junit() junitSuite {
	suite := junitSuite{Name: p.head.Scenario, Properties: &junitProperties{[]junitProperty{
		{"scenario_hash", p.head.ScenarioHash}, {"commit", p.head.Env.Commit}, {"cpu", p.head.Env.CPUModel},
	}}}
	if p.label != "" {
		suite.Name += ": " + p.label
	}
	for _, k := range pointKeys {
		suite.Properties.List = append(suite.Properties.List, junitProperty{k.name, inFull(k.of(&p.head))})
	}
	started, time := p.all[0].Started, 0.0
	for i := range p.all {
		t := &p.all[i]
		if t.Started.Before(started) {
			started = t.Started
		}
		time += t.WindowS
		suite.add(junitOf(t))
	}
	suite.Time, suite.Timestamp = inFull(time), started.UTC().Format("2006-01-02T15:04:05")
	return suite
}

// junitOf is a trial as a case: an error if it did not run to its end, a failure
// if it is invalid or lost messages, and else passed, with what is doubted.
func junitOf(t *result.Trial) junitCase {
	c := junitCase{Class: t.Transport, Name: fmt.Sprintf("%s, trial %d", t.Transport, t.Trial), Time: inFull(t.WindowS)}
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
		c.Error = &junitOutcome{string(t.Status), "the trial did not run to its end", text}
	case t.Validity == result.Invalid && t.Lost > 0:
		c.Failure = &junitOutcome{string(result.Invalid), "the trial is invalid, and " + lost, text}
	case t.Validity == result.Invalid:
		c.Failure = &junitOutcome{string(result.Invalid), "the trial is invalid", text}
	case t.Lost > 0:
		c.Failure = &junitOutcome{"lost", lost, text}
	default:
		c.Out = text
	}
	return c
}
