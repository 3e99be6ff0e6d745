package gate

import (
	"strings"
	"testing"

	"gotest.tools/v3/assert"

	"github.com/pollpush/pollpush/internal/result"
)

func TestHeaders(t *testing.T) {
	head := func(more map[string]int64) change {
		return only("poll", func(t *result.Trial) {
			t.AnswerHeaders = map[string]int64{"": 17, "Content-Type": 32, "Content-Length": 18 + int64(t.Trial%2), "Date": 37}
			for name, n := range more {
				if t.AnswerHeaders[name] = n; n == 0 {
					delete(t.AnswerHeaders, name)
				}
			}
		})
	}
	polls := six("poll")[0].Requests.ByStatus["200"]
	larger := func(by int64) change { return only("poll", func(t *result.Trial) { moreIn(t, by*polls) }) }
	headless := only("poll", func(t *result.Trial) { t.AnswerHeaders = nil })
	const perPoll = "poll: protocol bytes per poll, in went from"
	explained := func(t *testing.T, c *Comparison) {
		if r := strings.Join(c.Regressions(), "\n"); !strings.Contains(r, perPoll) || strings.Contains(strings.Join(c.notes(), "\n"), "answers") {
			t.Errorf("regressions %q, notes %q", r, c.notes())
		}
	}
	silent := func(t *testing.T, c *Comparison) {
		notes := strings.Join(c.notes(), "\n")
		assert.Check(t, !strings.Contains(notes, "answers"), "notes %q", notes)
	}
	tests := []test{
		{name: "a new one", next: inTurn(head(map[string]int64{"X-Trace": 30}), larger(30)), fails: "poll: responses have a new header X-Trace of 30 bytes", check: explained},
		{name: "a larger one", next: inTurn(head(map[string]int64{"Date": 67}), larger(30)), fails: "poll: the header Date of responses grew from 37 bytes to 67 bytes", check: explained},
		{name: "a new one of a byte or two", next: head(map[string]int64{"X": 5}), notes: "poll: responses have a new header X of 5 bytes."},
		{name: "one gone", next: inTurn(head(map[string]int64{"Date": 0}), larger(-37)), notes: "poll: responses no longer have the header Date of 37 bytes."},
		{name: "the status line", next: inTurn(head(map[string]int64{"": 15}), larger(-2)), notes: "poll: the status line of responses shrank from 17 bytes to 15 bytes."},
		{name: "one of two sizes is gone", next: head(map[string]int64{"Content-Length": 0}), notes: "poll: responses no longer have the header Content-Length of 18 to 19 bytes."},
		{name: "none", next: head(nil), check: silent},
		{name: "the base has none", base: headless, next: inTurn(head(nil), larger(30)), fails: perPoll,
			notes: "poll: the base was made by an older pollpush and has no response headers, so none can be named: record it again."},
		{name: "the new run has none", next: inTurn(headless, larger(30)), fails: perPoll, notes: "poll: the new run has no response headers"},
		{name: "the base has none, and nothing is worse", base: headless, next: head(nil), check: silent},
	}
	for i := range tests {
		if tests[i].base == nil {
			tests[i].base = head(nil)
		}
	}
	runTests(t, tests)
}
