// Package report turns the trials of a run into tables, charts, a verdict and
// a page, and compares one run with another. Trials are all that it reads: the
// same trials give the same bytes, years later and on any machine.
package report

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/pollpush/pollpush/internal/file"
	"github.com/pollpush/pollpush/internal/result"
	"github.com/pollpush/pollpush/report/internal/document"
	"github.com/pollpush/pollpush/report/internal/export"
	"github.com/pollpush/pollpush/report/internal/metric"
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
	raw, err := downloads(list, files)
	if err != nil {
		return err
	}
	figures, err := figures(&d)
	if err != nil {
		return err
	}
	if files["report.html"], err = d.Page(figures, raw); err != nil {
		return err
	}
	for i := range d.Charts {
		c := &d.Charts[i]
		files["charts/"+c.Name+".svg"] = figures[i].Svg
		if files["charts/"+c.Name+".png"], err = c.Png(); err != nil {
			return err
		}
	}
	for name, content := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			return fmt.Errorf("report: %w", err)
		}
		if err := file.Write(path, content); err != nil {
			return fmt.Errorf("report: %w", err)
		}
	}
	return nil
}

// figures are the charts, drawn for the page.
func figures(d *document.Document) ([]document.DrawnFigure, error) {
	var list []document.DrawnFigure
	for i := range d.Charts {
		c := &d.Charts[i]
		svg, err := c.Svg()
		if err != nil {
			return nil, err
		}
		list = append(list, document.DrawnFigure{Svg: svg, Title: c.Title, Stamp: c.Stamp, Caption: c.Caption, Asks: c.Asks})
	}
	return list, nil
}

// Formulas is the table of all metrics with their formulas, in Markdown, as
// docs/formulas.md has it.
func Formulas() string { return metric.Documented() }
