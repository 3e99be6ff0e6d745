package result

import (
	"math/rand/v2"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"gotest.tools/v3/assert"
)

// codesIn are the codes that a source declares, sorted.
func codesIn(t *testing.T, path string) (codes []string) {
	source, err := os.ReadFile(path)
	assert.NilError(t, err)
	for _, found := range regexp.MustCompile(`(?m)^\t\w+ += "(\w+)"$`).FindAllSubmatch(source, -1) {
		codes = append(codes, string(found[1]))
	}
	return slices.Sorted(slices.Values(codes))
}

// Every code has a row, with words of its own, and a validity.
func TestEveryCodeHasARow(t *testing.T) {
	var rows []string
	words := map[string]bool{}
	for _, k := range Reasons {
		rows = append(rows, k.Code)
		if k.Words == "" || words[k.Words] || strings.Contains(k.Words, "_") || k.Suspect+k.Invalid == "" {
			t.Errorf("%s: words %q, suspect %q, invalid %q", k.Code, k.Words, k.Suspect, k.Invalid)
		}
		words[k.Words] = true
	}
	slices.Sort(rows)
	codes := codesIn(t, "reason.go")
	assert.Check(t, slices.Equal(rows, codes), "rows for %q\nof codes %q", rows, codes)
}

func TestKinds(t *testing.T) {
	for _, c := range []struct {
		name  string
		is    func(ReasonKind) bool
		codes []string
	}{
		{"timing", func(k ReasonKind) bool { return k.Timing },
			[]string{GeneratorCPU, CPUThrottled, GeneratorPaused, Steal, ForeignCPU, CPUPressure, ClockDrift, EdgeLate, PublishLate, PollLate, TooFew}},
		{"breaks", func(k ReasonKind) bool { return k.Breaks },
			[]string{GeneratorLimits, GeneratorCPU, CPUThrottled, PublishLate, PollLate, Errors, Refused, LostConnections, RateNotReached, PollsNotReached, Losses}},
		{"exhausted", func(k ReasonKind) bool { return k.Exhausted }, []string{GeneratorLimits, GeneratorCPU}},
		{"cost", func(k ReasonKind) bool { return k.Cost }, []string{NoServerCPU}},
		{"noise", func(k ReasonKind) bool { return k.Noise }, []string{Steal, ForeignCPU, CPUPressure}},
		{"hiccup", func(k ReasonKind) bool { return k.Hiccup }, []string{GeneratorPaused, EdgeLate, PublishLate, PollLate}},
		{"incidental", func(k ReasonKind) bool { return k.Incidental }, []string{TooFew}},
	} {
		var codes []string
		for _, k := range Reasons {
			if c.is(k) {
				codes = append(codes, k.Code)
			}
		}
		assert.Check(t, slices.Equal(codes, c.codes), "%s: %q, want %q", c.name, codes, c.codes)
	}
	if got, want := KindOf("of_the_future"), (ReasonKind{Code: "of_the_future", Words: "of the future"}); got != want {
		t.Errorf("%+v, want %+v", got, want)
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
