package calibration

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/pollpush/pollpush/internal/result"
)

// Mismatch says that the instrument did not give back what was known.
type Mismatch struct {
	Transport string
	Text      string // each number that differs
}

func (m *Mismatch) Error() string {
	return fmt.Sprintf("%s: known faults were not reported exactly: %s; no number of this build can be trusted", m.Transport, m.Text)
}

// The faults that are known: of each row of messages one is lost, one comes
// twice, and one after its successor.
const (
	faultClients  = 20
	faultRow      = 10
	faultRate     = 100 // messages per second, so that ten rows or more fall into a second
	faultDelay    = 40 * time.Millisecond
	faultMessages = faultRate // in the steady state of one second
)

// faults has known faults given back.
func (b *bench) faults(ctx context.Context) error {
	s := b.scenario(faultClients, 1, faultRate) // one publisher: ids are in the order of the schedule
	s.Poll.Interval = 100 * time.Millisecond
	s.Phases.WarmUp, s.Phases.Steady = 500*time.Millisecond, time.Second
	s.Phases.Drain = 2 * time.Second // all of which passes, as something is lost
	row := strconv.Itoa(faultRow)
	trial, err := b.one(ctx, s, "--delay", faultDelay.String(), "--lose", row, "--again", row, "--swap", row)
	if err != nil {
		return err
	}
	if text := differences(&trial); text != "" {
		return &Mismatch{b.transport.Name, text}
	}
	const each = faultMessages / faultRow * faultClients
	b.say("%d lost, %d duplicated and %d reordered of %d deliveries are reported exactly", each, each, each, faultMessages*faultClients)
	return nil
}

// differences lists what a trial reports otherwise than it is known to be, or
// nothing.
func differences(t *result.Trial) string {
	if t.Status != result.Complete {
		return fmt.Sprintf("the trial is %s: %s", t.Status, why(t))
	}
	const all, each = faultMessages * faultClients, faultMessages / faultRow * faultClients
	var texts []string
	for _, n := range []struct {
		name        string
		found, want int64
	}{
		{"offered", t.Offered, faultMessages},
		{"published", t.Published, faultMessages},
		{"expected", t.Expected, all},
		{"lost", t.Lost, each},
		{"duplicated", t.Duplicated, each},
		{"reordered", t.Reordered, each},
		{"delivered", t.Delivered, all}, // as many twice as never
	} {
		if n.found != n.want {
			texts = append(texts, fmt.Sprintf("%s %d, but the target made %d", n.name, n.found, n.want))
		}
	}
	if h, err := result.DecodeHistogram(t.LatencyHDR); err != nil {
		texts = append(texts, err.Error())
	} else if least := time.Duration(h.Min()); least < faultDelay-faultDelay/500 { // a histogram has three digits
		texts = append(texts, fmt.Sprintf("a delivery after %v, but the target delays by %v", least, faultDelay))
	}
	return strings.Join(texts, "; ")
}
