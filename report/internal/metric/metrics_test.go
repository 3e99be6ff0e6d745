package metric

import (
	"math"
	"testing"

	"github.com/pollpush/pollpush/internal/result"
	"github.com/pollpush/pollpush/report/internal/number"
)

func metricNamed(t *testing.T, name string) *Metric {
	t.Helper()
	for i := range Metrics {
		if Metrics[i].Name == name {
			return &Metrics[i]
		}
	}
	t.Fatalf("no metric %q", name)
	return nil
}

// TestMetricsByFormula takes numbers from a trial by hand.
func TestMetricsByFormula(t *testing.T) {
	v := func(f float64) *float64 { return &f }
	trial := result.Trial{
		Schema: result.Schema, Clients: 10, WindowS: 30,
		Counts: result.Counts{
			Expected: 100, Delivered: 97, Lost: 5, Duplicated: 2, WindowDeliveries: 50,
			Requests:    result.Requests{Total: 310, Empty: 240, ByStatus: map[string]int64{"200": 200, "304": 100, "201": 10}},
			Connections: result.Connections{HeldMean: 5},
		},
		Asked:      result.Asked{Paced: true},
		Bytes:      result.Bytes{In: 6000, Out: 3000},
		Latency:    &result.Quantiles{P50: v(0.5), Max: 2, N: 97},
		StaleShare: 0.25,
		Fanout:     &result.Fanout{T100: 0.9, Messages: 3},
		Server:     &result.Cost{CPUUserS: 2, CPUSysS: 1, RSSIdleBytes: 1000, RSSStartBytes: 6000, RSSPeakBytes: 9000},
	}
	want := map[string]float64{
		"requests per client":      62, // 310 / 10 clients / half a minute
		"connections per client":   0.5,
		"delivery latency, p50":    0.5,
		"delivery latency, p99":    math.NaN(),
		"delivery latency, max":    2,
		"publish latency, p50":     math.NaN(),
		"stale share of time":      0.25,
		"fan-out to all, median":   0.9,
		"bytes per delivery, in":   120,
		"bytes per delivery, out":  60,
		"bandwidth per client":     240, // 9,000 B × 8 / 30 s / 10
		"server CPU per delivery":  0.06,
		"server CPU, of one core":  0.1,
		"server memory per client": 500,
		"server memory, peak":      9000,
		"empty polls":              0.8,
		"expected deliveries":      100,
		"delivered":                97,
		"lost":                     5,
		"duplicated":               2,
	}
	for name, w := range want {
		if got := metricNamed(t, name).Of(&trial); math.Abs(got-w) > 1e-12 || math.IsNaN(got) != math.IsNaN(w) {
			t.Errorf("%s = %v, want %v", name, got, w)
		}
	}
	// Polls due in the window are others than those answered in it.
	trial.PollResponse = &result.Quantiles{N: 200}
	if got := EmptyShare(&trial); got != 0.8 {
		t.Errorf("empty polls = %v, want 0.8 of those answered in the window", got)
	}
	if got, want := PerPoll(&trial), 50.0/60; got != want {
		t.Errorf("messages per poll that is not empty = %v, want %v", got, want)
	}
	trial.Requests.Empty = 302
	if got := EmptyShare(&trial); got != 1 {
		t.Errorf("empty polls = %v, want all of them at most", got)
	}
	// Of nothing, every metric that divides is unknown, and none panics.
	for i := range Metrics {
		m := &Metrics[i]
		if got := m.Of(&result.Trial{}); !math.IsNaN(got) && got != 0 {
			t.Errorf("%s of an empty trial = %v, want nothing", m.Name, got)
		}
	}
}

func TestCellOverTrials(t *testing.T) {
	trials := make([]result.Trial, 3)
	for i, n := range []int64{300, 100, 200} {
		trials[i] = result.Trial{Clients: 10, WindowS: 60, Counts: result.Counts{Lost: n, Requests: result.Requests{Total: n}}}
	}
	c := Requests.Cell(trials)
	if c.Value != 20 || c.Low != 10 || c.High != 30 {
		t.Errorf("requests over the trials are %v (%v–%v), want the median 20 (10–30)", c.Value, c.Low, c.High)
	}
	if c := Lost.Cell(trials); c.Value != 600 {
		t.Errorf("lost over the trials is %v, want the sum 600: a median hides one trial's loss", c.Value)
	}
	if s := Requests.Print(c, true); s != "20.0/min (10.0–30.0)" {
		t.Errorf("printed %q", s)
	}
}

func TestFormat(t *testing.T) {
	for _, tt := range []struct {
		unit number.Unit
		in   float64
		want string
	}{
		{number.Seconds, 0.0004216, "422 µs"}, {number.Seconds, 0.99996, "1.00 s"}, {number.Seconds, 0.5021, "502 ms"}, {number.Seconds, 0, "0 s"},
		{number.Seconds, 73, "73.0 s"}, {number.Seconds, 3e-8, "30.0 ns"}, {number.Seconds, math.NaN(), "–"},
		{number.Count, 1234567, "1,234,567"}, {number.Count, 12, "12"}, {number.Count, -1234, "-1,234"},
		{number.Memory, 1536, "1.50 KiB"}, {number.Memory, 30 << 20, "30.0 MiB"}, {number.Memory, -2048, "-2.00 KiB"},
		{number.Share, 0.3679, "36.8 %"}, {number.Share, 1, "100 %"}, {number.Cores, 1.523, "152 %"},
		{number.BitRate, 1240, "1.24 kbit/s"}, {number.BytesEach, 1234, "1,230 B"}, {number.PerMinute, 60.06, "60.1/min"}, {number.Ratio, 1, "1"},
	} {
		if got := tt.unit.Format(tt.in); got != tt.want {
			t.Errorf("format(%v) = %q, want %q", tt.in, got, tt.want)
		}
	}
	if got, want := number.Seconds.FormatRange(0.0099, 0.0081, 0.0123), "9.90 ms (8.10–12.3)"; got != want {
		t.Errorf("formatRange = %q, want %q", got, want)
	}
}
