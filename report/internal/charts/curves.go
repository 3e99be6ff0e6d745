package charts

import (
	"fmt"
	"math"

	"github.com/pollpush/pollpush/internal/stat"
	"github.com/pollpush/pollpush/report/internal/figure"
	"github.com/pollpush/pollpush/report/internal/metric"
	"github.com/pollpush/pollpush/report/internal/model"
	"github.com/pollpush/pollpush/report/internal/trials"
)

// curve is a metric of a transport along the slice, each value with its band.
func curve(l *trials.Cut, transport string, m *metric.Metric) []figure.Sample {
	var list []figure.Sample
	for _, p := range l.Points {
		part, elsewhere := l.SideAt(p, transport)
		if part == nil {
			continue
		}
		c := m.Cell(part.Used)
		if !c.Known() {
			continue
		}
		c.Low, c.High = stat.Band(c.Values)
		list = append(list, figure.Sample{Cell: c, X: l.Along.Of(&p.Head), Side: part, Elsewhere: elsewhere})
	}
	return list
}

// bandText says what the bands in a chart of the sweep are.
func bandText(s *trials.Set) string {
	least, most := math.MaxInt, 0
	for _, p := range s.Points {
		for i := range p.Sides {
			least, most = min(least, len(p.Sides[i].Used)), max(most, len(p.Sides[i].Used))
		}
	}
	switch {
	case most < 2:
		return "There is one trial of each, and so no band."
	case least >= stat.FewestForInterval:
		return "Lines are medians; bands are their 95 % intervals."
	case most >= stat.FewestForInterval:
		return "Lines are medians; bands are their 95 % intervals where there are 6 trials or more, else from the lowest to the highest trial, which holds the true median less often."
	}
	fewest := max(least, 2)
	some, cases := fmt.Sprintf("%d trials", fewest), model.RangeHolds(fewest)
	if most > fewest {
		some, cases = some+" or more", cases+" or more"
	}
	return "Lines are medians; bands go from the lowest to the highest of " + some + ", which holds the true median in " + cases + "."
}
