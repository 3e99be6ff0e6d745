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

// Headless is a place of which one run holds the header lines of answers, and the
// other does not.
type Headless struct {
	Place
	InBase bool // it is the base that has none
}

// addHeaders adds which headers are new, gone, or of another size in all trials.
// It compares none where a trial of either run does not hold them.
func (c *Comparison) addHeaders(p *pair) {
	was, is := headerSizes(p.was.Chosen), headerSizes(p.is.Chosen)
	if was == nil || is == nil {
		if was != nil || is != nil {
			c.Headless = append(c.Headless, Headless{p.Place, was == nil})
		}
		return
	}
	names := maps.Clone(was)
	maps.Copy(names, is)
	for _, name := range slices.Sorted(maps.Keys(names)) {
		h := Header{Place: p.Place, Name: name, Was: was[name], Is: is[name]}
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

// explainHeaders finds the headers that explain a regression, and the places where
// one goes without.
func (c *Comparison) explainHeaders() {
	regressed := func(place Place) bool {
		return slices.ContainsFunc(c.Changes, func(ch Change) bool { return ch.Regressed() && ch.CountsHeads() && ch.Place == place })
	}
	for i := range c.Headers {
		h := &c.Headers[i]
		h.Explains = h.Is.Low > h.Was.High && regressed(h.Place)
	}
	c.Headless = slices.DeleteFunc(c.Headless, func(h Headless) bool { return !regressed(h.Place) })
}

// CountsHeads reports whether the heads of answers are among the row's bytes.
func (c *Change) CountsHeads() bool {
	return c.ID == metric.BytesIn.ID() || c.ID == metric.ProtocolPerPoll.ID()
}
