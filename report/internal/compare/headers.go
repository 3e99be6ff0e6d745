package compare

import (
	"maps"
	"slices"

	"github.com/pollpush/pollpush/internal/result"
	"github.com/pollpush/pollpush/report/internal/metric"
)

// Header is what has changed of one header of a poll's answers, in all trials.
type Header struct {
	Place
	Name     string // empty of the status line
	Was, Is  Size   // zero where no trial has it
	Explains bool   // it takes more bytes, and bytes that it is part of are a regression
}

// Size is the fewest and the most bytes that a header took, over the trials that
// have it.
type Size struct {
	Low, High int64
	Trials    int
}

// Headless is a place where bytes are a regression that no header can explain, as
// one run does not hold the header lines of answers.
type Headless struct {
	Place
	InBase bool // it is the base that has none
}

// addHeaders adds which headers are new, gone, or of another size in all trials.
// It compares none where a trial of either run does not hold them.
func (c *Comparison) addHeaders(p *pair) {
	was, is := headerSizes(p.was.Chosen), headerSizes(p.is.Chosen)
	regressed := slices.ContainsFunc(c.Changes, func(ch Change) bool { return ch.Regressed() && ch.CountsHeads() && ch.Place == p.Place })
	if was == nil || is == nil {
		if regressed && (was != nil || is != nil) {
			c.Headless = append(c.Headless, Headless{p.Place, was == nil})
		}
		return
	}
	names := maps.Clone(was)
	maps.Copy(names, is)
	for _, name := range slices.Sorted(maps.Keys(names)) {
		h := Header{p.Place, name, was[name], is[name], regressed && is[name].Low > was[name].High}
		had, has := h.Was.Trials == len(p.was.Chosen), h.Is.Trials == len(p.is.Chosen) // in all trials
		if h.Was.Trials == 0 && has || h.Is.Trials == 0 && had || had && has && (h.Is.Low > h.Was.High || h.Is.High < h.Was.Low) {
			c.Headers = append(c.Headers, h)
		}
	}
}

// headerSizes are those of the headers that the trials have; nil where one of
// them does not hold any.
func headerSizes(list []result.Trial) map[string]Size {
	out := map[string]Size{}
	for i := range list {
		if len(list[i].AnswerHeaders) == 0 {
			return nil
		}
		for name, n := range list[i].AnswerHeaders {
			s, had := out[name]
			if !had {
				s = Size{Low: n, High: n}
			}
			out[name] = Size{min(s.Low, n), max(s.High, n), s.Trials + 1}
		}
	}
	return out
}

// CountsHeads reports whether the heads of answers are among the row's bytes.
func (c *Change) CountsHeads() bool {
	return c.ID == metric.BytesIn.ID() || c.ID == metric.ProtocolPerPoll.ID()
}
