package result

import (
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// checkHistograms compares every set of percentiles with the histogram beside
// it, and with others of the same things. It returns that of the latency, if it
// can be read.
func (t *Trial) checkHistograms(must must) (latency *hdrhistogram.Histogram) {
	recorded := map[string]*hdrhistogram.Histogram{}
	for _, h := range []struct {
		name, text string
		q          *Quantiles
	}{
		{"latency", t.LatencyHDR, t.Latency},
		{"publish_latency", t.PublishLatencyHDR, t.PublishLatency},
		{"publish_service", t.PublishServiceHDR, t.PublishService},
		{"poll_response", t.PollResponseHDR, t.PollResponse},
		{"poll_service", t.PollServiceHDR, t.PollService},
		{"accept_latency", t.AcceptLatencyHDR, t.AcceptLatency},
		{"delivery_leg", t.DeliveryLegHDR, t.DeliveryLeg},
	} {
		decoded, err := agree(h.name, h.text, h.q)
		must(err == nil, "%w", err)
		if err == nil {
			recorded[h.name] = decoded
		}
	}
	must(t.Latency.n() == t.Delivered-t.Duplicated, "latency_s.n = %d ≠ delivered %d − duplicated %d", t.Latency.n(), t.Delivered, t.Duplicated)
	must(t.PublishLatency.n() <= t.Sent, "publish_latency_s.n = %d > sent %d", t.PublishLatency.n(), t.Sent)
	checkService("publish_service_s", t.PublishService, "publish_latency_s", t.PublishLatency, must)
	checkService("poll_service_s", t.PollService, "poll_response_s", t.PollResponse, must)
	t.checkLegs(must)
	for _, q := range []struct {
		name string
		q    *Quantiles
		most float64
	}{
		{"schedule_late_s.publish", t.ScheduleLate.Publish, Longest.Seconds() * rounding},
		{"schedule_late_s.poll", t.ScheduleLate.Poll, Longest.Seconds() * rounding},
		{"stale_share_clients", t.StaleShareClients, 1},
	} {
		if err := q.q.check(q.most); q.q != nil {
			must(err == nil, "%s%w", q.name, err)
		}
	}
	must(t.Fanout == nil || t.Latency != nil, "fanout_s without deliveries")
	if h := recorded["latency"]; t.Fanout != nil && h != nil && h.TotalCount() > 0 {
		t.checkFanout(h, must)
	}
	return recorded["latency"]
}

// agree decodes a histogram, nil of none, and compares what the trial has as its
// percentiles with what they are.
func agree(name, text string, q *Quantiles) (*hdrhistogram.Histogram, error) {
	if text == "" {
		if q != nil {
			return nil, fmt.Errorf("%s_hdr: percentiles without their histogram", name)
		}
		return nil, nil
	}
	h, err := DecodeHistogram(text)
	switch {
	case err != nil:
		return nil, fmt.Errorf("%s_hdr: %w", name, err)
	case q == nil && h.TotalCount() > 0:
		return nil, fmt.Errorf("%s_hdr: a histogram without its percentiles", name)
	case q == nil:
		return h, nil
	case q.N != h.TotalCount():
		return nil, fmt.Errorf("%s_s.n = %d, but the histogram holds %d", name, q.N, h.TotalCount())
	}
	is := Summarize(h)
	if is == nil {
		return nil, fmt.Errorf("%s_s: percentiles without samples", name)
	}
	var errs []error
	held := is.fields()
	for i, f := range q.fields() {
		if !same(f.value, held[i].value) {
			errs = append(errs, fmt.Errorf("%s_s.%s = %s, but the histogram makes it %s", name, f.name, told(f.value), told(held[i].value)))
		}
	}
	return h, errors.Join(errs...)
}

// n is the number of samples; of none there are no percentiles.
func (q *Quantiles) n() int64 {
	if q == nil {
		return 0
	}
	return q.N
}

// quantile is a number of a set of percentiles by its JSON name; nil where there
// are too few samples for it.
type quantile struct {
	name  string
	share float64 // 0 where no share of the samples is meant
	value *float64
}

func (q *Quantiles) fields() []quantile {
	return []quantile{{"p50", .5, q.P50}, {"p90", .9, q.P90}, {"p99", .99, q.P99}, {"p999", .999, q.P999}, {"max", 0, &q.Max}, {"mean", 0, &q.Mean}}
}

// same allows for what is lost on the way through text.
func same(a, b *float64) bool {
	if a == nil || b == nil {
		return a == b
	}
	return math.Abs(*a-*b) <= 1e-9*math.Abs(*b)
}

func told(v *float64) string {
	if v == nil {
		return "null"
	}
	return fmt.Sprint(*v)
}

// check checks whether percentiles without a histogram beside them are possible:
// they rise up to the maximum, which is at most most, and are null exactly where
// there are too few samples. The error begins with the field.
func (q *Quantiles) check(most float64) error {
	if q == nil {
		return nil
	}
	if q.N < 1 {
		return fmt.Errorf(".n = %d: must be at least 1", q.N)
	}
	least := 0.0
	for _, f := range q.fields() {
		switch {
		case f.name == "max" && !within(least, q.Max, most):
			return fmt.Errorf(".max = %v: must be from %v, the value below it, to %v", q.Max, least, most)
		case f.name == "mean" && !within(0, q.Mean, q.Max*(1+1e-9)):
			return fmt.Errorf(".mean = %v: must be from 0 to the maximum, %v", q.Mean, q.Max)
		case f.share > 0 && (f.value != nil) != Enough(q.N, f.share):
			return fmt.Errorf(".%s = %s of %d samples: must be a number if ten lie beyond it, else null", f.name, told(f.value), q.N)
		case f.share > 0 && f.value != nil:
			if !within(least, *f.value, most) {
				return fmt.Errorf(".%s = %v: must be from %v, the value below it, to %v", f.name, *f.value, least, most)
			}
			least = *f.value
		}
	}
	return nil
}

// within reports whether lo ≤ v ≤ hi, of which NaN is no part.
func within(lo, v, hi float64) bool { return !math.IsNaN(v) && lo <= v && v <= hi }

// Check compares the floor, if there is one, with what must be true of every one.
func (c *Calibration) Check() error {
	if c.Clients < 0 || c.Rooms < 0 {
		return fmt.Errorf("clients = %d, rooms = %d: below 0", c.Clients, c.Rooms)
	}
	if err := c.Floor.check(Longest.Seconds()); err != nil {
		return fmt.Errorf("floor_s%w", err)
	}
	return nil
}

// rounding is by how much two histograms of 3 digits may differ for the same values, and
// microsecond by how much a latency cut to one is too low.
const (
	rounding    = 1.002
	microsecond = 1e-6
)

// checkService: an answer takes no longer from the sending than from when that
// was due, each by itself, so in every percentile.
func checkService(name string, service *Quantiles, wholeName string, whole *Quantiles, must must) {
	if service == nil || whole == nil {
		return
	}
	must(service.N == whole.N, "%s.n = %d ≠ %s.n = %d", name, service.N, wholeName, whole.N)
	if service.N != whole.N {
		return
	}
	all := whole.fields()
	for i, f := range service.fields() {
		if w := all[i].value; f.value != nil && w != nil {
			must(*f.value <= *w*rounding, "%s.%s = %v > %s.%s = %v, although the latter begins no later", name, f.name, *f.value, wholeName, f.name, *w)
		}
	}
}

// checkLegs: a delivery takes as long as its two legs, which meet at an instant
// that is off by a millisecond at most:
//
//	leg − 1 ms ≤ latency ≤ leg + the longest way to be accepted
func (t *Trial) checkLegs(must must) {
	leg, accept, whole := t.DeliveryLeg, t.AcceptLatency, t.Latency
	if leg == nil || accept == nil || whole == nil || leg.N != whole.N {
		return
	}
	const off = 1e-3 + microsecond
	all := whole.fields()
	for i, f := range leg.fields() {
		if w := all[i].value; f.value != nil && w != nil {
			must(*f.value <= (*w+off)*rounding, "delivery_leg_s.%s = %v > latency_s.%s = %v, of which it is a part", f.name, *f.value, f.name, *w)
			must(*w <= (*f.value+accept.Max+off)*rounding, "latency_s.%s = %v > delivery_leg_s.%s = %v + accept_latency_s.max = %v, which are its parts",
				f.name, *w, f.name, *f.value, accept.Max)
		}
	}
}

// checkFanout compares the times until 50 %, 99 % and all of the clients had a
// message, which come from single latencies, with the histogram of these. Of
// M messages, half took at least the median and half at most; each of them has,
// of its n clients or one more, at least n/2 latencies beyond its T50 …
func (t *Trial) checkFanout(h *hdrhistogram.Histogram, must must) {
	f := t.Fanout
	must(f.Messages >= 1 && f.Messages <= t.Offered, "fanout_s.messages = %d: must be from 1 to %d, those offered", f.Messages, t.Offered)
	must(f.T50 <= f.T99 && f.T99 <= f.T100 && f.T100 <= f.T100Max, "fanout_s: t50 = %v, t99 = %v, t100 = %v, t100_max = %v: must rise", f.T50, f.T99, f.T100, f.T100Max)
	half, n := (f.Messages+1)/2, max(1, int64(t.Clients/max(1, t.Asked.Rooms)))
	must(f.Messages <= h.TotalCount()/n, "fanout_s.messages = %d, of which %d clients each had %d deliveries", f.Messages, n, h.TotalCount())
	if f.Messages > h.TotalCount()/n {
		return
	}
	for _, c := range []struct {
		name           string
		is             float64
		beyond, within int64 // deliveries that took at least, or at most, so long
	}{
		{"t50", f.T50, half * max(1, n/2), half * ((n + 1) / 2)},
		{"t99", f.T99, half, half * ((n*99 + 99) / 100)},
		{"t100", f.T100, half, half * n},
		{"t100_max", f.T100Max, 1, n},
	} {
		must(c.is <= ranked(h, h.TotalCount()-c.beyond+1)*rounding+microsecond, "fanout_s.%s = %v, but fewer than %d of latency_hdr's deliveries took so long", c.name, c.is, c.beyond)
		must(ranked(h, c.within) <= (c.is+microsecond)*rounding, "fanout_s.%s = %v, but fewer than %d of latency_hdr's deliveries took no longer", c.name, c.is, c.within)
	}
	if f.Messages*n == h.TotalCount() { // all deliveries are of messages that have a fan-out
		must(h.Max() <= int64((f.T100Max+microsecond)*rounding*float64(time.Second)), "fanout_s.t100_max = %v, but a delivery took %v", f.T100Max, seconds(h.Max()))
	}
}

// ranked is the value of a rank, in seconds: the lowest has rank 1.
func ranked(h *hdrhistogram.Histogram, rank int64) float64 {
	return seconds(h.ValueAtQuantile(100 * (float64(rank) - .25) / float64(h.TotalCount())))
}
