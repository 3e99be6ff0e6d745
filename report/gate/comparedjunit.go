package gate

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/pollpush/pollpush/report/internal/junit"
	"github.com/pollpush/pollpush/report/internal/number"
)

// JUnit writes the comparison as JUnit XML: one suite for each point, and one
// test for each row, which fails where it is a regression.
func (c *Comparison) JUnit(w io.Writer) error {
	all := junit.Suites{Name: "pollpush compare"}
	suites := map[string]int{} // by point
	add := func(point string, t junit.Case) {
		i, ok := suites[point]
		if !ok {
			i = len(all.Suites)
			suites[point] = i
			all.Suites = append(all.Suites, junit.Suite{Name: number.Or(point, c.Scenario)})
		}
		all.Suites[i].Add(t)
	}
	for _, m := range c.Missing {
		add(m.Point, junit.Case{Class: number.Or(m.Transport, m.Point), Name: "is there", Failure: &junit.Outcome{Type: "missing", Message: m.text(), Text: m.text()}})
	}
	for _, m := range c.Fresh {
		add(m.Point, junit.Case{Class: number.Or(m.Transport, m.Point), Name: "is there", Skipped: &junit.Outcome{Message: m.fresh() + ": " + string(Untested)}})
	}
	for i := range c.Changes {
		add(c.Changes[i].Point, c.testCase(&c.Changes[i]))
	}
	if len(all.Suites) > 0 {
		all.Suites[0].Out = strings.Join(slices.Concat(c.faults, []string{c.conclusion()}, c.notes()), "\n")
	}
	return all.Write(w)
}

// testCase is a row as a test.
func (c *Comparison) testCase(ch *Change) junit.Case {
	t := junit.Case{Class: ch.Transport, Name: ch.Metric}
	if ch.Point != "" {
		t.Class += "." + ch.Point
	}
	switch {
	case ch.regressed():
		text := []string{ch.finding()}
		for _, h := range c.headers {
			if h.transport == ch.Transport && h.point == ch.Point && c.explains(h) && ch.countsHeads() {
				text = append(text, h.text)
			}
		}
		t.Failure = &junit.Outcome{Type: "regression", Message: ch.finding(), Text: strings.Join(text, "\n")}
	case ch.Verdict == Untested:
		t.Skipped = &junit.Outcome{Message: fmt.Sprintf("%s: %s; %s to %s (%s)", Untested, c.why(ch.gap, []*Change{ch}), ch.print(ch.Base.Value), ch.print(ch.New.Value), ch.change())}
	}
	if text := ch.warning(); text != "" {
		t.Out = "warning: " + text
	}
	return t
}
