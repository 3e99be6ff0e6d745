package report

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/pollpush/pollpush/internal/result"
)

// TextOptions say what the text is read on.
type TextOptions struct {
	Width    int  // in columns; 0 is 80
	Terminal bool // understands bold and colour
}

// Text prints the verdict's table and sentences for a terminal. Trials of
// several runs, or none, are an error.
func Text(w io.Writer, trials []result.Trial, o TextOptions) error {
	s, err := newSweep(trials)
	if err != nil {
		return err
	}
	d := documentOf(s)
	if o.Width <= 0 {
		o.Width = 80
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n\n", o.bold(d.title))
	o.numbers(&b, d.table)
	if len(d.footnotes) > 0 {
		for _, note := range d.footnotes {
			o.wrap(&b, note, "")
		}
		b.WriteString("\n")
	}
	for _, s := range d.verdict.headlines {
		o.wrap(&b, s, "⚠ ")
	}
	for _, s := range append(slices.Clone(d.verdict.paragraphs), d.verdict.notes...) {
		o.wrap(&b, s, "")
	}
	doubts, more := d.shortDoubts()
	if d.partial != "" || len(doubts) > 0 {
		b.WriteString("\n")
		if d.partial != "" {
			o.wrap(&b, d.partial, "⚠ ")
		}
		for _, s := range doubts {
			o.wrap(&b, s, "- ")
		}
		if more != "" {
			o.wrap(&b, more, "")
		}
	}
	further := "More in report.html: Charts"
	for _, s := range d.sections {
		further += " · " + s.title
	}
	b.WriteString("\n")
	o.wrap(&b, further, "")
	_, err = io.WriteString(w, b.String())
	return err
}

// mostDoubts is how many doubts a terminal lists one by one.
const mostDoubts = 6

// shortDoubts are the doubts, or, where they are many, their reasons, and where
// all stand.
func (d *document) shortDoubts() (list []string, more string) {
	list = d.doubts()
	if len(list) <= mostDoubts || len(d.reasons) >= len(list) {
		return list, ""
	}
	return d.reasons, fmt.Sprintf("These are the reasons to doubt %s, some of which may enter no number: report.html lists each under Warnings.", plural(float64(len(list)), "trial"))
}

// title names the run.
func (r *run) title() string {
	s := or(r.head.Scenario, "unnamed scenario") + ": " + plural(float64(r.head.Clients), "client")
	if a := r.head.Asked; a.PublishRate > 0 {
		s += ", " + plural(a.PublishRate, "message") + "/s"
		if a.Rooms > 1 {
			s += " in each of " + thousands(fmt.Sprint(a.Rooms)) + " rooms"
		}
	} else {
		s += ", nothing said"
	}
	return s
}

// numbers prints a table in as many blocks of columns as the width takes, each
// with the names of the rows. Ranges are left out before a table is broken.
func (o TextOptions) numbers(b *strings.Builder, t table) {
	names := t.names()
	if t.width() > o.Width {
		if short := t.brief(); short.width() <= o.Width || len(t.head) > 4 {
			t = short
		}
	}
	heads := [][]string{t.head}
	if !t.across() {
		heads = t.foldedHead()
	}
	rows := append(slices.Clone(heads), t.grouped()...)
	widths := widthsOf(rows)
	for from := names; from < len(t.head); {
		total, to := -2, from
		for _, w := range widths[:names] {
			total += 2 + w
		}
		for to < len(t.head) && (to == from || total+2+widths[to] <= o.Width) {
			total += 2 + widths[to]
			to++
		}
		for i, row := range rows {
			line := ""
			for j := range names {
				line += row[j] + pad(widths[j]-utf8.RuneCountInString(row[j])+2)
			}
			for j := from; j < to; j++ {
				line += pad(widths[j]-utf8.RuneCountInString(row[j])) + row[j] + "  "
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

// foldedHead is the head in several lines, a word or more in each, so that no
// column is wider than its numbers ask for.
func (t *table) foldedHead() [][]string {
	widths := widthsOf(append([][]string{make([]string, len(t.head))}, t.rows...))
	folded, lines := make([][]string, len(t.head)), 0
	for i, head := range t.head {
		for _, word := range strings.Fields(head) {
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
		heads[k] = make([]string, len(t.head))
		for i := range folded {
			if at := k - (lines - len(folded[i])); at >= 0 { // on the last line, where the numbers begin
				heads[k][i] = folded[i][at]
			}
		}
	}
	return heads
}

// grouped is the rows without a first name that the row before has as well.
func (t *table) grouped() [][]string {
	rows := slices.Clone(t.rows)
	for i := range rows {
		if i > 0 && t.names() > 1 && t.rows[i][0] == t.rows[i-1][0] {
			rows[i] = slices.Clone(rows[i])
			rows[i][0] = ""
		}
	}
	return rows
}

func (t *table) widths() []int { return widthsOf(append([][]string{t.head}, t.rows...)) }

// widthsOf is how wide each column is.
func widthsOf(rows [][]string) []int {
	var widths []int
	for _, row := range rows {
		widths = append(widths, make([]int, max(len(row)-len(widths), 0))...)
		for i, s := range row {
			widths[i] = max(widths[i], utf8.RuneCountInString(s))
		}
	}
	return widths
}

func (t *table) width() int {
	total := -2
	for _, w := range t.widths() {
		total += 2 + w
	}
	return total
}

func pad(n int) string { return strings.Repeat(" ", max(n, 0)) }

func (o TextOptions) bold(s string) string {
	if !o.Terminal {
		return s
	}
	return "\x1b[1m" + s + "\x1b[0m"
}

// wrap prints a paragraph within the width, its later lines indented by as
// much as the mark before the first.
func (o TextOptions) wrap(b *strings.Builder, s, mark string) {
	indent := pad(utf8.RuneCountInString(mark))
	line, n := mark, utf8.RuneCountInString(mark)
	empty := true
	flush := func() {
		if o.Terminal && strings.HasPrefix(mark, "⚠") {
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
