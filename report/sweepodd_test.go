package report

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"gotest.tools/v3/assert"

	"github.com/pollpush/pollpush/internal/result"
	"github.com/pollpush/pollpush/report/internal/document"
	"github.com/pollpush/pollpush/report/internal/fixture"
)

// Whatever is missing from a sweep, there is a report of the rest, which says
// nothing of break-even where it cannot.
func TestOddSweeps(t *testing.T) {
	only := func(names ...string) func([]result.Trial) []result.Trial {
		return func(list []result.Trial) []result.Trial {
			return slices.DeleteFunc(list, func(t result.Trial) bool { return !slices.Contains(names, t.Transport) })
		}
	}
	each := func(change func(*result.Trial)) func([]result.Trial) []result.Trial {
		return func(list []result.Trial) []result.Trial {
			for i := range list {
				change(&list[i])
			}
			return list
		}
	}
	for name, odd := range map[string]struct {
		made  func([]result.Trial) []result.Trial
		never string // said
	}{
		"only polling": {only("poll"), "CPU than"},
		"only push":    {only("ws", "sse"), "CPU than"},
		"all failed":   {each(func(t *result.Trial) { t.Status, t.Validity = result.Failed, result.Invalid }), "CPU than"},
		"all invalid": {each(func(t *result.Trial) {
			fixture.Doubt(t, result.Invalid, "generator_cpu", "the generator was saturated")
		}), "CPU than"},
		"no server":     {each(func(t *result.Trial) { t.Server = nil }), "CPU than"},
		"no messages":   {each(func(t *result.Trial) { t.Asked.PublishRate, t.Expected, t.Latency = 0, 0, nil }), "message/s"},
		"no bytes":      {each(func(t *result.Trial) { t.Bytes, t.Requests = result.Bytes{}, result.Requests{} }), "bytes"},
		"polling fails": {each(failPolling), "CPU than"},
	} {
		for _, of := range []string{"interval", "grid"} {
			t.Run(name+", "+of, func(t *testing.T) {
				trials := odd.made(fixture.Sweeps()[of])
				d := documentOf(mustSweep(t, trials))
				for i := range d.Charts {
					wide, narrow := d.Charts[i].OnPage()
					checkSVG(t, d.Charts[i].Name, wide)
					checkSVG(t, d.Charts[i].Name, narrow)
				}
				var text bytes.Buffer
				assert.NilError(t, Text(&text, trials, document.TextOptions{}))
				if said := strings.Join(d.Verdict.Paragraphs, " "); strings.Contains(said, odd.never) || strings.Contains(said, "NaN") || strings.Contains(said, "Inf") {
					t.Errorf("the verdict says %s", said)
				}
			})
		}
	}
}

func failPolling(t *result.Trial) {
	if t.Asked.Paced {
		t.Status, t.Validity = result.Failed, result.Invalid
	}
}
