// Package report turns the trials of a run into tables, charts, a verdict and
// a page, and compares one run with another. Trials are all that it reads: the
// same trials give the same bytes, years later and on any machine.
package report

import (
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/pollpush/pollpush/internal/file"
	"github.com/pollpush/pollpush/internal/result"
	"github.com/pollpush/pollpush/report/internal/charts"
	"github.com/pollpush/pollpush/report/internal/document"
	"github.com/pollpush/pollpush/report/internal/export"
	"github.com/pollpush/pollpush/report/internal/metric"
	"github.com/pollpush/pollpush/report/internal/prose"
	"github.com/pollpush/pollpush/report/internal/tables"
	"github.com/pollpush/pollpush/report/internal/trials"
)

// Write makes the report of a run in dir, which it creates if need be:
// report.md, report.html, which needs no other file, charts/NAME.svg and
// charts/NAME.png, and the exports for other programs. Files of the same names
// are replaced. Trials of several runs, or none, are an error, and then nothing
// is written.
func Write(dir string, list []result.Trial) error {
	s, err := trials.NewSet(list)
	if err != nil {
		return err
	}
	files, err := export.Files(s)
	if err != nil {
		return err
	}
	d := documentOf(s)
	files["report.md"] = d.Markdown()
	for name := range files {
		if folder, _, within := strings.Cut(name, "/"); within {
			name = folder + "/"
		}
		d.Exports = append(d.Exports, name)
	}
	slices.Sort(d.Exports)
	d.Exports = slices.Compact(d.Exports)
	if files["report.html"], err = page(&d, list); err != nil {
		return err
	}
	for i := range d.Charts {
		c := &d.Charts[i]
		files["charts/"+c.Name+".svg"] = c.SVG()
		if files["charts/"+c.Name+".png"], err = c.PNG(); err != nil {
			return err
		}
	}
	for name, content := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			return err
		}
		if err := file.Write(path, content); err != nil {
			return err
		}
	}
	return nil
}

// Formulas is the table of all metrics with their formulas, in Markdown, as
// docs/formulas.md has it.
func Formulas() string { return metric.Documented() }

// documentOf is the report of a run, of one point or several.
func documentOf(s *trials.Set) document.Document {
	d := document.Document{
		Title:       s.Title(),
		Headline:    prose.Headline(s),
		Verdict:     prose.Verdict(s),
		Footnotes:   tables.Notes(s),
		Sections:    tables.Sections(s),
		Reasons:     metric.DoubtsByReason(s.Together().All),
		Partial:     s.Partial(),
		Environment: tables.Environment(s),
		Repeat:      tables.Repeat(s.Points[0]),
	}
	if len(s.Points) == 1 {
		d.Charts = charts.PointCharts(s.Points[0])
	} else {
		d.Charts = charts.SetCharts(s)
	}
	d.Table, d.Meanings = tables.Main(s)
	d.Trials, d.Doubts = tables.Trials(s)
	return d
}

// TextOptions say how a report is printed on a terminal.
type TextOptions = document.TextOptions

// Text prints the verdict's table and sentences for a terminal. Trials of
// several runs, or none, are an error.
func Text(w io.Writer, list []result.Trial, o document.TextOptions) error {
	s, err := trials.NewSet(list)
	if err != nil {
		return err
	}
	d := documentOf(s)
	if !slices.ContainsFunc(s.Together().Sides, func(side trials.Side) bool { return len(side.Used) > 0 }) {
		d.Table, d.Footnotes = document.Table{}, nil // which would be dashes
	}
	_, err = w.Write(d.Text(o))
	return err
}
