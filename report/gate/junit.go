package gate

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/pollpush/pollpush/report/internal/compare"
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
			all.Suites = append(all.Suites, junit.Suite{Name: number.Or(point, c.Base.Title())})
		}
		all.Suites[i].Add(t)
	}
	place := func(p compare.Place, failure, skipped *junit.Outcome) {
		add(p.Point, junit.Case{Class: number.Or(p.Transport, p.Point), Name: "is there", Failure: failure, Skipped: skipped})
	}
	for _, p := range c.Missing {
		place(p, &junit.Outcome{Type: "missing", Message: missing(p), Text: missing(p)}, nil)
	}
	for _, p := range c.Fresh {
		place(p, nil, &junit.Outcome{Message: fresh(p) + ": " + string(compare.Untested)})
	}
	for _, r := range c.rows() {
		add(r.Point, c.testCase(r))
	}
	if len(all.Suites) > 0 {
		all.Suites[0].Out = strings.Join(slices.Concat(said(c.Faults, faults), []string{c.conclusion()}, c.notes()), "\n")
	}
	return all.Write(w)
}

// testCase is a row as a test.
func (c *Comparison) testCase(r row) junit.Case {
	t := junit.Case{Class: r.Transport, Name: r.Metric.Name}
	if r.Point != "" {
		t.Class += "." + r.Point
	}
	switch {
	case r.Regressed():
		text := []string{r.finding()}
		for _, h := range c.Headers {
			if h.Place == r.Place && h.Explains && r.CountsHeads() {
				text = append(text, header(h))
			}
		}
		t.Failure = &junit.Outcome{Type: "regression", Message: r.finding(), Text: strings.Join(text, "\n")}
	case r.Verdict == compare.Untested:
		t.Skipped = &junit.Outcome{Message: fmt.Sprintf("%s: %s; %s to %s (%s)", compare.Untested, c.why(r.Gap, r), r.print(r.Base.Value), r.print(r.New.Value), r.change())}
	}
	if text := r.warning(); text != "" {
		t.Out = "warning: " + text
	}
	return t
}
