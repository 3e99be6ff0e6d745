package calibration

import (
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/HdrHistogram/hdrhistogram-go"
	"gotest.tools/v3/assert"
	is "gotest.tools/v3/assert/cmp"

	"github.com/pollpush/pollpush/internal/result"
)

func TestRound(t *testing.T) {
	for in, want := range map[float64]float64{0: 0, 1: 1, 7.26: 7.3, 14.4: 14, 99.6: 100, 12_345: 12_000, 169_705: 170_000} {
		assert.Check(t, is.Equal(round(in), want), "round(%v) =", in)
	}
}

func reasons(validity result.Validity, codes ...string) (t result.Trial) {
	t.Status, t.Validity = result.Complete, validity
	for _, code := range codes {
		t.Reasons = append(t.Reasons, result.Reason{Code: code, Validity: validity, Text: code})
	}
	return t
}

func TestHolds(t *testing.T) {
	for _, c := range []struct {
		name  string
		trial result.Trial
		want  bool
	}{
		{"valid", reasons(result.Valid), true},
		{"others were there", reasons(result.Suspect, result.Steal, result.ForeignCPU), true},
		{"few messages", reasons(result.Suspect, result.TooFew), true},
		{"others made it invalid", reasons(result.Invalid, result.CPUPressure), false},
		{"losses", reasons(result.Suspect, result.ForeignCPU, result.Losses), false},
		{"late", reasons(result.Invalid, result.PublishLate), false},
		{"failed", result.Trial{Status: result.Failed}, false},
	} {
		assert.Check(t, is.Equal(holds(&c.trial), c.want), c.name)
	}
}

func TestSide(t *testing.T) {
	costs := func(generator, target float64, codes ...string) result.Trial {
		t := reasons(result.Invalid, codes...)
		t.Generator.CPUUserS, t.Server = generator, &result.Cost{CPUUserS: target}
		return t
	}
	for _, c := range []struct {
		trial result.Trial
		want  string
	}{
		{costs(1, 2, result.RateNotReached), Target},
		{costs(2, 1, result.RateNotReached), Generator},
		{costs(1, 2, result.PublishLate, result.GeneratorCPU), Generator},
		{costs(1, 2, result.PublishLate, result.ForeignCPU), Others},
		{reasons(result.Invalid, result.PublishLate), Generator},
	} {
		assert.Check(t, is.Equal(side(&c.trial), c.want), "%v", c.trial.Reasons)
	}
}

// Whatever is not given back exactly is named.
func TestDifferences(t *testing.T) {
	h := hdrhistogram.New(1, 1e12, 3)
	h.RecordValue(int64(faultDelay))
	text, err := h.Encode(hdrhistogram.V2CompressedEncodingCookieBase)
	assert.NilError(t, err)
	h.RecordValue(int64(faultDelay / 2))
	early, err := h.Encode(hdrhistogram.V2CompressedEncodingCookieBase)
	assert.NilError(t, err)
	exact := result.Trial{
		Status: result.Complete, LatencyHDR: string(text),
		Counts: result.Counts{Offered: 100, Published: 100, Expected: 2000, Delivered: 2000, Lost: 200, Duplicated: 200, Reordered: 200},
	}
	assert.Check(t, is.Equal(differences(&exact), ""), "no difference")
	for want, change := range map[string]func(*result.Trial){
		"the trial is failed":                      func(t *result.Trial) { t.Status = result.Failed },
		"offered 99, but the target made 100":      func(t *result.Trial) { t.Offered-- },
		"published 99, but the target made 100":    func(t *result.Trial) { t.Published-- },
		"expected 2001, but the target made 2000":  func(t *result.Trial) { t.Expected++ },
		"lost 199, but the target made 200":        func(t *result.Trial) { t.Lost-- },
		"duplicated 0, but the target made 200":    func(t *result.Trial) { t.Duplicated = 0 },
		"reordered 201, but the target made 200":   func(t *result.Trial) { t.Reordered++ },
		"delivered 1800, but the target made 2000": func(t *result.Trial) { t.Delivered = 1800 },
		"ms, but the target delays by 40ms":        func(t *result.Trial) { t.LatencyHDR = string(early) },
		"is not a histogram":                       func(t *result.Trial) { t.LatencyHDR = "" },
	} {
		trial := exact
		change(&trial)
		got := differences(&trial)
		assert.Check(t, strings.Contains(got, want), "%q does not say %q", got, want)
	}
}

// A machine's limit is found from both sides, and holds twice.
func TestSearch(t *testing.T) {
	const limit = 100_000
	broken := errors.New("broken")
	for _, c := range []struct {
		name   string
		first  float64
		fails  []int // probes that do not hold, whatever their load, from 1
		probes []float64
		want   Largest
	}{
		{"from below", 50_000, nil, []float64{50_000, 100_000, 200_000, 140_000, 120_000, 100_000}, Largest{PerS: 100_000, Invalid: 120_000}},
		{"from above", 340_000, nil, []float64{340_000, 170_000, 85_000, 120_000, 100_000, 100_000}, Largest{PerS: 100_000, Invalid: 120_000}},
		{"without end", 1000, nil, []float64{1000, 2000, 4000, 8000, 16_000, 16_000}, Largest{PerS: 16_000}},
		{"by chance once", 50_000, []int{6}, []float64{50_000, 100_000, 200_000, 140_000, 120_000, 100_000, 83_000, 83_000}, Largest{PerS: 83_000, Invalid: 100_000}},
		{"lower, and once before", 77_000, []int{5}, []float64{77_000, 150_000, 110_000, 92_000, 92_000, 77_000}, Largest{PerS: 77_000, Invalid: 92_000}},
		{"never twice", 50_000, []int{6, 7, 8}, []float64{50_000, 100_000, 200_000, 140_000, 120_000, 100_000, 83_000, 69_000}, Largest{Invalid: 69_000}},
		{"late at last", 50_000, []int{6, 7}, []float64{50_000, 100_000, 200_000, 140_000, 120_000, 100_000, 83_000, 69_000}, Largest{Invalid: 83_000}},
		{"never", 64_000, []int{1, 2, 3, 4, 5, 6, 7, 8}, []float64{64_000, 32_000, 16_000, 8000, 4000, 2000, 1000, 500}, Largest{Invalid: 500}},
	} {
		var probes []float64
		got, err := search(c.first, mostProbes, lastProbes, func(load float64) (result.Trial, error) {
			probes = append(probes, load)
			if load > limit || slices.Contains(c.fails, len(probes)) {
				return reasons(result.Invalid, result.PublishLate), nil
			}
			return reasons(result.Valid), nil
		})
		if err != nil || got.PerS != c.want.PerS || got.Invalid != c.want.Invalid || !slices.Equal(probes, c.probes) {
			t.Errorf("%s: %+v after %v (%v), want %+v after %v", c.name, got, probes, err, c.want, c.probes)
		}
		assert.Check(t, (got.Invalid > 0) == (got.Side == Generator && got.Reason == result.PublishLate), "%s: the limit is %+v", c.name, got)
	}
	_, err := search(1, mostProbes, lastProbes, func(float64) (result.Trial, error) { return result.Trial{}, broken })
	assert.Check(t, errors.Is(err, broken), "a probe's error became %v", err)
}

// The floor and the known delay come to what the trial measured; a poll's answer
// is not delayed. A trial that somebody was in the way of has no floor.
func TestFloor(t *testing.T) {
	at := func(v float64) *float64 { return &v }
	trial := reasons(result.Valid)
	trial.Latency = &result.Quantiles{P50: at(0.0053), P90: at(0.0055), P99: at(0.0061), Max: 0.0092, Mean: 0.0054, N: 3000}
	trial.PollResponse = &result.Quantiles{P50: at(0.0004), Max: 0.003, Mean: 0.0005, N: 12_000}
	got := floor(new(reasons(result.Valid)), false)
	assert.Check(t, got == nil, "of no deliveries: %+v", got)
	for _, paced := range []bool{false, true} {
		got, delay, measured := floor(&trial, paced), 0.005, trial.Latency
		if paced {
			delay, measured = 0, trial.PollResponse
		}
		assert.Assert(t, got != nil, "paced %v: no floor", paced)
		for name, q := range map[string]func(*result.Quantiles) *float64{
			"p50":  func(q *result.Quantiles) *float64 { return q.P50 },
			"p90":  func(q *result.Quantiles) *float64 { return q.P90 },
			"p99":  func(q *result.Quantiles) *float64 { return q.P99 },
			"p999": func(q *result.Quantiles) *float64 { return q.P999 },
			"max":  func(q *result.Quantiles) *float64 { return &q.Max },
			"mean": func(q *result.Quantiles) *float64 { return &q.Mean },
		} {
			of, is := q(got), q(measured)
			if (of == nil) != (is == nil) || of != nil && math.Abs(*of+delay-*is) > 1e-12 {
				t.Errorf("paced %v: %s and a delay of %v do not come to what was measured: %+v, %+v", paced, name, delay, got, measured)
			}
		}
		assert.Check(t, got.N == measured.N, "paced %v: of %d, want %d", paced, got.N, measured.N)
		for _, code := range []string{result.Steal, result.ForeignCPU, result.CPUPressure, result.Losses} {
			doubted := reasons(result.Suspect, code)
			doubted.Latency, doubted.PollResponse = trial.Latency, trial.PollResponse
			if got := floor(&doubted, paced); got != nil {
				t.Errorf("paced %v, %s: the floor is %+v", paced, code, got)
			}
		}
	}
}
