package gate

import (
	"fmt"
	"maps"
	"slices"

	"github.com/pollpush/pollpush/internal/result"
	"github.com/pollpush/pollpush/report/internal/metric"
	"github.com/pollpush/pollpush/report/internal/number"
	"github.com/pollpush/pollpush/report/internal/trials"
)

// headerChange is what has changed of one header of a poll's answers.
type headerChange struct {
	point, transport string
	text             string
	grown            bool // it takes more bytes than before
}

// sizes are the fewest and the most bytes that a header took, over the trials
// that have it.
type sizes struct {
	low, high int64
	always    bool // all trials have it
}

// headersOf says which headers are new, gone, or of another size in all trials.
// It says nothing where a trial of either run does not tell them.
func headersOf(p pair) []headerChange {
	was, is := headerSizes(p.was.trials), headerSizes(p.is.trials)
	if was == nil || is == nil {
		return nil
	}
	names := maps.Clone(was)
	maps.Copy(names, is)
	var out []headerChange
	for _, name := range slices.Sorted(maps.Keys(names)) {
		a, had := was[name]
		b, has := is[name]
		header := "header " + number.Clean(name)
		if name == "" {
			header = "status line"
		}
		text := ""
		switch both := a.always && b.always; {
		case !had && b.always:
			text = fmt.Sprintf("answers have a new %s of %s", header, b.text())
		case !has && a.always:
			text = fmt.Sprintf("answers have no %s of %s any more", header, a.text())
		case both && b.low > a.high:
			text = fmt.Sprintf("the %s of answers grew from %s to %s", header, a.text(), b.text())
		case both && b.high < a.low:
			text = fmt.Sprintf("the %s of answers shrank from %s to %s", header, a.text(), b.text())
		default:
			continue
		}
		out = append(out, headerChange{p.point, p.transport, trials.At(p.transport, p.point) + ": " + text, b.low > a.high})
	}
	return out
}

// headless is a transport of which one run tells the header lines of answers,
// and the other does not.
type headless struct {
	point, transport string
	text             string
}

func headlessOf(p pair) []headless {
	was, is := headerSizes(p.was.trials), headerSizes(p.is.trials)
	text := ""
	switch {
	case was == nil && is != nil:
		text = "the base is of an older pollpush, and holds no header lines of answers, so that none can be named: renew it with `make baseline`"
	case was != nil && is == nil:
		text = "the new run holds no header lines of answers, so that none can be named: measure it with the pollpush that measured the base"
	default:
		return nil
	}
	return []headless{{p.point, p.transport, trials.At(p.transport, p.point) + ": " + text}}
}

func (s sizes) text() string {
	if s.low == s.high {
		return number.Plural(float64(s.low), "byte")
	}
	return fmt.Sprintf("%d to %s", s.low, number.Plural(float64(s.high), "byte"))
}

// headerSizes are those of the headers that the trials have; nil where one of
// them does not tell any.
func headerSizes(list []result.Trial) map[string]sizes {
	out := map[string]sizes{}
	found := map[string]int{}
	for i := range list {
		if len(list[i].AnswerHeaders) == 0 {
			return nil
		}
		for name, n := range list[i].AnswerHeaders {
			s, had := out[name]
			if !had {
				s = sizes{low: n, high: n}
			}
			found[name]++
			out[name] = sizes{min(s.low, n), max(s.high, n), found[name] == len(list)}
		}
	}
	return out
}

// explains says that a header is why the transport's bytes are a regression.
func (c *Comparison) explains(h headerChange) bool {
	return h.grown && c.headsRegressed(h.transport, h.point)
}

// headsRegressed says that the bytes of which heads of answers are a part are a
// regression.
func (c *Comparison) headsRegressed(transport, point string) bool {
	return slices.ContainsFunc(c.Changes, func(ch Change) bool {
		return ch.regressed() && ch.countsHeads() && ch.Transport == transport && ch.Point == point
	})
}

// countsHeads says that the heads of answers are among the row's bytes.
func (c *Change) countsHeads() bool {
	return c.ID == metric.BytesIn.ID() || c.ID == metric.ProtocolPerPoll.ID()
}

// headerNotes are the changed headers that explain no regression, and why none
// can be named of a regression.
func (c *Comparison) headerNotes() []string {
	var out []string
	for _, h := range c.headers {
		if !c.explains(h) {
			out = append(out, h.text+".")
		}
	}
	for _, h := range c.headless {
		if c.headsRegressed(h.transport, h.point) {
			out = append(out, h.text+".")
		}
	}
	return out
}
