package result

import (
	"errors"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"
	"time"
)

// A must records what does not hold, in the words of format and args.
type must func(ok bool, format string, args ...any)

// Check compares a trial with what must be true of every trial, and returns
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
	must(t.Requests.Empty <= t.Requests.Answered()+int64(t.Clients), // each may have an answer under way
		"requests.empty = %d, but %d polls were answered", t.Requests.Empty, t.Requests.Answered())
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

	latency := t.checkHistograms(must)
	if t.Status == Complete { // of a shard that died there are seconds, and no phases
		t.checkSeries(must)
		t.checkLatencies(latency, must)
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

// signed are the numbers, by their JSON names, that may be below 0, each with the
// last schema of which that holds.
var signed = map[string]int{
	"compression": Schema, "t": Schema, "clock_drift_share": Schema, "clock_step_s": Schema,
	// Differences of two readings, one of which a process that had died did not
	// give, or the hypervisor took back.
	"steal_cores": 4, "server_cpu_s": 4, "cpu_connect_s": 4, "gc_pause_s": 4, "gc_cycles": 4,
}

// mostNumber bounds every number: beyond it a float64 is exact to less than 1,
// and sums of a few do not overflow.
const mostNumber = 1 << 53

// checkSigns checks whether any number of the trial is below 0, or absurd.
func (t *Trial) checkSigns(must must) {
	t.checkNumbers(reflect.ValueOf(t).Elem(), false, func() string { return "" }, must)
}

var instant = reflect.TypeFor[time.Time]()

// checkNumbers checks all within v, which itself may be below 0 or not. The path,
// ".series[3].bytes_in", is put together only of those that are wrong: as a rule
// there are none.
func (t *Trial) checkNumbers(v reflect.Value, mayBeBelow bool, path func() string, must must) {
	number := func(f float64) {
		below := !(f >= 0) // or NaN
		if below && !mayBeBelow {
			must(false, "%s = %v: below 0", strings.TrimPrefix(path(), "."), v)
		} else if f > mostNumber {
			must(false, "%s = %v: at most 2^53", strings.TrimPrefix(path(), "."), v)
		}
	}
	switch v.Kind() {
	case reflect.Int, reflect.Int64:
		number(float64(v.Int()))
	case reflect.Float64:
		number(v.Float())
	case reflect.Pointer:
		if !v.IsNil() {
			t.checkNumbers(v.Elem(), mayBeBelow, path, must)
		}
	case reflect.Slice:
		for i := range v.Len() {
			t.checkNumbers(v.Index(i), false, func() string { return fmt.Sprintf("%s[%d]", path(), i) }, must)
		}
	case reflect.Map:
		for each := v.MapRange(); each.Next(); {
			t.checkNumbers(each.Value(), false, func() string { return fmt.Sprintf("%s.%.80q", path(), each.Key()) }, must)
		}
	case reflect.Struct:
		if v.Type() == instant {
			return
		}
		for i := range v.NumField() {
			name, _, _ := strings.Cut(v.Type().Field(i).Tag.Get("json"), ",")
			until, ok := signed[name]
			// Of a struct without a name, the fields are the outer one's.
			t.checkNumbers(v.Field(i), ok && t.Schema <= until, func() string { return strings.TrimSuffix(path()+"."+name, ".") }, must)
		}
	}
}

// EdgeLimit is how far from its planned instant an edge of a steady state of so
// many seconds may be read, in seconds.
func EdgeLimit(steady float64) float64 { return max(maxEdgeShare*steady, maxEdge.Seconds()) }

// checkAsked compares a complete trial with what was asked of it, as far as the
// line shows. The schedule's seed is not in it, so the number of messages
// that come at random is known only roughly.
func (t *Trial) checkAsked(must must) {
	a := t.Asked
	must(a.SteadyS > 0 && a.Rooms >= 1, "asked: %v s of steady state, %d rooms: both must be above 0", a.SteadyS, a.Rooms)
	must(t.Trial <= a.Trials, "trial %d of only %d asked for", t.Trial, a.Trials)
	must(len(a.Transports) == 0 || slices.Contains(a.Transports, t.Transport), "transport %q is not one of those asked for, %q", t.Transport, a.Transports)
	must(len(a.Points) == 0 || slices.Contains(a.Points, t.ScenarioHash), "scenario_hash %q belongs to no point asked for", t.ScenarioHash)
	if a.SteadyS <= 0 || a.Rooms < 1 {
		return
	}
	off := 2 * EdgeLimit(a.SteadyS)
	if t.Schema < layered { // nobody looked how late an edge was read
		off = 1 + a.SteadyS/10
	}
	must(math.Abs(t.WindowS-a.SteadyS) <= off || t.doubted(EdgeLate), "window_s = %v, but asked.steady_s is %v (%.3g s more or less are allowed)", t.WindowS, a.SteadyS, off)
	least, most := t.due(a.SteadyS)
	must(least <= float64(t.Offered) && float64(t.Offered) <= most, "offered = %d, but %v/s in each of %d rooms for %v s make %.0f to %.0f",
		t.Offered, a.PublishRate, a.Rooms, a.SteadyS, least, most)
	// Every message is expected by every client of its room that joined.
	smallest := t.Clients / a.Rooms
	largest := (t.Clients + a.Rooms - 1) / a.Rooms
	must(t.Expected <= t.Offered*int64(largest), "expected = %d, but %d messages were offered to at most %d clients each", t.Expected, t.Offered, largest)
	must(t.Expected >= t.Published*int64(smallest) || t.invalidFor(Refused), "expected = %d, but %d messages were published to at least %d clients each",
		t.Expected, t.Published, smallest)
	if t.Schema >= layered { // which know how long the warm-up was
		_, most = t.due(a.WarmUpS + a.SteadyS)
		must(float64(t.WindowPublished) <= most, "window_published = %d, but at most %.0f messages fell due", t.WindowPublished, most)
	}
	if a.Paced && a.PollIntervalS > 0 {
		most := float64(t.Clients) * (1 + math.Floor(a.SteadyS/a.PollIntervalS+1e-9))
		must(float64(t.PollResponse.n()) <= most, "poll_response_s.n = %d, but %d clients poll every %v s for %v s", t.PollResponse.n(), t.Clients, a.PollIntervalS, a.SteadyS)
	}
}

// due is the fewest and the most messages that may be due in so many seconds:
// with constant arrivals to one a room, at random to eight standard deviations.
func (t *Trial) due(seconds float64) (least, most float64) {
	mean := t.Asked.PublishRate * float64(t.Asked.Rooms) * seconds
	off := float64(t.Asked.Rooms)
	if t.Asked.Arrivals != "constant" {
		off = 8*math.Sqrt(mean) + 8
	}
	if mean == 0 {
		off = 0
	}
	return max(0, mean-off), mean + off
}

// checkCost: processes hold no more than their peak, and take no more CPU than
// the machine has, edges that were read late included.
func (t *Trial) checkCost(must must) {
	sides := map[string]*Cost{"generator": &t.Generator}
	if t.Server != nil {
		sides["server"] = t.Server
	}
	for name, c := range sides {
		// The kernel reports resident memory by counters that lag behind.
		const lag = 64 << 20
		must(c.RSSPeakBytes == 0 || max(c.RSSStartBytes, c.RSSMeanBytes)/2 <= c.RSSPeakBytes+lag,
			"%s: rss_start_bytes = %d, rss_mean_bytes = %d, above rss_peak_bytes = %d", name, c.RSSStartBytes, c.RSSMeanBytes, c.RSSPeakBytes)
		// A target may be confined to other CPUs than pollpush.
		if cores := float64(t.Env.Cores); cores > 0 && t.Env.Target == "" && !t.doubted(EdgeLate) {
			most := cores * (1.1*t.WindowS + 0.5)
			must(c.CPUS() <= most, "%s: %v s of CPU, but %d cores have %.4g s in the window", name, c.CPUS(), t.Env.Cores, most)
		}
	}
}

// checkSeries: the seconds follow one another, phase by phase, and what they
// count adds up to no more than the trial does.
func (t *Trial) checkSeries(must must) {
	var in, out, requests int64
	phase := 0
	for i, s := range t.Series {
		at := slices.Index(Phases[:], s.Phase)
		must(at >= phase, "series[%d].phase = %q: must be one of %q in order", i, s.Phase, Phases)
		phase = max(phase, at)
		must(i == 0 || math.Abs(s.T-t.Series[i-1].T-1) < 1e-6, "series[%d].t = %v: must be a second after the one before", i, s.T)
		must(s.Clients <= int64(t.Clients), "series[%d].clients = %d, of %d", i, s.Clients, t.Clients)
		in, out, requests = in+s.BytesIn, out+s.BytesOut, requests+s.Requests
	}
	if t.Schema >= layered && len(t.PhaseBytes) > 0 {
		var all Bytes
		for _, p := range t.PhaseBytes {
			all = Add(all, p.Bytes)
		}
		must(in <= all.In && out <= all.Out, "series: %d bytes in and %d out, of %d and %d in all phases", in, out, all.In, all.Out)
		if t.Status == Complete {
			t.checkTotals("in", all.In, t.Totals.BytesIn, must)
			t.checkTotals("out", all.Out, t.Totals.BytesOut, must)
		}
	}
	if t.Status == Complete {
		after := max(t.Totals.Requests, t.TotalsAfter.Requests)
		must(requests <= after, "series: %d requests, of %d in totals", requests, after)
		must(t.Requests.Total <= t.Totals.Requests, "requests.total = %d, of %d in totals", t.Requests.Total, t.Totals.Requests)
	}
}

// checkTotals compares the bytes of all phases with those of the whole trial,
// which lack what closing the connections takes, and have what the controller
// asked the server itself, some megabytes at most.
func (t *Trial) checkTotals(direction string, phases, total int64, must must) {
	off := 4<<20 + 4<<10*int64(t.Clients) + int64(maxMismatch*float64(total))
	must(phases <= total+off && total <= phases+off, "phase_bytes: %d bytes %s in all phases, but totals have %d", phases, direction, total)
}

// checkDoubts judges the numbers again: the line must state every reason that
// they give, and make no less of it.
func (t *Trial) checkDoubts(must must) {
	if !(t.WindowS > 0) {
		return
	}
	again := *t
	again.Reasons = slices.Clone(t.Reasons)
	if t.Schema == Schema {
		again.judgeNumbers()
	} else { // whose limits were others
		must(t.Lost == 0 || t.doubted(Losses), "%d deliveries were lost, but no reason says so", t.Lost)
		must(float64(t.Published) >= minAchieved*float64(t.Offered) || t.doubted(RateNotReached), "%d of %d messages due were published, but no reason says so", t.Published, t.Offered)
		again.judgeServerTotals()
		again.judgeLayers()
	}
	for _, r := range again.Reasons[len(t.Reasons):] {
		given := slices.ContainsFunc(t.Reasons, func(o Reason) bool {
			return o.Code == r.Code && (o.Validity == Invalid || r.Validity == Suspect)
		})
		must(given, "missing reason, by which it is %s: %s", r.Validity, r.Text)
	}
}

// checkFreshness compares the clients' stale shares with their mean over all
// clients, of which those that never joined count as 0, and the two legs
// against the deliveries that they are of.
func (t *Trial) checkFreshness(must must) {
	if q := t.StaleShareClients; q != nil {
		must(q.N <= int64(t.Clients), "stale shares of %d clients, but there are %d", q.N, t.Clients)
		if all := q.Mean * float64(q.N) / float64(t.Clients); t.Clients > 0 {
			must(math.Abs(all-t.StaleShare) < 1e-6, "stale_share = %v, but the clients' mean is %v", t.StaleShare, all)
		}
	}
	must((t.AcceptLatency == nil) == (t.DeliveryLeg == nil), "one leg of the deliveries without the other")
	if t.DeliveryLeg != nil && t.AcceptLatency != nil {
		must(t.DeliveryLeg.N == t.Latency.n(), "the legs of %d deliveries, but there are %d", t.DeliveryLeg.N, t.Latency.n())
		must(t.AcceptLatency.N <= t.Offered, "%d messages accepted of %d offered", t.AcceptLatency.N, t.Offered)
	}
}
