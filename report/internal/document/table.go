package document

import (
	"math"
	"slices"
	"strconv"

	"github.com/pollpush/pollpush/report/internal/metric"
)

// Table is rows of cells under a head, which may be empty.
type Table struct {
	Head    []Cell
	Rows    [][]Cell
	Names   int  // how many columns, from the left, name a row; 0 is one
	Numbers bool // the other columns hold numbers, set to the right
	Across  bool // each of these columns is one transport's
}

// Cell is one place of a table, before any format: unescaped, without a width.
type Cell struct {
	Text    string
	Range   string // beside a number, as "25.5–25.8"
	Stamp   string // behind the text, as "⚠ invalid"
	Warning bool   // the text or the stamp is a warning

	number bool
	value  float64 // in base units: what the column is sorted by
}

// Text is a cell without a number.
func Text(s string) Cell { return Cell{Text: s} }

// Texts are cells without numbers.
func Texts(list ...string) []Cell {
	cells := make([]Cell, len(list))
	for i, s := range list {
		cells[i].Text = s
	}
	return cells
}

// Dash is the cell of a number that does not apply or is not known.
const Dash = "–"

// Number is a cell of v, in base units, as printed by text. NaN has no number.
func Number(text string, v float64) Cell {
	return Cell{Text: text, number: !math.IsNaN(v), value: v}
}

// Measured is a cell of a metric's median with the range of the trials, or of its
// sum.
func Measured(m *metric.Metric, c metric.Cell) Cell {
	cell := Number(m.Unit.Format(c.Value), c.Value)
	if !m.Total && len(c.Values) > 1 {
		cell.Range = m.Unit.Range(c.Value, c.Low, c.High)
	}
	return cell
}

// Count is a cell of a whole number without separators.
func Count(n int) Cell { return Number(strconv.Itoa(n), float64(n)) }

// Known reports whether the cell says anything.
func (c Cell) Known() bool { return c.Text != Dash }

// Key is the number as scripts sort by it; empty without one.
func (c Cell) Key() string {
	if !c.number {
		return ""
	}
	return strconv.FormatFloat(c.value, 'g', -1, 64)
}

// Long reports whether the text is a sentence or more.
func (c Cell) Long() bool { return len(c.Text) > 80 }

// String is all of the cell in one line.
func (c Cell) String() string {
	s := c.Text
	if c.Range != "" {
		s += " (" + c.Range + ")"
	}
	if c.Stamp != "" {
		s += " " + c.Stamp
	}
	return s
}

// NameColumns is how many columns name a row.
func (t *Table) NameColumns() int { return max(t.Names, 1) }

// Legend explains the signs that cells have in place of a number; empty where none
// has.
func (t *Table) Legend() string {
	for _, row := range t.Rows {
		if slices.ContainsFunc(row, func(c Cell) bool { return !c.Known() }) {
			return "– means that a number does not apply, was not measured, or has too few samples: p99 needs 1,000, p99.9 needs 10,000."
		}
	}
	return ""
}

// Many reports whether the columns are so many that a range fits only beneath its
// number.
func (t *Table) Many() bool { return len(t.Head) > 3 }

// Wide reports whether the table needs the page's whole width.
func (t *Table) Wide() bool { return len(t.Head) > 5 }

// Stacks reports whether the columns are too many for a phone: the cells of a row
// then stand beneath each other, each with its column's head.
func (t *Table) Stacks() bool { return len(t.Head) > 4 }

// HeadText is the head of a column, stamped.
func (t *Table) HeadText(column int) string { return t.Head[column].String() }

// lines are the head and the rows as text, with or without ranges.
func (t *Table) lines(ranges bool) (head []string, rows [][]string) {
	text := func(cells []Cell) []string {
		list := make([]string, len(cells))
		for i, c := range cells {
			if !ranges {
				c.Range = ""
			}
			list[i] = c.String()
		}
		return list
	}
	for _, row := range t.Rows {
		rows = append(rows, text(row))
	}
	return text(t.Head), rows
}
