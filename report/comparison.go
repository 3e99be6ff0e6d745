package report

import (
	"fmt"
	"io"
	"math"
	"strings"
)

func (c *Change) print(v float64) string {
	if c.unit == count && !math.IsNaN(v) && v != math.Trunc(v) {
		return plain(v) // a mean over trials
	}
	return c.unit.format(v)
}

func (c *Change) limit() string {
	if c.Limit == 0 {
		return "no increase"
	}
	return "±" + plain(c.Limit*100) + " %"
}

func (c *Comparison) table() table {
	t := table{head: []string{"transport", "metric", "base", "new", "change", "limit", "verdict"}}
	for i := range c.Changes {
		ch := &c.Changes[i]
		change := "–"
		if !math.IsNaN(ch.Base) && !math.IsNaN(ch.New) {
			change = changeText(ch.Relative())
		}
		t.rows = append(t.rows, []string{ch.Transport, ch.Metric, ch.print(ch.Base), ch.print(ch.New), change, ch.limit(), ch.Verdict})
	}
	return t
}

// conclusion is the comparison in a sentence.
func (c *Comparison) conclusion() string {
	n, warned := len(c.Regressions()), 0
	for _, ch := range c.Changes {
		if ch.Verdict == "warn" {
			warned++
		}
	}
	s := "No regression"
	if n > 0 {
		s = "REGRESSION: " + plural(float64(n), "finding")
	}
	if warned > 0 {
		s += ", " + plural(float64(warned), "warning")
	}
	return s + "."
}

// Text prints the comparison for a terminal.
func (c *Comparison) Text(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n\n", c.Scenario)
	if t := c.table(); len(t.rows) > 0 {
		widths := t.widths()
		for _, row := range append([][]string{t.head}, t.rows...) {
			line := ""
			for i, s := range row {
				gap := pad(widths[i] - len([]rune(s)))
				if i >= 2 && i <= 5 {
					line += gap + s + "  "
				} else {
					line += s + gap + "  "
				}
			}
			b.WriteString(strings.TrimRight(line, " ") + "\n")
		}
		b.WriteString("\n")
	}
	o := TextOptions{Width: 100}
	o.wrap(&b, c.conclusion(), "")
	for _, s := range c.Regressions() {
		o.wrap(&b, s, "- ")
	}
	for _, s := range c.Notes {
		o.wrap(&b, s, "")
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// Markdown writes the same as Markdown, for a pull request.
func (c *Comparison) Markdown(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "### %s\n\n**%s**\n\n", md(c.Scenario), md(c.conclusion()))
	for _, s := range c.Regressions() {
		fmt.Fprintf(&b, "- %s\n", md(s))
	}
	b.WriteString("\n")
	if t := c.table(); len(t.rows) > 0 {
		mdTable(&b, t, false)
	}
	for _, s := range c.Notes {
		fmt.Fprintf(&b, "%s\n\n", md(s))
	}
	_, err := io.WriteString(w, b.String())
	return err
}
