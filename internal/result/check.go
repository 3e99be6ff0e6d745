package result

import (
	"errors"
	"fmt"
)

// A must records what does not hold, in the words of format and args.
type must func(ok bool, format string, args ...any)

// Check holds a trial against what must be true of every trial, and returns
// all that is not.
func (t *Trial) Check() error {
	var errs []error
	must := must(func(ok bool, format string, args ...any) {
		if !ok {
			errs = append(errs, fmt.Errorf(format, args...))
		}
	})
	must(t.Transport != "" && t.Run != "" && t.Scenario != "", "run, scenario and transport must be named")
	must(t.Trial >= 1 && t.Attempt >= 1, "trial %d, attempt %d: both count from 1", t.Trial, t.Attempt)
	must(t.Clients >= 1, "clients = %d: at least 1", t.Clients)
	must(t.Status == Complete || t.Status == Partial || t.Status == Failed, "status %q is not complete, partial or failed", t.Status)
	must(t.Validity == Valid || t.Validity == Suspect || t.Validity == Invalid, "validity %q is not valid, suspect or invalid", t.Validity)
	for _, r := range t.Reasons {
		must(r.Validity == Suspect || r.Validity == Invalid, "the reason %q makes the trial %q: must be suspect or invalid", r.Code, r.Validity)
	}
	must(t.Validity == worst(t.Reasons), "validity %q, but by its reasons %q", t.Validity, worst(t.Reasons))
	must(t.Status == Complete || t.Validity == Invalid, "a %s trial must be invalid, not %s", t.Status, t.Validity)

	must(t.Offered == t.Sent+t.NotSent, "offered %d ≠ sent %d + not sent %d", t.Offered, t.Sent, t.NotSent)
	must(t.Published <= t.Sent, "published %d > sent %d", t.Published, t.Sent)
	must(t.Expected == t.Delivered-t.Duplicated+t.Lost, "expected %d ≠ delivered %d − duplicated %d + lost %d",
		t.Expected, t.Delivered, t.Duplicated, t.Lost)
	var answered int64
	for _, n := range t.Requests.ByStatus {
		answered += n
	}
	must(t.Requests.Total == answered+t.Requests.Errors, "requests %d ≠ %d by status + %d errors",
		t.Requests.Total, answered, t.Requests.Errors)
	must(t.Reordered <= t.Delivered-t.Duplicated, "reordered %d > delivered %d − duplicated %d", t.Reordered, t.Delivered, t.Duplicated)
	must(t.Requests.Empty <= t.Requests.ByStatus["200"]+t.Requests.ByStatus["304"]+int64(t.Clients), // each may have an answer under way
		"requests.empty = %d, but %d polls were answered", t.Requests.Empty, t.Requests.ByStatus["200"]+t.Requests.ByStatus["304"])
	c := t.Connections
	must(max(c.Held, c.Lost, c.Reconnects) <= c.Opened && c.HeldMean <= float64(c.Opened), "connections: %d held, %.3g of them on average, %d lost and %d reconnects, of %d opened",
		c.Held, c.HeldMean, c.Lost, c.Reconnects, c.Opened)
	t.checkSigns(must)
	must(!(t.StaleShare > 1), "stale_share = %v: from 0 to 1", t.StaleShare)
	must(t.Status != Complete || t.WindowS > 0, "a complete trial without a window")
	t.checkFreshness(must)
	t.checkAnswerHeaders(must)
	t.checkLimits(must)
	if t.Schema >= layered {
		t.checkLayers(must)
	}
	if t.Calibration != nil {
		err := t.Calibration.Check()
		must(err == nil, "calibration: %v", err)
	}

	t.checkHistograms(must)
	if t.Status == Complete { // of a shard that died there are seconds, and no phases
		t.checkSeries(must)
		t.checkAsked(must)
		t.checkCost(must)
		t.checkDoubts(must)
	}
	if len(errs) > 0 {
		return fmt.Errorf("broken invariants: %w", errors.Join(errs...))
	}
	return nil
}

// worst is the validity that the reasons together give a trial.
func worst(reasons []Reason) Validity {
	v := Valid
	for _, r := range reasons {
		if r.Validity.rank() < v.rank() {
			v = r.Validity
		}
	}
	return v
}
