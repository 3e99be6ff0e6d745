package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// weighedAll are the metrics by which all transports of a point are set beside
// each other.
var weighedAll = []*metric{&latency50, &stale, &requests, &bandwidth, &cpuPerClient, &memoryPerClient}

// extremes names, of each metric that decides, the transport with the lowest and
// the one with the highest median, at the last point that has three to compare.
func (s *sweep) extremes() string {
	for _, p := range slices.Backward(s.points) {
		var sides []*side
		for _, name := range s.transports() {
			if part, _ := s.sideAt(p, name); part != nil && part.fair() {
				sides = append(sides, part)
			}
		}
		if len(sides) < 3 {
			continue
		}
		var told []string
		for _, m := range weighedAll {
			if text := ends(m, sides); text != "" {
				told = append(told, text)
			}
		}
		if len(told) > 0 {
			return fmt.Sprintf("%s, by the medians of %s: %s.", p.circumstances(), plural(float64(len(sides)), "transport"), strings.Join(told, "; "))
		}
	}
	return ""
}

// ends is from where to where a metric goes, and whose that is. It is empty where
// it is not known of all, or the same.
func ends(m *metric, sides []*side) string {
	value := func(s *side) float64 { return m.cell(s.used).value }
	if slices.ContainsFunc(sides, func(s *side) bool { return !m.cell(s.used).known() }) {
		return ""
	}
	order := func(a, b *side) int { return cmp.Compare(value(a), value(b)) }
	least, most := m.unit.format(value(slices.MinFunc(sides, order))), m.unit.format(value(slices.MaxFunc(sides, order)))
	if least == most {
		return ""
	}
	who := func(printed string) string {
		var names []string
		for _, s := range sides {
			if m.unit.format(value(s)) == printed {
				names = append(names, s.transport)
			}
		}
		return join(names)
	}
	return fmt.Sprintf("%s from %s (%s) to %s (%s)", m.name, least, who(least), most, who(most))
}
