package trials

import (
	"fmt"
	"strings"

	"github.com/pollpush/pollpush/report/internal/number"
)

// Stopped is the headline of a server that was stopped on purpose, if it was.
func (r *Point) Stopped() []string {
	if stop := r.Stop(); stop != "" {
		return []string{"The server was stopped on purpose " + stop + ": latencies hold it."}
	}
	return nil
}

// Stop says for how long the server was stopped on purpose, and when; it is empty
// where it was not.
func (r *Point) Stop() string {
	a := r.Head.Asked
	if a.FreezeS <= 0 {
		return ""
	}
	return fmt.Sprintf("for %s at %s of the steady state", number.Seconds.Format(a.FreezeS), number.Seconds.Format(a.FreezeAtS))
}

// WhyNot says why a side's trials cannot be judged.
func (s *Side) WhyNot() string {
	if len(s.Used) == 0 {
		return "no trial ran to its end"
	}
	var why []string
	for _, t := range s.Used {
		for _, reason := range t.Reasons {
			if reason.Validity == "invalid" {
				why = append(why, reason.Text)
			}
		}
	}
	if len(why) == 0 {
		return "every trial is invalid"
	}
	return "every trial is invalid (" + strings.Join(number.Unique(why), "; ") + ")"
}

// Circumstances opens a sentence: "At 1,000 clients and 1 message/s".
func (r *Point) Circumstances() string {
	a := r.Head.Asked
	s := "At " + number.Plural(float64(r.Head.Clients), "client")
	if a.PublishRate <= 0 {
		return s + " and nothing said"
	}
	s += " and " + number.Plural(a.PublishRate, "message") + "/s"
	if a.Rooms > 1 {
		s += " in each of " + number.Thousands(fmt.Sprint(a.Rooms)) + " rooms"
	}
	return s
}
