package report

import (
	"path/filepath"
	"testing"

	"gotest.tools/v3/assert"

	"github.com/pollpush/pollpush/internal/result"
	"github.com/pollpush/pollpush/report/internal/fixture"
	"github.com/pollpush/pollpush/report/internal/metric"
	"github.com/pollpush/pollpush/report/internal/tables"
)

// Every number in a sweep's table comes from the lines of its point and transport
// by the formula in docs/formulas.md.
func TestSweepTableNumbers(t *testing.T) {
	for name, trials := range fixture.Sweeps() {
		s := mustSweep(t, trials)
		table, _ := tables.Main(s)
		rows := table.Rows
		for _, p := range s.Points {
			made := filepath.Join(t.TempDir(), result.FileName)
			for i := range p.All {
				assert.NilError(t, result.Append(made, &p.All[i]))
			}
			a := newAudit(t, rawTrials(t, made))
			for i := range p.Sides {
				transport := p.Sides[i].Transport
				if rows[0][0].Text != s.LabelOf(p, &p.Sides[i]) || rows[0][1].Text != transport {
					t.Fatalf("%s: a row of %v, want %s at %s", name, rows[0][:2], transport, p.Label)
				}
				for k, c := range metric.SweptColumns {
					f, known := a.formulas[c.Name]
					assert.Check(t, known, "docs/formulas.md has no formula for %s", c.Name)
					a.cell(name+": "+c.Name+" of "+transport+" at "+p.Label+" is "+rows[0][2+k].Text, rows[0][2+k].Text, f, a.values(f, transport))
				}
				rows = rows[1:]
			}
			for _, fault := range a.faults {
				t.Error(fault)
			}
		}
		assert.Check(t, len(rows) == 0, "%s: %d rows are of no point", name, len(rows))
	}
}
