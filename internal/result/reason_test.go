package result

import (
	"math/rand/v2"
	"slices"
	"testing"
)

func TestTiming(t *testing.T) {
	timing := []string{PublishLate, PollLate, EdgeLate, GeneratorCPU, GeneratorPaused, Steal, ForeignCPU, CPUPressure, ClockDrift, TooFew}
	for _, code := range append(slices.Clone(causes), "", "unknown") {
		if got, want := Timing(code), slices.Contains(timing, code); got != want {
			t.Errorf("Timing(%q) = %v, want %v", code, got, want)
		}
	}
}

// Whatever order doubts came in, what makes the trial invalid is told first,
// and a cause before what it brought about. Those of one code stay as they came.
func TestReasonsInOrder(t *testing.T) {
	want := []Reason{
		{NotComplete, Invalid, ""}, {GeneratorLimits, Invalid, ""}, {GeneratorCPU, Invalid, ""}, {GeneratorPaused, Invalid, ""},
		{PublishLate, Invalid, ""}, {Errors, Invalid, "9 errors"}, {Refused, Invalid, "1"}, {Refused, Invalid, "2"},
		{RateNotReached, Invalid, ""}, {Broken, Invalid, ""}, {"unheard_of", Invalid, ""},
		{Steal, Suspect, ""}, {CPUPressure, Suspect, ""}, {Errors, Suspect, "the first"}, {Losses, Suspect, ""}, {TooFew, Suspect, ""}, {"unheard_of", Suspect, ""},
	}
	random := rand.New(rand.NewPCG(1, 2))
	for range 20 {
		got := slices.Clone(want)
		random.Shuffle(len(got), func(i, j int) { got[i], got[j] = got[j], got[i] })
		first, second := slices.Index(got, Reason{Refused, Invalid, "1"}), slices.Index(got, Reason{Refused, Invalid, "2"})
		if first > second {
			got[first], got[second] = got[second], got[first]
		}
		if inOrder(got); !slices.Equal(got, want) {
			t.Fatalf("%v\nwant %v", got, want)
		}
	}
}
