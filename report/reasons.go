package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/pollpush/pollpush/internal/result"
)

// doubtWords are what a reason's code says in a chart or a list, and whether it
// tells that server or generator did not bear the load. The others doubt the
// measurement: what else the machine did, or a count.
type doubtWords struct {
	code   string
	words  string
	breaks bool
}

var everyDoubt = []doubtWords{
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

// wordsOf a code that this report does not know are the code, as a doubt.
func wordsOf(code string) doubtWords {
	if i := slices.IndexFunc(everyDoubt, func(d doubtWords) bool { return d.code == code }); i >= 0 {
		return everyDoubt[i]
	}
	return doubtWords{code: code, words: strings.ReplaceAll(code, "_", " ")}
}

// doubtCount is how often a reason was given, by validity.
type doubtCount struct {
	doubtWords
	validity   result.Validity
	attempts   int
	transports []string
}

// doubtCounts are those of all trials, invalid before suspect, the most frequent
// first.
func doubtCounts(trials []result.Trial) []doubtCount {
	var list []doubtCount
	for _, t := range trials {
		seen := map[string]bool{}
		for _, r := range t.Reasons {
			key := string(r.Validity) + r.Code
			if seen[key] {
				continue
			}
			seen[key] = true
			i := slices.IndexFunc(list, func(d doubtCount) bool { return d.code == r.Code && d.validity == r.Validity })
			if i < 0 {
				i = len(list)
				list = append(list, doubtCount{doubtWords: wordsOf(r.Code), validity: r.Validity})
			}
			list[i].attempts++
			if !slices.Contains(list[i].transports, t.Transport) {
				list[i].transports = append(list[i].transports, t.Transport)
			}
		}
	}
	slices.SortStableFunc(list, func(a, b doubtCount) int {
		return cmp.Or(cmp.Compare(a.validity, b.validity), cmp.Compare(b.attempts, a.attempts))
	})
	return list
}

// doubtsByReason are the doubts of all trials, a line for each reason.
func doubtsByReason(trials []result.Trial) []string {
	var list []string
	for _, d := range doubtCounts(trials) {
		who := plural(float64(len(d.transports)), "transport")
		if len(d.transports) <= 3 {
			who = join(d.transports)
		}
		list = append(list, fmt.Sprintf("%s, %s: %s of %s", d.validity, d.words, plural(float64(d.attempts), "trial"), who))
	}
	return list
}
