package document

import (
	"slices"
	"strings"
)

// Table is rows of text, before any format: unescaped, without widths.
type Table struct {
	Head []string
	Rows [][]string
}

// names is how many columns name a row: those up to the transport, or one.
func (t *Table) names() int { return max(slices.Index(t.Head, "transport")+1, 1) }

// across says whether each column is one transport's.
func (t *Table) across() bool { return len(t.Head) > 0 && !slices.Contains(t.Head, "transport") }

// brief is the table without the ranges beside its numbers.
func (t *Table) brief() Table {
	short := Table{Head: t.Head}
	for _, row := range t.Rows {
		row = slices.Clone(row)
		for i := t.names(); i < len(row); i++ {
			row[i], _, _ = strings.Cut(row[i], " (")
		}
		short.Rows = append(short.Rows, row)
	}
	return short
}
