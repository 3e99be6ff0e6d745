package calibration

import (
	"strings"
	"testing"

	"github.com/HdrHistogram/hdrhistogram-go"

	"github.com/pollpush/pollpush/internal/result"
)

func TestRound(t *testing.T) {
	for in, want := range map[float64]float64{0: 0, 1: 1, 7.26: 7.3, 14.4: 14, 99.6: 100, 12_345: 12_000, 169_705: 170_000} {
		if got := round(in); got != want {
			t.Errorf("round(%v) = %v, want %v", in, got, want)
		}
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
		if got := holds(&c.trial); got != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
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
		if got := side(&c.trial); got != c.want {
			t.Errorf("%v: %s, want %s", c.trial.Reasons, got, c.want)
		}
	}
}

// Whatever is not given back exactly is named.
func TestDifferences(t *testing.T) {
	h := hdrhistogram.New(1, 1e12, 3)
	h.RecordValue(int64(faultDelay))
	text, err := h.Encode(hdrhistogram.V2CompressedEncodingCookieBase)
	if err != nil {
		t.Fatal(err)
	}
	h.RecordValue(int64(faultDelay / 2))
	early, err := h.Encode(hdrhistogram.V2CompressedEncodingCookieBase)
	if err != nil {
		t.Fatal(err)
	}
	exact := result.Trial{
		Status: result.Complete, Offered: 100, Published: 100, Expected: 2000, Delivered: 2000,
		Lost: 200, Duplicated: 200, Reordered: 200, LatencyHDR: string(text),
	}
	if got := differences(&exact); got != "" {
		t.Errorf("no difference: %s", got)
	}
	for want, change := range map[string]func(*result.Trial){
		"the trial is failed":              func(t *result.Trial) { t.Status = result.Failed },
		"offered 99, known to be 100":      func(t *result.Trial) { t.Offered-- },
		"published 99, known to be 100":    func(t *result.Trial) { t.Published-- },
		"expected 2001, known to be 2000":  func(t *result.Trial) { t.Expected++ },
		"lost 199, known to be 200":        func(t *result.Trial) { t.Lost-- },
		"duplicated 0, known to be 200":    func(t *result.Trial) { t.Duplicated = 0 },
		"reordered 201, known to be 200":   func(t *result.Trial) { t.Reordered++ },
		"delivered 1800, known to be 2000": func(t *result.Trial) { t.Delivered = 1800 },
		"ms, known to be delayed by 40ms":  func(t *result.Trial) { t.LatencyHDR = string(early) },
		"is not a histogram":               func(t *result.Trial) { t.LatencyHDR = "" },
	} {
		trial := exact
		change(&trial)
		if got := differences(&trial); !strings.Contains(got, want) {
			t.Errorf("%q does not say %q", got, want)
		}
	}
}

func TestLess(t *testing.T) {
	p50 := 0.0051
	got := less(&result.Quantiles{P50: &p50, Max: 0.007, Mean: 0.006, N: 9}, 0.005)
	near := func(a, b float64) bool { return a-b < 1e-12 && b-a < 1e-12 }
	if !near(*got.P50, 0.0001) || got.P90 != nil || !near(got.Max, 0.002) || !near(got.Mean, 0.001) || got.N != 9 {
		t.Errorf("%+v", got)
	}
	if less(nil, 1) != nil {
		t.Error("nothing less something is something")
	}
}
