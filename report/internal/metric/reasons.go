package metric

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/pollpush/pollpush/internal/result"
	"github.com/pollpush/pollpush/report/internal/number"
)

// doubtWords are what a reason's code says in a chart or a list, and whether it
// tells that server or generator did not bear the load. The others doubt the
// measurement: what else the machine did, or a count.
type doubtWords struct {
	Code   string
	Words  string
	Breaks bool
}

var EveryDoubt = []doubtWords{
	{result.GeneratorLimits, "generator out of resources", true},
	{result.GeneratorCPU, "generator saturated", true},
	{result.CPUThrottled, "CPU quota used up", true},
	{result.RateNotReached, "message rate not reached", true},
	{result.PollsNotReached, "polls not reached", true},
	{result.PublishLate, "messages sent late", true},
	{result.PollLate, "polls sent late", true},
	{result.Refused, "connections refused", true},
	{result.LostConnections, "connections lost", true},
	{result.Errors, "errors", true},
	{result.Losses, "messages lost", true},
	{result.NotComplete, "not run to its end", false},
	{result.GeneratorPaused, "generator paused", false},
	{result.Steal, "cores stolen by the hypervisor", false},
	{result.ForeignCPU, "CPU used by other processes", false},
	{result.CPUPressure, "waits for a CPU", false},
	{result.ClockDrift, "clock drift", false},
	{result.NoServerCPU, "no server CPU", false},
	{result.EdgeLate, "steady state's edge read late", false},
	{result.ShortWarmUp, "warm-up too short", false},
	{result.TooFew, "no message due", false},
	{result.Mismatch, "counts differ", false},
	{result.Broken, "numbers contradict each other", false},
}

// WordsOf a code that this report does not know are the code, as a doubt.
func WordsOf(code string) doubtWords {
	if i := slices.IndexFunc(EveryDoubt, func(d doubtWords) bool { return d.Code == code }); i >= 0 {
		return EveryDoubt[i]
	}
	return doubtWords{Code: code, Words: strings.ReplaceAll(code, "_", " ")}
}

// doubtCount is how often a reason was given, by validity.
type doubtCount struct {
	doubtWords
	validity   result.Validity
	Attempts   int
	transports []string
}

// DoubtCounts are those of all trials, invalid before suspect, the most frequent
// first.
func DoubtCounts(trials []result.Trial) []doubtCount {
	var list []doubtCount
	for _, t := range trials {
		seen := map[string]bool{}
		for _, r := range t.Reasons {
			key := string(r.Validity) + r.Code
			if seen[key] {
				continue
			}
			seen[key] = true
			i := slices.IndexFunc(list, func(d doubtCount) bool { return d.Code == r.Code && d.validity == r.Validity })
			if i < 0 {
				i = len(list)
				list = append(list, doubtCount{doubtWords: WordsOf(r.Code), validity: r.Validity})
			}
			list[i].Attempts++
			if !slices.Contains(list[i].transports, t.Transport) {
				list[i].transports = append(list[i].transports, t.Transport)
			}
		}
	}
	slices.SortStableFunc(list, func(a, b doubtCount) int {
		return cmp.Or(cmp.Compare(a.validity, b.validity), cmp.Compare(b.Attempts, a.Attempts))
	})
	return list
}

// DoubtsByReason are the doubts of all trials, a line for each reason.
func DoubtsByReason(trials []result.Trial) []string {
	var list []string
	for _, d := range DoubtCounts(trials) {
		who := number.Plural(float64(len(d.transports)), "transport")
		if len(d.transports) <= 3 {
			who = number.Join(d.transports)
		}
		list = append(list, fmt.Sprintf("%s, %s: %s of %s", d.validity, d.Words, number.Plural(float64(d.Attempts), "trial"), who))
	}
	return list
}
