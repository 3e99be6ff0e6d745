package document

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/pollpush/pollpush/report/internal/number"
)

// TextOptions say what the text is read on.
type TextOptions struct {
	Width    int  // in columns; 0 is 80
	Terminal bool // understands bold and colour
}

// Text is what a terminal shows of the report: the main table, the verdict's
// sentences and the doubts.
func (d *Document) Text(o TextOptions) []byte {
	if o.Width <= 0 {
		o.Width = 80
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n\n", o.bold(d.Title))
	if len(d.Headline.Tiles) > 0 {
		o.wrap(&b, d.Headline.line(), "", d.Headline.Warning)
		b.WriteString("\n")
	}
	o.numbers(&b, d.Table)
	for _, note := range append(slices.Clone(d.Footnotes), d.Table.Legend()) {
		if note != "" {
			o.Wrap(&b, note, "")
		}
	}
	b.WriteString("\n")
	for _, s := range d.Verdict.Headlines {
		o.Warn(&b, s)
	}
	for _, s := range append(slices.Clone(d.Verdict.Paragraphs), d.Verdict.Notes...) {
		o.Wrap(&b, s, "")
	}
	doubts, more := d.shortDoubts()
	if d.Partial != "" || len(doubts) > 0 {
		b.WriteString("\n")
		if d.Partial != "" {
			o.Warn(&b, d.Partial)
		}
		for _, s := range doubts {
			o.Wrap(&b, s, "- ")
		}
		if more != "" {
			o.Wrap(&b, more, "")
		}
	}
	further := "More in report.html: Charts"
	for _, s := range d.Sections {
		further += " · " + s.Title
	}
	b.WriteString("\n")
	o.Wrap(&b, further, "")
	return []byte(b.String())
}

// mostDoubts is how many doubts a terminal lists one by one.
const mostDoubts = 6

// shortDoubts are the doubts, or, where they are many, their reasons, and where
// all stand.
func (d *Document) shortDoubts() (list []string, more string) {
	list = d.Doubts
	if len(list) <= mostDoubts || len(d.Reasons) >= len(list) {
		return list, ""
	}
	return d.Reasons, fmt.Sprintf("These are the reasons for the warnings about %s. report.html lists each trial under Warnings.", number.Plural(float64(len(list)), "trial"))
}

// numbers prints a table in as many blocks of columns as the width takes, each
// with the names of the rows. Ranges are left out before a table is broken.
func (o TextOptions) numbers(b *strings.Builder, t Table) {
	names := t.NameColumns()
	head, rows := t.lines(true)
	if WidthOf(append([][]string{head}, rows...)) > o.Width {
		if h, short := t.lines(false); WidthOf(append([][]string{h}, short...)) <= o.Width || len(head) > 4 {
			head, rows = h, short
		}
	}
	heads := [][]string{head}
	if !t.Across {
		heads = foldedHead(head, rows)
	}
	rows = append(slices.Clone(heads), grouped(rows, names)...)
	widths := WidthsOf(rows)
	for from := names; from < len(head); {
		total, to := -2, from
		for _, w := range widths[:names] {
			total += 2 + w
		}
		for to < len(head) && (to == from || total+2+widths[to] <= o.Width) {
			total += 2 + widths[to]
			to++
		}
		for i, row := range rows {
			line := ""
			for j := range names {
				line += row[j] + Pad(widths[j]-utf8.RuneCountInString(row[j])+2)
			}
			for j := from; j < to; j++ {
				line += Pad(widths[j]-utf8.RuneCountInString(row[j])) + row[j] + "  "
			}
			line = strings.TrimRight(line, " ")
			switch {
			case i >= len(heads):
			case line == "": // of a longer head in another block
				continue
			default:
				line = o.bold(line)
			}
			b.WriteString(line + "\n")
		}
		b.WriteString("\n")
		from = to
	}
}

// foldedHead is a head in several lines, a word or more in each, so that no
// column is wider than its numbers ask for.
func foldedHead(head []string, rows [][]string) [][]string {
	widths := WidthsOf(append([][]string{make([]string, len(head))}, rows...))
	folded, lines := make([][]string, len(head)), 0
	for i, text := range head {
		for _, word := range strings.Fields(text) {
			n := len(folded[i])
			if n > 0 && utf8.RuneCountInString(folded[i][n-1]+" "+word) <= widths[i] {
				folded[i][n-1] += " " + word
			} else {
				folded[i] = append(folded[i], word)
			}
		}
		lines = max(lines, len(folded[i]))
	}
	heads := make([][]string, lines)
	for k := range heads {
		heads[k] = make([]string, len(head))
		for i := range folded {
			if at := k - (lines - len(folded[i])); at >= 0 { // on the last line, where the numbers begin
				heads[k][i] = folded[i][at]
			}
		}
	}
	return heads
}

// grouped is the rows without a first name that the row before has as well.
func grouped(rows [][]string, names int) [][]string {
	list := slices.Clone(rows)
	for i := range list {
		if i > 0 && names > 1 && rows[i][0] == rows[i-1][0] {
			list[i] = slices.Clone(list[i])
			list[i][0] = ""
		}
	}
	return list
}

// WidthsOf is how wide each column is.
func WidthsOf(rows [][]string) []int {
	var widths []int
	for _, row := range rows {
		widths = append(widths, make([]int, max(len(row)-len(widths), 0))...)
		for i, s := range row {
			widths[i] = max(widths[i], utf8.RuneCountInString(s))
		}
	}
	return widths
}

// WidthOf is how wide all columns are together.
func WidthOf(rows [][]string) int {
	total := -2
	for _, w := range WidthsOf(rows) {
		total += 2 + w
	}
	return total
}

func Pad(n int) string { return strings.Repeat(" ", max(n, 0)) }

func (o TextOptions) bold(s string) string {
	if !o.Terminal {
		return s
	}
	return "\x1b[1m" + s + "\x1b[0m"
}

// Wrap prints a paragraph within the width, its later lines indented by as
// much as the mark before the first.
func (o TextOptions) Wrap(b *strings.Builder, s, mark string) { o.wrap(b, s, mark, false) }

// Warn prints a warning likewise, in red where there is colour.
func (o TextOptions) Warn(b *strings.Builder, s string) { o.wrap(b, s, "⚠ ", true) }

func (o TextOptions) wrap(b *strings.Builder, s, mark string, red bool) {
	indent := Pad(utf8.RuneCountInString(mark))
	line, n := mark, utf8.RuneCountInString(mark)
	empty := true
	flush := func() {
		if o.Terminal && red {
			line = "\x1b[1;31m" + line + "\x1b[0m"
		}
		b.WriteString(line + "\n")
	}
	for _, word := range strings.Fields(s) {
		w := utf8.RuneCountInString(word)
		if !empty && n+1+w > o.Width {
			flush()
			line, n, empty = indent, len(indent), true
		}
		if !empty {
			line += " "
			n++
		}
		line, n, empty = line+word, n+w, false
	}
	flush()
}
