package gate

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/pollpush/pollpush/report/internal/document"
	"github.com/pollpush/pollpush/report/internal/metric"
	"github.com/pollpush/pollpush/report/internal/number"
	"github.com/pollpush/pollpush/report/internal/trials"
)

// notes are those of the comparison, and those that its rows give cause for.
func (c *Comparison) notes() []string {
	out := slices.Clone(c.Notes)
	if slices.ContainsFunc(c.Changes, func(ch Change) bool { return ch.Edges >= leastEdge }) {
		out = append(out, "A limit such as 2+0.5 %: what is added to a count's limit can fall on either side of the window's edges, by how late the trials were.")
	}
	var untestable []string
	for i := range c.Changes {
		ch := &c.Changes[i]
		if ch.Untestable() {
			untestable = append(untestable, fmt.Sprintf("%s: %s (limit %s, but %s)", trials.At(ch.Transport, ch.Point), ch.Metric, ch.limit(), number.Percent(ch.Floor)))
		}
	}
	if len(untestable) > 0 {
		out = append(out, "Untestable, as runs of one commit differ by more than the limit on this machine, and below that nothing can be told: "+strings.Join(untestable, "; ")+".")
	}
	return out
}

// blockHead is the head of all blocks.
var blockHead = []string{"metric", "base", "new", "change", "limit", "verdict"}

// block is the rows of one transport at one point.
type block struct {
	name     string
	rows     [][]string
	folded   int // rows that are left out, as they are within their limits
	untested int // likewise, but that is all that is known of them
}

// blocks are the comparison's rows. Without all, those within their limits are
// left out, of times, and in a sweep all of them, untested ones too.
func (c *Comparison) blocks(all, spreads bool) []block {
	var out []block
	for i := range c.Changes {
		ch := &c.Changes[i]
		if name := trials.At(ch.Transport, ch.Point); len(out) == 0 || out[len(out)-1].name != name {
			out = append(out, block{name: name})
		}
		b := &out[len(out)-1]
		switch quiet := !all && ch.within(); {
		case quiet && ch.Verdict == Same && (c.swept || ch.metric.Kind != metric.Exact):
			b.folded++
			continue
		case quiet && ch.Verdict == Untested && c.swept:
			b.untested++
			continue
		}
		base, now := ch.print(ch.Base.Value), ch.print(ch.New.Value)
		if spreads {
			base, now = base+ch.Base.spread(), now+ch.New.spread()
		}
		b.rows = append(b.rows, []string{ch.label(), base, now, ch.change(), ch.tolerated(), ch.word()})
	}
	return out
}

// tolerated is the limit, and what holds in its place where that is less than
// what chance alone does.
func (c *Change) tolerated() string {
	if c.Untestable() {
		return c.limit() + " → " + number.Percent(c.Floor)
	}
	return c.limit()
}

// word is the verdict with what it rests on.
func (c *Change) word() string {
	s := string(c.Verdict)
	if c.starred() {
		s += "*"
	}
	if c.tested() && c.Verdict != Untested {
		s += " " + c.significance()
	}
	return s
}

func (c Change) starred() bool { return c.Verdict == Worse && !c.Gates }

// Text prints the comparison for a terminal: what is worse first, then tables.
// Rows that say nothing are only counted, unless all are asked for.
func (c *Comparison) Text(w io.Writer, all bool) error {
	var b strings.Builder
	o := document.TextOptions{Width: 100}
	for _, s := range c.faults {
		o.Wrap(&b, s, "⚠ ")
	}
	o.Wrap(&b, c.Scenario, "")
	o.Wrap(&b, c.Base, "base: ")
	o.Wrap(&b, c.New, "new:  ")
	b.WriteString("\n")
	o.Wrap(&b, c.conclusion(), "")
	for _, s := range c.Regressions() {
		o.Wrap(&b, s, "- ")
	}
	for _, s := range c.Warnings() {
		o.Wrap(&b, s, "⚠ ")
	}
	b.WriteString("\n")
	blocks := c.blocks(all, true)
	if document.WidthOf(allRows(blocks)) > o.Width {
		blocks = c.blocks(all, false)
	}
	c.tables(&b, blocks)
	for _, s := range c.notes() {
		o.Wrap(&b, s, "")
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// allRows is all blocks' rows under their head.
func allRows(blocks []block) [][]string {
	rows := [][]string{blockHead}
	for _, b := range blocks {
		rows = append(rows, b.rows...)
	}
	return rows
}

func (c *Comparison) tables(b *strings.Builder, blocks []block) {
	widths := document.WidthsOf(allRows(blocks))
	folded, untested := 0, 0
	for _, block := range blocks {
		folded, untested = folded+block.folded, untested+block.untested
		if len(block.rows) == 0 {
			continue
		}
		b.WriteString(block.name + "\n")
		for _, row := range append([][]string{blockHead}, block.rows...) {
			b.WriteString(comparedLine(row, widths) + "\n")
		}
		b.WriteString("\n")
	}
	if slices.ContainsFunc(c.Changes, (Change).starred) {
		b.WriteString("* warns, and does not gate.\n\n")
	}
	for _, left := range []struct {
		n    int
		what string
	}{{folded, "within the limit"}, {untested, "untested, and within the limit"}} {
		if left.n > 0 {
			fmt.Fprintf(b, "%s %s; --all shows them.\n\n", number.Plural(float64(left.n), "more row"), left.what)
		}
	}
}

// comparedLine sets numbers to the right, and names and verdicts to the left.
func comparedLine(row []string, widths []int) string {
	line := ""
	for i, s := range row {
		gap := document.Pad(widths[i] - utf8.RuneCountInString(s))
		if i > 0 && i < len(row)-1 {
			line += gap + s + "  "
		} else {
			line += s + gap + "  "
		}
	}
	return strings.TrimRight(line, " ")
}

// Markdown writes the same, all rows of it, for a pull request.
func (c *Comparison) Markdown(w io.Writer) error {
	var b strings.Builder
	for _, s := range c.faults {
		fmt.Fprintf(&b, "**⚠ %s**\n\n", document.Md(s))
	}
	fmt.Fprintf(&b, "### %s\n\n**%s**\n\n", document.Md(c.Scenario), document.Md(c.conclusion()))
	for _, s := range c.Regressions() {
		fmt.Fprintf(&b, "- %s\n", document.Md(s))
	}
	for _, s := range c.Warnings() {
		fmt.Fprintf(&b, "- ⚠ %s\n", document.Md(s))
	}
	b.WriteString("\n")
	all := document.Table{Head: c.columns("point", "transport", "metric", "base", "new", "change", "p and n", "limit", "gates", "verdict")}
	told := document.Table{Head: all.Head}
	for i := range c.Changes {
		ch := &c.Changes[i]
		row := c.columns(ch.cells()...)
		all.Rows = append(all.Rows, row)
		if ch.Verdict == Worse || ch.Verdict == Better || ch.Verdict == Untested && !ch.within() {
			told.Rows = append(told.Rows, row)
		}
	}
	if len(told.Rows) > 0 {
		document.MdTable(&b, told)
	}
	b.WriteString("<details><summary>All rows</summary>\n\n")
	document.MdTable(&b, all)
	b.WriteString("</details>\n\n")
	fmt.Fprintf(&b, "- base: %s\n- new: %s\n\n", document.Md(c.Base), document.Md(c.New))
	for _, s := range c.notes() {
		fmt.Fprintf(&b, "%s\n\n", document.Md(s))
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// cells are a row of the Markdown table.
func (c *Change) cells() []string {
	gates := "no"
	if c.Gates {
		gates = "yes"
	}
	return []string{c.Point, c.Transport, c.label(), c.interval(c.Base), c.interval(c.New), c.change(), c.significance(), c.tolerated(), gates, string(c.Verdict)}
}

// columns are cells of the Markdown table, the first of which is there only where
// anything is swept.
func (c *Comparison) columns(list ...string) []document.Cell {
	if !c.swept {
		list = list[1:]
	}
	return document.Texts(list...)
}
