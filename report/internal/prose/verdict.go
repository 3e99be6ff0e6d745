package prose

import (
	"fmt"
	"math"

	"github.com/pollpush/pollpush/internal/result"
	"github.com/pollpush/pollpush/internal/stat"
	"github.com/pollpush/pollpush/report/internal/document"
	"github.com/pollpush/pollpush/report/internal/metric"
	"github.com/pollpush/pollpush/report/internal/number"
	"github.com/pollpush/pollpush/report/internal/trials"
)

// pointJudge compares every transport with the first one that polls at an
// interval. Invalid trials have no part in it, and a transport that lost or
// repeated a message in any attempt wins no comparison.
func pointJudge(r *trials.Point) document.Verdict {
	v := document.Verdict{Headlines: append(r.Stopped(), losses(r)...)}
	var base *trials.Side
	var sides []*trials.Side
	for i := range r.Sides {
		s := &r.Sides[i]
		switch {
		case !s.Counts():
			v.Headlines = append(v.Headlines, fmt.Sprintf("No verdict on %s: %s.", s.Transport, s.WhyNot()))
			continue
		case base == nil && s.Paced():
			base = s
		}
		sides = append(sides, s)
	}
	switch {
	case len(sides) == 0:
		v.Headlines = append([]string{"No verdict: every trial is incomplete or invalid."}, v.Headlines...)
		return v
	case base == nil || len(sides) == 1:
		for _, s := range sides {
			v.Paragraphs = append(v.Paragraphs, alone(r, s))
		}
		if len(sides) == 1 {
			v.Notes = append(v.Notes, "Only one transport has numbers, so there is no comparison.")
		} else {
			v.Notes = append(v.Notes, "No transport polled at an interval, so there is no comparison of polling with push.")
		}
	default:
		for _, s := range sides {
			switch text := compareSides(base, s); {
			case s == base:
			case len(v.Paragraphs) == 0 && metric.Fault(base) == "" && metric.Fault(s) == "":
				v.Paragraphs = append(v.Paragraphs, r.Circumstances()+", "+text)
			default:
				v.Paragraphs = append(v.Paragraphs, number.Capital(text))
			}
		}
	}
	v.Notes = append(v.Notes, fewMessages(sides)...)
	v.Notes = append(v.Notes, spreads(sides, base != nil && len(sides) > 1)...)
	var suspects []string
	for _, s := range sides {
		if s.Stamp != result.Valid {
			suspects = append(suspects, s.Transport)
		}
	}
	if len(suspects) > 0 {
		v.Notes = append(v.Notes, "Trials of "+number.Join(suspects)+" are suspect; the list of trials says why.")
	}
	return v
}

// alone states the numbers of one transport.
func alone(r *trials.Point, s *trials.Side) string {
	text := fmt.Sprintf("%s, %s needed %s per client%s", r.Circumstances(), spoken(s), held(s), asked(s))
	if l := metric.Latency50.Cell(s.Used); l.Known() {
		text += "; it delivered in " + metric.Latency50.Unit.Format(l.Value) + " (p50)"
		if l := metric.Latency99.Cell(s.Used); l.Known() {
			text += " and " + metric.Latency99.Unit.Format(l.Value) + " (p99)"
		}
	}
	var with []string
	for _, c := range costs {
		if v := c.Cell(s.Used); v.Known() {
			with = append(with, c.Unit.Format(v.Value)+" "+c.amount)
		}
	}
	if len(with) > 0 {
		text += ", with " + number.Join(with)
	}
	return text + "."
}

// held is the connections of one client, in words.
func held(s *trials.Side) string {
	c := metric.Connections.Cell(s.Used)
	if !c.Known() {
		return "an unknown number of connections"
	}
	return number.Plural(number.Roundish(c.Value), "connection")
}

// asked goes on with its requests.
func asked(s *trials.Side) string {
	switch c := metric.Requests.Cell(s.Used); {
	case !c.Known():
		return ""
	case c.Value == 0 && s.Rearms():
		return " and no request answered in the steady state"
	case c.Value == 0:
		return " and no requests"
	default:
		return " and " + number.Plural(c.Value, "request") + " per minute" + posted(s)
	}
}

// posted says that posts of messages, and the connections for them, are in these
// numbers, where that is more than a fiftieth of either.
func posted(s *trials.Side) string {
	posts, all := 0.0, 0.0
	for i := range s.Used {
		posts += float64(s.Used[i].Requests.ByStatus["201"])
		all += float64(s.Used[i].Requests.Total)
	}
	if posts == 0 || posts <= 0.02*all && metric.Connections.Cell(s.Used).Value <= 1.02 {
		return ""
	}
	if posts == all {
		return " (message posts)"
	}
	return " (message posts included)"
}

func spoken(s *trials.Side) string { return trials.SpokenName(s.Transport) }

// fewMessages says that latencies are those of a handful of messages, however
// many clients got each.
func fewMessages(sides []*trials.Side) []string {
	const handful = 10
	least := int64(math.MaxInt64)
	for _, s := range sides {
		var n int64
		for i := range s.Used {
			n += s.Used[i].Offered
		}
		if s.Used[0].Asked.PublishRate > 0 {
			least = min(least, n)
		}
	}
	if least >= handful {
		return nil
	}
	return []string{fmt.Sprintf("The steady state had only %s, so latencies and stale shares describe just these. A longer steady state or constant arrivals would give more.", number.Plural(float64(least), "message"))}
}

// spreads says what the trials can tell of their own noise.
func spreads(sides []*trials.Side, compared bool) []string {
	least, most := math.MaxInt, 0
	for _, s := range sides {
		least, most = min(least, len(s.Used)), max(most, len(s.Used))
	}
	switch {
	case most == 1:
		return []string{"Each transport has one trial, so the spread is unknown."}
	case least == 1:
		return []string{"Some transports have a single trial, so their spread is unknown."}
	case !compared:
		return nil
	}
	chance := stat.SeparateByChance(least, least)
	return []string{fmt.Sprintf("A time, CPU or memory difference counts only if the trial ranges do not overlap. With %d trials each, 1 in %s still does by chance.",
		least, number.Plain(math.Round(1/chance)))}
}
