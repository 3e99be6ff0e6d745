package document

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/pollpush/pollpush/report/internal/number"
)

// UsualWidth is that of text whose reader's width is not known.
const UsualWidth = 100

// TextOptions say what the text is read on.
type TextOptions struct {
	Width    int    // in columns; 0 is [UsualWidth]
	Terminal bool   // understands bold and colour
	Folder   string // of the run, for commands; empty if not known
}

// Text is what a terminal shows of the report: the main table, the verdict's
// sentences and the doubts.
func (d *Document) Text(o TextOptions) []byte {
	if o.Width <= 0 {
		o.Width = UsualWidth
	}
	var b strings.Builder
	o.wrap(&b, d.Title, "", bold)
	b.WriteString("\n")
	if h := &d.Headline; len(h.Tiles) > 0 {
		if h.Warning {
			o.Warn(&b, h.line())
		} else {
			o.Wrap(&b, h.line(), "")
		}
		b.WriteString("\n")
	}
	if len(d.Table.Rows) > 0 {
		o.numbers(&b, d.Table)
	}
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
			o.Warn(&b, strings.Replace(d.Partial, "--resume DIR", "--resume "+number.Quote(cmp.Or(o.Folder, "DIR")), 1))
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

// lines are a table's, as text: each row may have a title above it.
type lines struct {
	heads, rows [][]string
	titles      []string
	names       int // columns that name a row
}

// mostBlocks is into how many blocks of columns a table is broken before the first
// of its names become titles.
const mostBlocks = 2

// numbers prints a table in as many blocks of columns as the width takes, each
// with the names of the rows. Ranges are left out before a table is broken.
func (o TextOptions) numbers(b *strings.Builder, t Table) {
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
	l := lines{heads, grouped(rows, t.NameColumns()), make([]string, len(rows)), t.NameColumns()}
	blocks := l.blocks(o.Width)
	if l.names > 1 && len(blocks) > mostBlocks {
		l = l.titled()
		blocks = l.blocks(o.Width)
	}
	for _, to := range blocks {
		l.print(b, o, to)
		b.WriteString("\n")
	}
}

// blocks are the columns, from and to, of each block that fits a width.
func (l *lines) blocks(width int) (blocks [][2]int) {
	widths := l.widths()
	for from := l.names; from < len(widths); {
		total, to := -2, from
		for _, w := range widths[:l.names] {
			total += 2 + w
		}
		for to < len(widths) && (to == from || total+2+widths[to] <= width) {
			total += 2 + widths[to]
			to++
		}
		blocks = append(blocks, [2]int{from, to})
		from = to
	}
	return blocks
}

func (l *lines) widths() []int { return WidthsOf(slices.Concat(l.heads, l.rows)) }

// titled makes the first name of rows a title above them.
func (l *lines) titled() lines {
	without := func(rows [][]string) (list [][]string) {
		for _, row := range rows {
			list = append(list, slices.Concat([]string{"  " + row[1]}, row[2:]))
		}
		return list
	}
	t := lines{without(l.heads), without(l.rows), nil, l.names - 1}
	for _, row := range l.rows {
		t.titles = append(t.titles, row[0])
	}
	return t
}

// print prints a block.
func (l *lines) print(b *strings.Builder, o TextOptions, block [2]int) {
	widths := l.widths()
	line := func(row []string) string {
		text := ""
		for j := range l.names {
			text += row[j] + Pad(widths[j]-utf8.RuneCountInString(row[j])+2)
		}
		for j := block[0]; j < block[1]; j++ {
			text += Pad(widths[j]-utf8.RuneCountInString(row[j])) + row[j] + "  "
		}
		return strings.TrimRight(text, " ")
	}
	for _, head := range l.heads {
		if text := line(head); text != "" { // of a longer head in another block
			b.WriteString(o.styled(text, bold) + "\n")
		}
	}
	for i, row := range l.rows {
		if l.titles[i] != "" {
			b.WriteString(l.titles[i] + "\n")
		}
		b.WriteString(line(row) + "\n")
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

// Styles of text, by the numbers of a terminal's escapes.
const (
	bold    = "1"
	boldRed = "1;31"
)

func (o TextOptions) styled(s, style string) string {
	if !o.Terminal || style == "" {
		return s
	}
	return "\x1b[" + style + "m" + s + "\x1b[0m"
}

// Wrap prints a paragraph within the width, its later lines indented by as
// much as the mark before the first.
func (o TextOptions) Wrap(b *strings.Builder, s, mark string) { o.wrap(b, s, mark, "") }

// Warn prints a warning likewise, in red where there is colour.
func (o TextOptions) Warn(b *strings.Builder, s string) { o.wrap(b, s, "⚠ ", boldRed) }

func (o TextOptions) wrap(b *strings.Builder, s, mark, style string) {
	indent := Pad(utf8.RuneCountInString(mark))
	line, n := mark, utf8.RuneCountInString(mark)
	empty := true
	flush := func() { b.WriteString(o.styled(line, style) + "\n") }
	for _, word := range strings.Fields(s) {
		w := utf8.RuneCountInString(word)
		if !empty && n+1+w > cmp.Or(o.Width, UsualWidth) {
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
