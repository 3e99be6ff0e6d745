package result

import (
	"math"
	"testing"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

func TestEnough(t *testing.T) {
	for _, c := range []struct {
		share float64
		least int64
	}{{.5, 20}, {.9, 100}, {.99, 1000}, {.999, 10_000}, {0, 10}} {
		if Enough(c.least-1, c.share) {
			t.Errorf("%d samples carry the share %v, %d are needed", c.least-1, c.share, c.least)
		}
		if !Enough(c.least, c.share) {
			t.Errorf("%d samples do not carry the share %v", c.least, c.share)
		}
	}
}

func TestSummarizeLeavesOutWhatTooFewSamplesCarry(t *testing.T) {
	for _, c := range []struct {
		n                   int64
		p50, p90, p99, p999 bool
	}{
		{1, false, false, false, false},
		{19, false, false, false, false},
		{20, true, false, false, false},
		{99, true, false, false, false},
		{100, true, true, false, false},
		{999, true, true, false, false},
		{1000, true, true, true, false},
		{9999, true, true, true, false},
		{10_000, true, true, true, true},
	} {
		q := Summarize(histogram(t, time.Millisecond, c.n))
		for _, p := range []struct {
			name string
			got  *float64
			want bool
		}{{"p50", q.P50, c.p50}, {"p90", q.P90, c.p90}, {"p99", q.P99, c.p99}, {"p999", q.P999, c.p999}} {
			if (p.got != nil) != p.want {
				t.Errorf("%d samples: %s present: %v, want %v", c.n, p.name, p.got != nil, p.want)
			}
		}
		if q.N != c.n {
			t.Errorf("n = %d, want %d", q.N, c.n)
		}
	}
}

func TestSummarize(t *testing.T) {
	h := hdrhistogram.New(1, int64(time.Hour), 3)
	if q := Summarize(h); q != nil {
		t.Fatalf("an empty histogram has percentiles: %+v", q)
	}
	for ms := range int64(10_000) {
		if err := h.RecordValue((ms + 1) * int64(time.Millisecond)); err != nil {
			t.Fatal(err)
		}
	}
	q := Summarize(h)
	for _, c := range []struct {
		name      string
		got, want float64
	}{{"p50", *q.P50, 5}, {"p90", *q.P90, 9}, {"p99", *q.P99, 9.9}, {"p999", *q.P999, 9.99}, {"max", q.Max, 10}, {"mean", q.Mean, 5.0005}} {
		if math.Abs(c.got-c.want) > c.want/1000 {
			t.Errorf("%s = %v s, want %v to 3 digits", c.name, c.got, c.want)
		}
	}
}
