package charts

import (
	"fmt"
	"slices"
	"strings"

	"github.com/pollpush/pollpush/internal/result"
	"github.com/pollpush/pollpush/report/internal/figure"
	"github.com/pollpush/pollpush/report/internal/theme"
	"github.com/pollpush/pollpush/report/internal/trials"
)

// sideName is a transport's name as charts write it, stamped in letters that
// their font has.
func sideName(s *trials.Side) string {
	name := theme.ShortName(s.Transport)
	switch {
	case len(s.Used) == 0:
		return name + " (no trial)"
	case s.Stamp != result.Valid:
		return name + " (" + string(s.Stamp) + ")"
	}
	return name
}

// pointStamp names the transports whose numbers are doubted.
func pointStamp(p *trials.Point) string {
	return stamp("", p.Transports(), func(name string, v result.Validity) bool {
		s := p.Side(name)
		return s != nil && len(s.Used) > 0 && s.Stamp == v
	})
}

// setStamp names the transports that are doubted at any point.
func setStamp(s *trials.Set) string {
	return stamp(" AT SOME POINTS", s.Transports(), func(name string, v result.Validity) bool {
		return slices.ContainsFunc(s.Points, func(p *trials.Point) bool { part := p.Side(name); return part != nil && part.Stamp == v })
	})
}

// stamp names doubted transports, or counts them where a chart is too narrow for
// their names.
func stamp(where string, transports []string, is func(name string, v result.Validity) bool) string {
	var named, counted []string
	for _, v := range []result.Validity{result.Invalid, result.Suspect} {
		names := slices.DeleteFunc(slices.Clone(transports), func(name string) bool { return !is(name, v) })
		if len(names) > 0 {
			head := strings.ToUpper(string(v)) + where + ": "
			named = append(named, head+strings.Join(names, ", "))
			counted = append(counted, head+fmt.Sprintf("%d of %d transports", len(names), len(transports)))
		}
	}
	if text := strings.Join(named, " · "); figure.FitsAcross(text, true) {
		return text
	}
	return strings.Join(counted, " · ")
}
