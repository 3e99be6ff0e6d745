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
)

// Write makes the report of a run in dir, which it creates if need be:
// report.md, report.html, which needs no other file, charts/NAME.svg and
// charts/NAME.png, and the exports for other programs. Files of the same names
// are replaced. Trials of several runs, or none, are an error, and then nothing
// is written.
func Write(dir string, trials []result.Trial) error {
	s, err := newSweep(trials)
	if err != nil {
		return err
	}
	files, err := s.exports()
	if err != nil {
		return err
	}
	d := documentOf(s)
	files["report.md"] = d.markdown()
	raw, err := downloads(trials, files)
	if err != nil {
		return err
	}
	figures, err := d.figures()
	if err != nil {
		return err
	}
	if files["report.html"], err = d.page(figures, raw); err != nil {
		return err
	}
	for i := range d.charts {
		c := &d.charts[i]
		files["charts/"+c.name+".svg"] = figures[i].svg
		if files["charts/"+c.name+".png"], err = c.png(); err != nil {
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
func (d *document) figures() ([]figure, error) {
	var list []figure
	for i := range d.charts {
		c := &d.charts[i]
		svg, err := c.svg()
		if err != nil {
			return nil, err
		}
		list = append(list, figure{svg, c.title, c.stamp, c.caption, c.asks})
	}
	return list, nil
}
