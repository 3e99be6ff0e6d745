package report

import (
	"slices"
	"strings"
)

// document is a report before it has a format: all that Markdown, the page and
// the terminal show, in this order.
type document struct {
	title   string
	verdict verdict

	table     table // of all transports, and points
	footnotes []string
	meanings  []meaning

	charts   []chart              // in the order of their questions
	answers  map[question]section // what is told of a question in a table
	sections []section

	trials      table    // every one, with what is doubted about it
	reasons     []string // of those doubts, each once
	partial     string   // which trials are missing; empty where all are there
	environment table
	repeat      []string // commands
}

// documentOf is the report of a run, of one point or several.
func documentOf(s *sweep) document {
	var d document
	if len(s.points) == 1 {
		d = s.points[0].document()
	} else {
		d = s.document()
	}
	d.partial = s.partial()
	return d
}

func (r *run) document() document {
	return document{
		title:       r.title(),
		verdict:     r.judge(),
		table:       r.mainTable(),
		footnotes:   r.footnotes(),
		meanings:    meanings(metrics),
		charts:      r.charts(),
		answers:     map[question]section{breaksFirst: r.nearness()},
		sections:    append([]section{r.modelSection()}, r.sections()...),
		trials:      r.trialsTable(),
		reasons:     doubtsByReason(r.all),
		environment: r.environment(),
		repeat:      r.repeat(),
	}
}

// doubts lists the trials that are not plainly valid and used, with reasons.
func (d *document) doubts() []string {
	t := &d.trials
	var out []string
	for _, row := range t.rows {
		of := func(column string) string {
			if i := slices.Index(t.head, column); i >= 0 {
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
func (d *document) warnings() []string {
	list := d.doubts()
	if d.partial != "" {
		list = append([]string{d.partial}, list...)
	}
	if len(list) > 0 {
		return list
	}
	return []string{"None: every trial is valid, and entered the numbers."}
}

// question is what a chart answers. Charts stand together by it.
type question int

const (
	costsTheServer question = iota
	freshForUsers
	crossesTheWire
	breaksFirst
	inTime
)

// questions are as people ask them.
var questions = [...]string{
	costsTheServer: "What does it cost the server?",
	freshForUsers:  "How fresh is what users see?",
	crossesTheWire: "What crosses the wire?",
	breaksFirst:    "What breaks first?",
	inTime:         "Was the steady state steady?",
}
