package report

import (
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"gotest.tools/v3/assert"

	"github.com/pollpush/pollpush/internal/result"
	"github.com/pollpush/pollpush/report/internal/charts"
	"github.com/pollpush/pollpush/report/internal/metric"
	"github.com/pollpush/pollpush/report/internal/tables"
)

// floored is a trial whose machine's floor is known: level at v seconds.
func floored(transport string, paced bool, v float64, commit string) result.Trial {
	return result.Trial{Transport: transport, Trial: 1, Attempt: 1, Status: result.Complete, Validity: result.Valid,
		Asked: result.Asked{Paced: paced, PollIntervalS: 1}, Env: result.Env{Commit: "c1"},
		Calibration: &result.Calibration{Measured: time.Date(2026, 11, 20, 8, 0, 0, 0, time.UTC), Commit: commit,
			Floor: &result.Quantiles{P50: &v, P90: &v, P99: &v, Max: v, N: 10_000}}}
}

// The band is the lowest floor of the push transports. A poll's floor is of
// another quantity.
func TestFloorIsTheLowestThatIsPushed(t *testing.T) {
	poll, sse, ws := floored("poll", true, 0.0001, "c1"), floored("sse", false, 0.0003, "c1"), floored("ws", false, 0.0002, "c1")
	for _, c := range []struct {
		name   string
		trials []result.Trial
		want   []float64
	}{
		{"polls and pushes", []result.Trial{poll, sse, ws}, []float64{0.0002, 0.0002, 0.0002, 0.0002}},
		{"one that pushes", []result.Trial{poll, sse}, []float64{0.0003, 0.0003, 0.0003, 0.0003}},
		{"polls alone", []result.Trial{poll}, nil},
	} {
		got := charts.Floor(mustRun(t, c.trials))
		assert.Check(t, slices.Equal(got.Y, c.want), "%s: floor at %v, want %v", c.name, got.Y, c.want)
	}
}

func TestEachCalibrationHasARow(t *testing.T) {
	for _, c := range []struct {
		name   string
		trials []result.Trial
		want   string
	}{
		{"none", []result.Trial{{Transport: "ws"}}, ""},
		{"one", []result.Trial{floored("poll", true, 1, "c1"), floored("ws", false, 1, "c1")}, "calibration: 2026-11-20 08:00:00 UTC, pollpush c1"},
		{"two, one of another commit", []result.Trial{floored("poll", true, 1, "c1"), floored("sse", false, 1, "c0"), floored("ws", false, 1, "c1")},
			"calibration of poll and ws: 2026-11-20 08:00:00 UTC, pollpush c1\ncalibration of sse: 2026-11-20 08:00:00 UTC, pollpush c0, another commit than the run's"},
		{"of unknown commit", []result.Trial{floored("ws", false, 1, "")}, "calibration: 2026-11-20 08:00:00 UTC, pollpush of unknown commit"},
	} {
		var got []string
		for _, row := range tables.Calibrations(mustRun(t, c.trials)) {
			got = append(got, row.What+": "+row.Found)
		}
		assert.Check(t, strings.Join(got, "\n") == c.want, "%s: %q, want %q", c.name, got, c.want)
	}
}

// A leg may be off by half a millisecond: less is no number.
func TestLegsBelowTheirBound(t *testing.T) {
	for v, want := range map[float64]float64{0: math.NaN(), 0.000499: math.NaN(), 0.0005: 0.0005, 0.002: 0.002} {
		trial := result.Trial{AcceptLatency: &result.Quantiles{P50: &v, N: 100}, DeliveryLeg: &result.Quantiles{P50: &v, P99: &v, N: 10_000}}
		for _, name := range []string{"accept latency, p50", "delivery leg, p50", "delivery leg, p99"} {
			m := metric.Named(name)
			if got := m.Of(&trial); got != want && !(math.IsNaN(got) && math.IsNaN(want)) {
				t.Errorf("%s of %v s is %v, want %v", name, v, got, want)
			}
		}
	}
}
