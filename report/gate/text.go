package gate

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/pollpush/pollpush/report/internal/compare"
	"github.com/pollpush/pollpush/report/internal/document"
	"github.com/pollpush/pollpush/report/internal/metric"
	"github.com/pollpush/pollpush/report/internal/number"
)

// TextOptions say how a comparison is printed on a terminal.
type TextOptions = document.TextOptions

// Text prints the comparison for a terminal: what is worse first, then tables.
// Rows that say nothing are only counted, unless all are asked for.
func (c *Comparison) Text(w io.Writer, o TextOptions, all bool) error {
	o.Width = cmp.Or(o.Width, document.UsualWidth)
	var b strings.Builder
	list := func(mark string, paragraphs ...string) {
		for _, s := range paragraphs {
			o.Wrap(&b, s, mark)
		}
	}
	warn := func(paragraphs []string) {
		for _, s := range paragraphs {
			o.Warn(&b, s)
		}
	}
	warn(said(c.Faults, faults))
	list("", c.Base.Title())
	list("base: ", c.Base.Origin())
	list("new:  ", c.New.Origin())
	b.WriteString("\n")
	list("", c.conclusion())
	list("- ", c.Regressions()...)
	warn(c.Warnings())
	b.WriteString("\n")
	c.tables(&b, all, o.Width)
	list("", c.notes()...)
	_, err := io.WriteString(w, b.String())
	return err
}

// tables are one for each transport at each point, with columns of one width.
// Where those would not fit, spreads are left out, and then metrics and verdicts
// stand above the numbers.
func (c *Comparison) tables(b *strings.Builder, all bool, width int) {
	head := []string{"metric", "base", "new", "change", "limit", "verdict"}
	lines, within, untested := [][]string{head}, 0, 0
	var shown []row
	for _, r := range c.rows() {
		switch {
		case all || !c.quiet(r):
			shown, lines = append(shown, r), append(lines, texts(r.short(), true))
		case r.Verdict == compare.Untested:
			untested++
		default:
			within++
		}
	}
	if document.WidthOf(lines) > width {
		for i, r := range shown {
			lines[i+1] = texts(r.short(), false)
		}
	}
	above := make([]string, len(lines))
	if document.WidthOf(lines) > width {
		for i := range lines {
			last := len(lines[i]) - 1
			above[i] = lines[i][0] + "  " + lines[i][last] + "\n"
			lines[i][0], lines[i][last] = "", ""
		}
	}
	widths := document.WidthsOf(lines)
	for i, r := range shown {
		if i == 0 || r.Place != shown[i-1].Place {
			b.WriteString(r.Where() + "\n" + above[0] + line(head, widths) + "\n")
		}
		b.WriteString(above[i+1] + line(lines[i+1], widths) + "\n")
		if i+1 == len(shown) || r.Place != shown[i+1].Place {
			b.WriteString("\n")
		}
	}
	if slices.ContainsFunc(c.rows(), func(r row) bool { return r.Warns() }) {
		b.WriteString("* warns and does not gate.\n\n")
	}
	for _, left := range []struct {
		n    int
		what string
	}{{within, "within the limit"}, {untested, "untested, and within the limit"}} {
		if left.n > 0 {
			fmt.Fprintf(b, "%s %s; --all shows them.\n\n", number.Plural(float64(left.n), "more row"), left.what)
		}
	}
}

// quiet reports whether a row is only counted: those of times within their limit,
// and in a sweep all of them, untested ones too.
func (c *Comparison) quiet(r row) bool {
	swept := len(c.Base.Swept) > 0
	return r.Within() && (r.Verdict == compare.Same && (swept || r.Metric.Kind != metric.Exact) || r.Verdict == compare.Untested && swept)
}

// texts are a row's cells, the numbers with or without their spreads.
func texts(cells []document.Cell, spreads bool) (out []string) {
	for i, cell := range cells {
		if !spreads && i < len(cells)-1 {
			cell.Stamp = ""
		}
		out = append(out, cell.String())
	}
	return out
}

// line sets numbers to the right, and names and verdicts to the left.
func line(row []string, widths []int) string {
	out := ""
	for i, s := range row {
		gap := document.Pad(widths[i] - utf8.RuneCountInString(s))
		if i > 0 && i < len(row)-1 {
			out += gap + s + "  "
		} else {
			out += s + gap + "  "
		}
	}
	return strings.TrimRight(out, " ")
}
