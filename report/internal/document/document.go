// Package document is a report before it has a format, and its formats: the page,
// Markdown and the text of a terminal.
package document

import (
	"strings"

	"github.com/pollpush/pollpush/report/internal/figure"
)

// Document is all that the formats show, in this order.
type Document struct {
	Title    string
	Headline Headline
	Verdict  Verdict

	Table     Table // of all transports, and points
	Footnotes []string
	Meanings  []Meaning

	Charts   []figure.Chart // in the order of their questions
	Sections []Section

	Trials      Table    // every one, with what is doubted about it
	Doubts      []string // the trials that are not plainly valid and used, with reasons
	Reasons     []string // of those doubts, each once
	Partial     string   // which trials are missing; empty where all are there
	Environment Table
	Repeat      []string // commands
	Exports     []string // files and folders next to the page
}

// Headline is what a reader sees first: one transport against another, a tile for
// each number that decides. It has no tiles where the two may not be compared.
type Headline struct {
	About    string // "WebSocket against polling"
	From, To string // the transports
	Trust    string // how many trials, and what is doubted in them
	Warning  bool   // something is
	Tiles    []Tile
}

// Tile is one number of both transports.
type Tile struct {
	Name, Each string // "server CPU", "per client and second"
	Factor     string // "÷ 16", "60.1 → 0", or that there is no clear difference
	From, To   Cell
}

// table has a row for each tile.
func (h *Headline) table() Table {
	t := Table{Head: Texts("", h.From+" → "+h.To, h.From, h.To), Numbers: true}
	for _, tile := range h.Tiles {
		t.Rows = append(t.Rows, []Cell{Text(tile.Name + " " + tile.Each), Text(tile.Factor), tile.From, tile.To})
	}
	return t
}

// line is the tiles in one sentence.
func (h *Headline) line() string {
	var list []string
	for _, tile := range h.Tiles {
		list = append(list, tile.Name+" "+tile.Factor)
	}
	return h.About + ": " + strings.Join(list, " · ") + " (" + h.Trust + ")"
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
