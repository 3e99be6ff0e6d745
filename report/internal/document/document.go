// Package document is a report before it has a format, and its formats: the page,
// Markdown and the text of a terminal.
package document

import (
	"html/template"

	"github.com/pollpush/pollpush/report/internal/figure"
)

// Document is all that the formats show, in this order.
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
	Doubts      []string // the trials that are not plainly valid and used, with reasons
	Reasons     []string // of those doubts, each once
	Partial     string   // which trials are missing; empty where all are there
	Environment Table
	Repeat      []string // commands
}

// Verdict is a run in a few sentences of computed numbers. It holds no markup.
type Verdict struct {
	Headlines  []string // a server stopped on purpose, losses, and why there is no verdict: before all else
	Paragraphs []string
	Notes      []string // how far the paragraphs can be trusted
}

// Section is a part of the report for readers who ask further: sentences,
// tables, and what their rows count.
type Section struct {
	Title    string
	About    string
	Table    Table
	Notes    []string
	Commands []string // of a shell, in the run's folder
	Meanings []Meaning
}

// Meaning says what a row counts.
type Meaning struct{ Name, Text string }

// Empty reports whether the section has nothing to say.
func (s *Section) Empty() bool { return len(s.Table.Rows) == 0 && len(s.Notes) == 0 }

// Download is a file that the page holds, or that lies beside it.
type Download struct {
	Name, About string
	URL         template.URL
	Beside      bool // too large for the page
}

// Warnings are what is missing and the doubts, or a word that there are none.
func (d *Document) Warnings() []string {
	list := d.Doubts
	if d.Partial != "" {
		list = append([]string{d.Partial}, list...)
	}
	if len(list) > 0 {
		return list
	}
	return []string{"None: every trial is valid and used."}
}
