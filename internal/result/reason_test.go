package result

import (
	"math/rand/v2"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

func TestTiming(t *testing.T) {
	timing := []string{PublishLate, PollLate, EdgeLate, GeneratorCPU, CPUThrottled, GeneratorPaused, Steal, ForeignCPU, CPUPressure, ClockDrift, TooFew}
	for _, code := range append(slices.Clone(causes), "", "unknown") {
		if got, want := Timing(code), slices.Contains(timing, code); got != want {
			t.Errorf("Timing(%q) = %v, want %v", code, got, want)
		}
	}
}

// Every code has its place among the causes.
func TestCausesAreAllCodes(t *testing.T) {
	source, err := os.ReadFile("reason.go")
	if err != nil {
		t.Fatal(err)
	}
	_, list, _ := strings.Cut(string(source), "// The codes of reasons.")
	list, _, _ = strings.Cut(list, "\n)")
	var codes []string
	for _, found := range regexp.MustCompile(`"(\w+)"`).FindAllStringSubmatch(list, -1) {
		codes = append(codes, found[1])
	}
	if ranked := slices.Sorted(slices.Values(causes)); !slices.Equal(ranked, slices.Sorted(slices.Values(codes))) {
		t.Errorf("ranked are %q\nof         %q", ranked, codes)
	}
}

// Whatever order doubts came in, what makes the trial invalid is told first,
// and a cause before what it brought about. Those of one code stay as they came.
func TestReasonsInOrder(t *testing.T) {
	want := []Reason{
		{NotComplete, Invalid, ""}, {GeneratorLimits, Invalid, ""}, {GeneratorCPU, Invalid, ""}, {CPUThrottled, Invalid, ""}, {GeneratorPaused, Invalid, ""},
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
