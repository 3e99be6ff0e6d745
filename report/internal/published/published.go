// Package published sets what others have published beside what a run measured of the
// same.
package published

import (
	"fmt"
	"math"
	"strings"

	"go.yaml.in/yaml/v4"

	"github.com/pollpush/pollpush/internal/result"
	"github.com/pollpush/pollpush/report/internal/document"
	"github.com/pollpush/pollpush/report/internal/metric"
	"github.com/pollpush/pollpush/report/internal/number"
	"github.com/pollpush/pollpush/report/internal/trials"
	"github.com/pollpush/pollpush/scenarios"
)

// publication is what somebody else has published, and a scenario of ours
// measures again: scenarios/published has one for each scenario paper-….
type publication struct {
	Source  string // author, title and year
	Setting string // how the source got its figures, and what the scenario does instead
	Claims  []claim
}

// claim is one published figure and the measured number beside it:
// Measured × Times ÷ Over.
type claim struct {
	What      string
	Published string // figure and unit, as the source has them; a dash where it has none
	Measured  operand
	Over      *operand // nil divides by nothing
	Times     float64  // 0 is 1
	Unit      string   // a key of paperUnits; the metric's own where empty
	Why       string   // why the two differ; may be empty
}

// operand is a metric, by its name, of one transport.
type operand struct{ Transport, Number string }

// paperUnits print what is not in the unit of the number it was made from.
var paperUnits = map[string]func(float64) string{
	"×":                   func(v float64) string { return number.Plain(v) + "×" },
	"bytes per minute":    func(v float64) string { return number.BytesEach.Format(v) + "/min" },
	"clients":             number.Ratio.Format,
	"seconds":             number.Seconds.Format,
	"Mbit/s of 2^20 bits": func(bits float64) string { return number.Significant(bits/(1<<20)) + " Mbit/s" },
}

// publicationOf is what a scenario measures again; ok is false where that is nothing.
func publicationOf(scenario string) (p publication, ok bool) {
	source, err := scenarios.FS.ReadFile("published/" + scenario + ".yaml")
	if err != nil {
		return publication{}, false
	}
	if err := yaml.Load(source, &p, yaml.WithKnownFields()); err != nil {
		panic(fmt.Sprintf("published/%s.yaml: %v", scenario, err))
	}
	return p, true
}

// Table is the table of published and measured figures, and the reasons
// why they differ: both empty where nothing was published.
func Table(r *trials.Point) (document.Table, []string) {
	p, ok := publicationOf(r.Head.Scenario)
	if !ok {
		return document.Table{}, nil
	}
	t := document.Table{Head: document.Texts("what", "published", "measured")}
	notes := []string{p.Source + ". " + p.Setting}
	if len(r.Head.Flags) > 0 {
		notes = append(notes, "Flags changed the scenario ("+strings.Join(r.Head.Flags, " ")+"), so the published figures may not be comparable.")
	}
	for _, c := range p.Claims {
		t.Rows = append(t.Rows, append(document.Texts(c.What, c.Published), c.measured(r)))
		if c.Why != "" {
			notes = append(notes, fmt.Sprintf("“%s”: %s", c.What, c.Why))
		}
	}
	return t, notes
}

// measured is the run's number, with the worst stamp of the transports that it
// comes from.
func (c claim) measured(r *trials.Point) document.Cell {
	v, stamp := c.Measured.in(r)
	if c.Over != nil {
		by, other := c.Over.in(r)
		v = metric.Over(v, by)
		if stamp == result.Valid || other == result.Invalid {
			stamp = other
		}
	}
	if math.IsNaN(v) {
		return document.Text(document.Dash)
	}
	if c.Times != 0 {
		v *= c.Times
	}
	text := metric.Named(c.Measured.Number).Unit.Format(v)
	if print := paperUnits[c.Unit]; print != nil {
		text = print(v)
	}
	cell := document.Number(text, v)
	if stamp != result.Valid {
		cell.Stamp, cell.Warning = "⚠ "+string(stamp), true
	}
	return cell
}

// in is the median over the transport's trials, NaN without any, and their stamp.
func (o operand) in(r *trials.Point) (float64, result.Validity) {
	for i := range r.Sides {
		if s := &r.Sides[i]; s.Transport == o.Transport && len(s.Used) > 0 {
			m := metric.Named(o.Number)
			return m.Cell(s.Used).Value, s.Stamp
		}
	}
	return math.NaN(), result.Valid
}
