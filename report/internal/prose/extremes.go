package prose

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/pollpush/pollpush/report/internal/metric"
	"github.com/pollpush/pollpush/report/internal/number"
	"github.com/pollpush/pollpush/report/internal/trials"
)

// Extremes names, of each metric that decides, the transport with the lowest and
// the one with the highest median, at the last point that has three to compare.
func Extremes(s *trials.Set) string {
	for _, p := range slices.Backward(s.Points) {
		var sides []*trials.Side
		for _, name := range s.Transports() {
			if part, _ := s.SideAt(p, name); part != nil && metric.Fair(part) {
				sides = append(sides, part)
			}
		}
		if len(sides) < 3 {
			continue
		}
		var told []string
		for _, m := range metric.WeighedAll {
			if text := ends(&m, sides); text != "" {
				told = append(told, text)
			}
		}
		if len(told) > 0 {
			return fmt.Sprintf("%s, by the medians of %s: %s.", p.Circumstances(), number.Plural(float64(len(sides)), "transport"), strings.Join(told, "; "))
		}
	}
	return ""
}

// ends is from where to where a metric goes, and whose that is. It is empty where
// it is not known of all, or the same.
func ends(m *metric.Metric, sides []*trials.Side) string {
	value := func(s *trials.Side) float64 { return m.Cell(s.Used).Value }
	if slices.ContainsFunc(sides, func(s *trials.Side) bool { return !m.Cell(s.Used).Known() }) {
		return ""
	}
	order := func(a, b *trials.Side) int { return cmp.Compare(value(a), value(b)) }
	least, most := m.Unit.Format(value(slices.MinFunc(sides, order))), m.Unit.Format(value(slices.MaxFunc(sides, order)))
	if least == most {
		return ""
	}
	who := func(printed string) string {
		var names []string
		for _, s := range sides {
			if m.Unit.Format(value(s)) == printed {
				names = append(names, s.Transport)
			}
		}
		return number.Join(names)
	}
	return fmt.Sprintf("%s from %s (%s) to %s (%s)", m.Name, least, who(least), most, who(most))
}
