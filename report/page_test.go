package report

import (
	"bytes"
	"strings"
	"testing"

	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgsvg"

	"github.com/pollpush/pollpush/report/internal/document"
	"github.com/pollpush/pollpush/report/internal/figure"
)

func TestSortKey(t *testing.T) {
	for cell, want := range map[string]string{
		"501 ms":                  "0.501",
		"1.00 s (0.999–1.00)":     "1",
		"1.5 MiB":                 "1.572864e+06",
		"25.7 KiB":                "26316.8",
		"60.1/min":                "60.1",
		"4.68 kbit/s":             "4680",
		"0.796 %":                 "0.00796",
		"60,000":                  "60000",
		"−5 %":                    "-0.05",
		"+2.0 %":                  "0.02",
		"1,000 clients, 2 rooms":  "1000",
		"202 µs ± 17 µs":          "0.000202",
		"–":                       "",
		"in the polls":            "",
		"ws ⚠ suspect":            "",
		"p99":                     "",
		"":                        "",
		"none":                    "",
		"2026-11-20 08:00:00 UTC": "2026",
	} {
		if got := document.SortKey(cell); got != want {
			t.Errorf("%q is sorted as %q, want %q", cell, got, want)
		}
	}
}

// TestHitsLieInTheirChart: what is pointed at is where it was drawn.
func TestHitsLieInTheirChart(t *testing.T) {
	d := mustDocument(t, numbersRun())
	for i := range d.Charts {
		c := &d.Charts[i]
		hits := c.Draw(draw.New(vgsvg.New(figure.ChartWidth, c.Height())))
		if len(hits) == 0 {
			t.Errorf("the chart %s tells nothing to who points at it", c.Name)
		}
		for _, h := range hits {
			if h.Box.Min.X < 0 || h.Box.Min.Y < 0 || h.Box.Max.X > figure.ChartWidth || h.Box.Max.Y > c.Height() || h.Y == "" {
				t.Errorf("the chart %s, of %v by %v, tells %q at %v", c.Name, figure.ChartWidth, c.Height(), h.Says(), h.Box)
			}
		}
	}
}

func TestLargeFilesLieBesideThePage(t *testing.T) {
	for size, beside := range map[int]bool{largest: false, largest + 1: true} {
		d := onPageOrBeside("trials.jsonl.gz", bytes.Repeat([]byte("x"), size), "trials.jsonl")
		if d.Beside != beside || strings.HasPrefix(string(d.URL), "data:") == beside {
			t.Errorf("a file of %d bytes is linked to as %.30q", size, d.URL)
		}
	}
}
