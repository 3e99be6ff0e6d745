package report

import (
	"bytes"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"gotest.tools/v3/assert"

	"github.com/pollpush/pollpush/internal/result"
	"github.com/pollpush/pollpush/report/internal/document"
	"github.com/pollpush/pollpush/report/internal/fixture"
)

// What a column is sorted by is the number that its cells print.
func TestTablesSortByTheirNumbers(t *testing.T) {
	cells := 0
	for name, trials := range map[string][]result.Trial{"run": numbersRun(), "sweep": fixture.Sweeps()["grid"]} {
		d := documentOf(mustSweep(t, trials))
		tables := []document.Table{d.Table, d.Trials}
		for _, s := range d.Sections {
			tables = append(tables, s.Table)
		}
		for _, table := range tables {
			for _, row := range table.Rows {
				for _, c := range row {
					key, err := strconv.ParseFloat(c.Key(), 64)
					switch said := tokens(regexp.MustCompile(` ± \S+`).ReplaceAllString(c.Text, "")); {
					case c.Key() == "" || strings.Contains(c.Text, "<"): // a bound
					case err != nil || len(said) == 0:
						t.Errorf("%s: %q is sorted by %q", name, c.Text, c.Key())
					case !said[0].prints(key):
						t.Errorf("%s: %q is sorted by %v", name, c.Text, key)
					default:
						cells++
					}
				}
			}
		}
	}
	assert.Check(t, cells >= 1000, "only %d cells are sorted by a number", cells)
}

// TestHitsLieInTheirChart: what is pointed at is where it was drawn.
func TestHitsLieInTheirChart(t *testing.T) {
	d := mustDocument(t, numbersRun())
	for i := range d.Charts {
		c := &d.Charts[i]
		hits, width, height := c.Hits()
		assert.Check(t, len(hits) != 0, "the chart %s tells nothing to who points at it", c.Name)
		for _, h := range hits {
			if h.Box.Min.X < 0 || h.Box.Min.Y < 0 || h.Box.Max.X > width || h.Box.Max.Y > height || h.Y == "" {
				t.Errorf("the chart %s, of %v by %v, tells %q at %v", c.Name, width, height, h.Says(), h.Box)
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
