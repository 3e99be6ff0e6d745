package result

import (
	"encoding/base64"
	"errors"
	"fmt"
	"math"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// Check holds a trial against what must be true of every trial, and returns
// all that is not.
func (t *Trial) Check() error {
	var errs []error
	must := func(ok bool, format string, args ...any) {
		if !ok {
			errs = append(errs, fmt.Errorf(format, args...))
		}
	}
	must(t.Transport != "" && t.Run != "" && t.Scenario != "", "run, scenario and transport must be named")
	must(t.Trial >= 1 && t.Attempt >= 1, "trial %d, attempt %d: both count from 1", t.Trial, t.Attempt)
	must(t.Clients >= 1, "clients = %d: at least 1", t.Clients)
	must(t.Status == Complete || t.Status == Partial || t.Status == Failed, "status %q is none of complete, partial, failed", t.Status)
	must(t.Validity == Valid || t.Validity == Suspect || t.Validity == Invalid, "validity %q is none of valid, suspect, invalid", t.Validity)
	must(t.Validity == worst(t.Reasons), "validity %q, but the reasons make it %q", t.Validity, worst(t.Reasons))
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
	for name, n := range map[string]int64{
		"offered": t.Offered, "sent": t.Sent, "not sent": t.NotSent, "published": t.Published, "expected": t.Expected,
		"delivered": t.Delivered, "lost": t.Lost, "duplicated": t.Duplicated, "reordered": t.Reordered,
		"window deliveries": t.WindowDeliveries, "requests": t.Requests.Total, "bytes in": t.Bytes.In, "bytes out": t.Bytes.Out,
	} {
		must(n >= 0, "%s = %d: below 0", name, n)
	}
	must(t.WindowS >= 0 && !math.IsInf(t.WindowS, 0), "window_s = %v", t.WindowS)
	must(t.StaleShare >= 0 && t.StaleShare <= 1, "stale_share = %v: from 0 to 1", t.StaleShare)
	must(t.Status != Complete || t.WindowS > 0, "a complete trial without a window")

	for name, h := range map[string]struct {
		text string
		q    *Quantiles
	}{
		"latency": {t.LatencyHDR, t.Latency}, "publish_latency": {t.PublishLatencyHDR, t.PublishLatency},
		"publish_service": {t.PublishServiceHDR, t.PublishService},
		"poll_response":   {t.PollResponseHDR, t.PollResponse}, "poll_service": {t.PollServiceHDR, t.PollService},
	} {
		if err := checkHistogram(h.text, h.q); err != nil {
			errs = append(errs, fmt.Errorf("%s_hdr: %w", name, err))
		}
	}
	if len(errs) > 0 {
		return fmt.Errorf("broken invariants: %w", errors.Join(errs...))
	}
	return nil
}

// maxHistogram bounds what a histogram may unpack to: the library sizes it by
// what the text says.
const maxHistogram = 1 << 20

func checkHistogram(text string, q *Quantiles) error {
	if text == "" {
		if q != nil {
			return errors.New("percentiles without their histogram")
		}
		return nil
	}
	h, err := DecodeHistogram(text)
	if err != nil {
		return err
	}
	switch {
	case q == nil && h.TotalCount() > 0:
		return errors.New("a histogram without its percentiles")
	case q != nil && q.N != h.TotalCount():
		return fmt.Errorf("n = %d, but the histogram holds %d", q.N, h.TotalCount())
	}
	return nil
}

// DecodeHistogram reads a histogram (HdrHistogram V2, compressed, base64) of
// nanoseconds.
func DecodeHistogram(text string) (h *hdrhistogram.Histogram, err error) {
	if base64.StdEncoding.DecodedLen(len(text)) > maxHistogram {
		return nil, errors.New("is too large")
	}
	return hdrhistogram.Decode([]byte(text))
}

// worst is what the reasons together make of a trial.
func worst(reasons []Reason) Validity {
	v := Valid
	for _, r := range reasons {
		if r.Validity == Invalid || r.Validity == Suspect && v == Valid {
			v = r.Validity
		}
	}
	return v
}
