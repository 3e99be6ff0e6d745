package report

import (
	"fmt"
	"math"
	"strings"

	"github.com/pollpush/pollpush/internal/result"
	"github.com/pollpush/pollpush/internal/stat"
)

// verdict is a run in a few sentences of computed numbers. It holds no markup.
type verdict struct {
	headlines  []string // a server stopped on purpose, losses, and why there is no verdict: before all else
	paragraphs []string
	notes      []string // how far the paragraphs can be trusted
}

// judge compares every transport with the first one that polls at an
// interval. Invalid trials have no part in it, and a transport that lost or
// repeated a message in any attempt wins no comparison.
func (r *run) judge() verdict {
	v := verdict{headlines: append(r.stopped(), r.losses()...)}
	var base *side
	var sides []*side
	for i := range r.sides {
		s := &r.sides[i]
		switch {
		case !s.counts():
			v.headlines = append(v.headlines, fmt.Sprintf("No verdict on %s: %s.", s.transport, s.whyNot()))
			continue
		case base == nil && s.paced():
			base = s
		}
		sides = append(sides, s)
	}
	switch {
	case len(sides) == 0:
		v.headlines = append([]string{"No verdict: no transport has a trial that is complete and not invalid."}, v.headlines...)
		return v
	case base == nil || len(sides) == 1:
		for _, s := range sides {
			v.paragraphs = append(v.paragraphs, r.alone(s))
		}
		if len(sides) == 1 {
			v.notes = append(v.notes, "Only one transport has numbers, so there is nothing to compare them with.")
		} else {
			v.notes = append(v.notes, "No transport polled at an interval, so there is no comparison of polling with push.")
		}
	default:
		for _, s := range sides {
			switch text := compareSides(base, s); {
			case s == base:
			case len(v.paragraphs) == 0 && base.fault() == "" && s.fault() == "":
				v.paragraphs = append(v.paragraphs, r.circumstances()+", "+text)
			default:
				v.paragraphs = append(v.paragraphs, capital(text))
			}
		}
	}
	v.notes = append(v.notes, fewMessages(sides)...)
	v.notes = append(v.notes, spreads(sides, base != nil && len(sides) > 1)...)
	var suspects []string
	for _, s := range sides {
		if s.stamp != result.Valid {
			suspects = append(suspects, s.transport)
		}
	}
	if len(suspects) > 0 {
		v.notes = append(v.notes, "Trials of "+join(suspects)+" are suspect, for reasons listed with the trials.")
	}
	return v
}

// stopped is the headline of a server that was stopped on purpose, if it was.
func (r *run) stopped() []string {
	if stop := r.stop(); stop != "" {
		return []string{"The server was stopped on purpose " + stop + ": latencies hold it."}
	}
	return nil
}

// stop says for how long the server was stopped on purpose, and when; it is empty
// where it was not.
func (r *run) stop() string {
	a := r.head.Asked
	if a.FreezeS <= 0 {
		return ""
	}
	return fmt.Sprintf("for %s at %s of the steady state", seconds.format(a.FreezeS), seconds.format(a.FreezeAtS))
}

// losses are the headlines of every lost or repeated delivery, trials set aside
// included.
func (r *run) losses() (list []string) {
	for i := range r.sides {
		s := &r.sides[i]
		if n := lost.cell(s.used).value; n > 0 {
			var expected int64
			for _, t := range s.used {
				expected += t.Expected
			}
			list = append(list, fmt.Sprintf("%s lost %s of %s expected deliveries (%s). A transport with losses wins no comparison.",
				s.transport, count.format(n), count.format(float64(expected)), share.format(over(n, float64(expected)))))
		}
		if n := duplicated.cell(s.used).value; n > 0 {
			list = append(list, fmt.Sprintf("%s delivered %s more than once. A transport with duplicates wins no comparison.", s.transport, plural(n, "message")))
		}
		for _, a := range s.aside {
			if a.trial.Status != result.Complete {
				continue
			}
			where := fmt.Sprintf("in trial %d, attempt %d, which enters no number", a.trial.Trial, a.trial.Attempt)
			if n := a.trial.Lost; n > 0 {
				list = append(list, fmt.Sprintf("%s lost %s deliveries %s. A transport with losses wins no comparison.",
					s.transport, count.format(float64(n)), where))
			}
			if n := a.trial.Duplicated; n > 0 {
				list = append(list, fmt.Sprintf("%s delivered %s more than once %s. A transport with duplicates wins no comparison.",
					s.transport, plural(float64(n), "message"), where))
			}
		}
	}
	return list
}

// fault is what keeps the side out of every comparison, in words: what it did
// in any attempt that ran to its end, those set aside included.
func (s *side) fault() string {
	all := s.complete()
	losses, repeats := lost.cell(all).value > 0, duplicated.cell(all).value > 0
	switch {
	case losses && repeats:
		return "lost and repeated deliveries"
	case losses:
		return "lost deliveries"
	case repeats:
		return "repeated deliveries"
	}
	return ""
}

// whyNot says why a side's trials cannot be judged.
func (s *side) whyNot() string {
	if len(s.used) == 0 {
		return "no trial ran to its end"
	}
	var why []string
	for _, t := range s.used {
		for _, reason := range t.Reasons {
			if reason.Validity == "invalid" {
				why = append(why, reason.Text)
			}
		}
	}
	if len(why) == 0 {
		return "every trial is invalid"
	}
	return "every trial is invalid (" + strings.Join(unique(why), "; ") + ")"
}

func unique(list []string) []string {
	seen := map[string]bool{}
	var out []string
	for _, s := range list {
		if !seen[s] {
			seen[s] = true
			out = append(out, s)
		}
	}
	return out
}

// circumstances opens a sentence: "At 1,000 clients and 1 message/s".
func (r *run) circumstances() string {
	a := r.head.Asked
	s := "At " + plural(float64(r.head.Clients), "client")
	if a.PublishRate <= 0 {
		return s + " and nothing said"
	}
	s += " and " + plural(a.PublishRate, "message") + "/s"
	if a.Rooms > 1 {
		s += " in each of " + thousands(fmt.Sprint(a.Rooms)) + " rooms"
	}
	return s
}

func plural(n float64, thing string) string {
	switch n {
	case 0:
		return "no " + thing + "s"
	case 1:
		return "1 " + thing
	}
	if n == math.Trunc(n) {
		return count.format(n) + " " + thing + "s"
	}
	return plain(n) + " " + thing + "s"
}

// alone states the numbers of one transport.
func (r *run) alone(s *side) string {
	text := fmt.Sprintf("%s, %s needed %s per client%s", r.circumstances(), spoken(s), held(s), asked(s))
	if l := latency50.cell(s.used); l.known() {
		text += "; it delivered in " + latency50.unit.format(l.value) + " (p50)"
		if l := latency99.cell(s.used); l.known() {
			text += " and " + latency99.unit.format(l.value) + " (p99)"
		}
	}
	var with []string
	for _, c := range costs {
		if v := c.cell(s.used); v.known() {
			with = append(with, c.unit.format(v.value)+" "+c.amount)
		}
	}
	if len(with) > 0 {
		text += ", with " + join(with)
	}
	return text + "."
}

// held is the connections of one client, in words.
func held(s *side) string {
	c := connections.cell(s.used)
	if !c.known() {
		return "an unknown number of connections"
	}
	return plural(roundish(c.value), "connection")
}

// asked goes on with its requests.
func asked(s *side) string {
	switch c := requests.cell(s.used); {
	case !c.known():
		return ""
	case c.value == 0 && s.rearms():
		return " and no request that was answered in the steady state"
	case c.value == 0:
		return " and no requests"
	default:
		return " and " + plural(c.value, "request") + " per minute" + posted(s)
	}
}

// posted says that posts of messages, and the connections for them, are in these
// numbers, where that is more than a fiftieth of either.
func posted(s *side) string {
	posts, all := 0.0, 0.0
	for i := range s.used {
		posts += float64(s.used[i].Requests.ByStatus["201"])
		all += float64(s.used[i].Requests.Total)
	}
	if posts == 0 || posts <= 0.02*all && connections.cell(s.used).value <= 1.02 {
		return ""
	}
	if posts == all {
		return " (posts of messages)"
	}
	return " (posts of messages included)"
}

// roundish takes away what no reader sees: 1.001 connections are printed as 1.
func roundish(v float64) float64 {
	if n := math.Round(v); math.Abs(v-n) < 0.005 { // three digits are shown
		return n
	}
	return v
}

func spoken(s *side) string { return spokenName(s.transport) }

func join(list []string) string {
	switch len(list) {
	case 0:
		return ""
	case 1:
		return list[0]
	}
	return strings.Join(list[:len(list)-1], ", ") + " and " + list[len(list)-1]
}

// fewMessages says that latencies are those of a handful of messages, however
// many clients got each.
func fewMessages(sides []*side) []string {
	const handful = 10
	least := int64(math.MaxInt64)
	for _, s := range sides {
		var n int64
		for i := range s.used {
			n += s.used[i].Offered
		}
		if s.used[0].Asked.PublishRate > 0 {
			least = min(least, n)
		}
	}
	if least >= handful {
		return nil
	}
	return []string{fmt.Sprintf("The steady state held %s only: latencies and stale shares are of these, and tell little of others. A longer steady state, or constant arrivals, hold more.", plural(float64(least), "message"))}
}

// spreads says what the trials can tell of their own noise.
func spreads(sides []*side, compared bool) []string {
	least, most := math.MaxInt, 0
	for _, s := range sides {
		least, most = min(least, len(s.used)), max(most, len(s.used))
	}
	switch {
	case most == 1:
		return []string{"All of this is from one trial each, so without a known spread."}
	case least == 1:
		return []string{"Some of this is from a single trial, so without a known spread."}
	case !compared:
		return nil
	}
	chance := stat.SeparateByChance(least, least)
	return []string{fmt.Sprintf("Times, CPU and memory count as different where the ranges over the trials do not overlap; with %d trials each, chance alone does that to 1 of %s such numbers.",
		least, plain(math.Round(1/chance)))}
}
