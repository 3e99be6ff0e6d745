package document

import (
	"slices"
	"strings"

	"github.com/pollpush/pollpush/report/internal/figure"
)

// Document is a report before it has a format: all that Markdown, the page and
// the terminal show, in this order.
type Document struct {
	Title   string
	Verdict Verdict

	Table     Table // of all transports, and points
	Footnotes []string
	Meanings  []Meaning

	Charts   []figure.Chart              // in the order of their questions
	Answers  map[figure.Question]Section // what is told of a question in a table
	Sections []Section

	Trials      Table    // every one, with what is doubted about it
	Reasons     []string // of those doubts, each once
	Partial     string   // which trials are missing; empty where all are there
	Environment Table
	Repeat      []string // commands
}

// doubts lists the trials that are not plainly valid and used, with reasons.
func (d *Document) doubts() []string {
	t := &d.Trials
	var out []string
	for _, row := range t.Rows {
		of := func(column string) string {
			if i := slices.Index(t.Head, column); i >= 0 {
				return row[i]
			}
			return ""
		}
		if of("status") == "complete" && of("validity") == "valid" && of("used") == "yes" && of("reasons") == "none" {
			continue
		}
		s := strings.Join(row[:t.names()], ", ") + " trial " + of("trial")
		if of("attempt") != "1" {
			s += ", attempt " + of("attempt")
		}
		s += ": " + of("status") + ", " + of("validity")
		if of("used") == "no" {
			s += ", enters no number"
		}
		if of("reasons") != "none" {
			s += ". " + of("reasons")
		}
		out = append(out, s)
	}
	return out
}

// warnings are what is missing and the doubts, or a word that there are none.
func (d *Document) warnings() []string {
	list := d.doubts()
	if d.Partial != "" {
		list = append([]string{d.Partial}, list...)
	}
	if len(list) > 0 {
		return list
	}
	return []string{"None: every trial is valid, and entered the numbers."}
}
