package tables

import (
	"strings"
	"testing"

	"gotest.tools/v3/assert"

	"github.com/pollpush/pollpush/internal/result"
	"github.com/pollpush/pollpush/report/internal/fixture"
	"github.com/pollpush/pollpush/report/internal/model"
	"github.com/pollpush/pollpush/report/internal/number"
	"github.com/pollpush/pollpush/report/internal/trials"
)

func TestModelDifferences(t *testing.T) {
	trials := fixture.Usual().Run("poll")
	if got := parted(t, trials); got != "" {
		t.Errorf("model and fixture part: %v", got)
	}
	for i := range trials {
		trials[i].Requests.Empty /= 2
	}
	if got := parted(t, trials); !strings.Contains(got, "poll, empty polls, e^(−λT), 36.8 %, 18.4 %, −50 % ⚠") {
		t.Errorf("half the empty polls went unsaid:\n%s", got)
	}
}

// parted are the rows where model and measurement part.
func parted(t *testing.T, list []result.Trial) string {
	t.Helper()
	s, err := trials.NewSet(list)
	assert.NilError(t, err)
	var rows []string
	for _, row := range modelSection(s).Table.Rows {
		var cells []string
		for _, c := range row {
			cells = append(cells, c.String())
		}
		if row[len(row)-1].Warning {
			rows = append(rows, strings.Join(cells, ", "))
		}
	}
	return strings.Join(rows, "\n")
}

// What the tutorial says of push holds in the fixture, and is told where it
// does not.
func TestModelOfPush(t *testing.T) {
	trials := fixture.Cases()["quiet"]
	rows := func() (out []string) {
		for _, m := range model.Modelled(point(t, trials)) {
			if m.Transport == "ws" {
				out = append(out, m.Name+": "+m.Unit.Format(m.Modelled)+", "+m.Unit.Format(m.Measured)+", "+number.ChangeText(m.Difference()))
			}
		}
		return out
	}
	for i := range trials {
		if trials[i].Transport == "ws" { // a ping each 30 s
			trials[i].Bytes.In, trials[i].Bytes.Out = 4*int64(trials[i].Clients), 12*int64(trials[i].Clients)
		}
	}
	got := strings.Join(rows(), "\n")
	for _, want := range []string{"connections per client: 1, 1, 0 %", "requests per client: 0/min, 0/min, 0 %", "bytes per client and second: 0 B, 0.267 B, 0 %"} {
		assert.Check(t, strings.Contains(got, want), "the model of push does not say %q:\n%s", want, got)
	}
	for i := range trials {
		trials[i].Bytes.In *= 100
		trials[i].Connections.HeldMean *= 2
	}
	if got := parted(t, trials); !strings.Contains(got, "ws, bytes per client and second, ") || !strings.Contains(got, "ws, connections per client, 1, 1, 2, +100 % ⚠") {
		t.Errorf("what parts from the model goes unsaid:\n%s", got)
	}
}

func point(t *testing.T, list []result.Trial) *trials.Point {
	t.Helper()
	p, err := trials.NewPoint(list)
	assert.NilError(t, err)
	return p
}
