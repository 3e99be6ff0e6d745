package metric

import (
	"math"
	"testing"

	"github.com/pollpush/pollpush/internal/result"
	"github.com/pollpush/pollpush/report/internal/number"
)

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
