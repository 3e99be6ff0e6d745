package report

import (
	"bytes"
	"encoding/hex"
	"math/rand/v2"
	"regexp"
	"slices"
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

// A page can be sent by mail: it has its trials in it only as far as it stays
// small, and without them and its charts it is half as large.
func TestThePageStaysSmall(t *testing.T) {
	small := fixture.TrialsOf(3, "poll", "ws")
	large := slices.Clone(small)
	for i := range large {
		noise := make([]byte, 60_000)
		rand.NewChaCha8([32]byte{byte(i)}).Read(noise)
		large[i].Env.CPUModel = hex.EncodeToString(noise)
	}
	for name, trials := range map[string][]result.Trial{"small": small, "large": large} {
		d := mustDocument(t, trials)
		d.Environment.Rows = nil // which the noise is in
		d.Charts = nil
		without, err := page(&d, trials)
		assert.NilError(t, err)
		within := bytes.Contains(without, []byte(`href="data:`))
		assert.Check(t, within == (name == "small"), "%s: the trials are in the page: %v", name, within)
		assert.Check(t, len(without) <= mostBytes/2, "%s: the page without charts has %d bytes", name, len(without))
	}
	d := mustDocument(t, small)
	whole, err := page(&d, small)
	assert.NilError(t, err)
	assert.Check(t, len(whole) <= mostBytes, "the page of two transports has %d bytes", len(whole))
}
