package result

import (
	"bytes"
	"compress/zlib"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"slices"

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
	counts := map[string]int64{
		"offered": t.Offered, "sent": t.Sent, "not sent": t.NotSent, "published": t.Published, "expected": t.Expected,
		"delivered": t.Delivered, "lost": t.Lost, "duplicated": t.Duplicated, "reordered": t.Reordered,
		"window deliveries": t.WindowDeliveries, "requests": t.Requests.Total, "bytes in": t.Bytes.In, "bytes out": t.Bytes.Out,
	}
	for _, name := range slices.Sorted(maps.Keys(counts)) {
		must(counts[name] >= 0, "%s = %d: below 0", name, counts[name])
	}
	must(t.WindowS >= 0 && !math.IsInf(t.WindowS, 0), "window_s = %v", t.WindowS)
	must(t.StaleShare >= 0 && t.StaleShare <= 1, "stale_share = %v: from 0 to 1", t.StaleShare)
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
		if err := checkHistogram(h.text, h.q); err != nil {
			errs = append(errs, fmt.Errorf("%s_hdr: %w", h.name, err))
		}
	}
	if len(errs) > 0 {
		return fmt.Errorf("broken invariants: %w", errors.Join(errs...))
	}
	return nil
}

// A histogram's text is bounded, and so is its precision: the library sizes
// the counters by what the text says, 50 MB of them for 5 digits, and half a
// megabyte at most for 3.
const (
	maxHistogram    = 1 << 20
	histogramDigits = 3
)

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
	digits, err := precision(text)
	if err != nil {
		return nil, fmt.Errorf("is not a histogram: %w", err)
	}
	if digits != histogramDigits {
		return nil, fmt.Errorf("has %d significant digits, not %d", digits, histogramDigits)
	}
	if h, err = hdrhistogram.Decode([]byte(text)); err != nil {
		return nil, fmt.Errorf("is not a histogram: %w", err)
	}
	return h, nil
}

// precision reads a histogram's significant digits, and takes no memory for
// its counters.
func precision(text string) (digits int32, err error) {
	packed, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return 0, err
	}
	const packedHead = 8 // cookie and length
	if len(packed) < packedHead {
		return 0, io.ErrUnexpectedEOF
	}
	z, err := zlib.NewReader(bytes.NewReader(packed[packedHead:]))
	if err != nil {
		return 0, err
	}
	var head struct{ Cookie, Length, Offset, Digits int32 }
	err = binary.Read(z, binary.BigEndian, &head)
	return head.Digits, err
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
