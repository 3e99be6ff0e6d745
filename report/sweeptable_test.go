package report

import (
	"path/filepath"
	"testing"

	"github.com/pollpush/pollpush/internal/result"
)

// Every number in a sweep's table comes from the lines of its point and transport
// by the formula in docs/method.md.
func TestSweepTableNumbers(t *testing.T) {
	for name, trials := range sweeps() {
		s := mustSweep(t, trials)
		rows := s.mainTable().rows
		for _, p := range s.points {
			made := filepath.Join(t.TempDir(), result.FileName)
			for i := range p.all {
				if err := result.Append(made, &p.all[i]); err != nil {
					t.Fatal(err)
				}
			}
			a := newAudit(t, rawTrials(t, made))
			for i := range p.sides {
				transport := p.sides[i].transport
				if rows[0][0] != s.labelOf(p, &p.sides[i]) || rows[0][1] != transport {
					t.Fatalf("%s: a row of %v, want %s at %s", name, rows[0][:2], transport, p.label)
				}
				for k, c := range sweptColumns {
					f, known := a.formulas[c.name]
					if !known {
						t.Errorf("docs/method.md has no formula for %s", c.name)
					}
					values, err := a.values(f, transport)
					if err != nil {
						t.Fatal(err)
					}
					a.cell(name+": "+c.name+" of "+transport+" at "+p.label+" is "+rows[0][2+k], rows[0][2+k], f, values)
				}
				rows = rows[1:]
			}
			for _, fault := range a.faults {
				t.Error(fault)
			}
		}
		if len(rows) > 0 {
			t.Errorf("%s: %d rows are of no point", name, len(rows))
		}
	}
}
