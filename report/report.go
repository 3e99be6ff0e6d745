// Package report turns the trials of a run into tables, charts, a verdict and
// a page, and compares one run with another. Trials are all that it reads: the
// same trials give the same bytes, years later and on any machine.
package report

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/pollpush/pollpush/internal/result"
)

// Write makes the report of a run in dir, which it creates if need be:
// report.md, report.html, which needs no other file, and charts/NAME.svg and
// charts/NAME.png. Files of the same names are replaced. Trials of several
// scenarios, or none, are an error, and then nothing is written.
func Write(dir string, trials []result.Trial) error {
	r, err := newRun(trials)
	if err != nil {
		return err
	}
	charts := r.charts()
	files := map[string][]byte{"report.md": r.markdown(charts)}
	var inline []figure
	for i := range charts {
		c := &charts[i]
		svg, err := c.svg()
		if err != nil {
			return err
		}
		png, err := c.png()
		if err != nil {
			return err
		}
		files["charts/"+c.name+".svg"], files["charts/"+c.name+".png"] = svg, png
		inline = append(inline, figure{svg: svg, caption: c.caption})
	}
	if files["report.html"], err = r.page(inline); err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Join(dir, "charts"), 0o777); err != nil {
		return fmt.Errorf("report: %w", err)
	}
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o666); err != nil {
			return fmt.Errorf("report: %w", err)
		}
	}
	return nil
}
