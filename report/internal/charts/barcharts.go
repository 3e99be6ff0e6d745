package charts

import (
	"fmt"
	"math"
	"strings"

	"github.com/pollpush/pollpush/internal/result"
	"github.com/pollpush/pollpush/report/internal/figure"
	"github.com/pollpush/pollpush/report/internal/metric"
	"github.com/pollpush/pollpush/report/internal/model"
	"github.com/pollpush/pollpush/report/internal/number"
	"github.com/pollpush/pollpush/report/internal/trials"
)

// PointCharts are all pictures of a run, in the order in which they are shown.
func PointCharts(r *trials.Point) []figure.Chart {
	list := []figure.Chart{costChart(r), latencyChart(r), requestsChart(r), bytesChart(r), timelineChart(r)}
	for i := range list {
		list[i].Stamp, list[i].Footer = pointStampText(r), append(list[i].Footer, pointFooter(r)...)
	}
	return list
}

// pointStampText names the transports whose numbers are doubted.
func pointStampText(r *trials.Point) string {
	var parts []string
	for _, v := range []result.Validity{result.Invalid, result.Suspect} {
		var names []string
		for i := range r.Sides {
			if s := &r.Sides[i]; len(s.Used) > 0 && s.Stamp == v {
				names = append(names, s.Transport)
			}
		}
		switch {
		case len(names) > 3: // the line would not hold them; they are stamped where they stand
			parts = append(parts, fmt.Sprintf("%s: %d of %d transports", strings.ToUpper(string(v)), len(names), len(r.Sides)))
		case len(names) > 0:
			parts = append(parts, strings.ToUpper(string(v))+": "+strings.Join(names, ", "))
		}
	}
	return strings.Join(parts, " · ")
}

// pointFooter is where the numbers of every chart come from.
func pointFooter(r *trials.Point) []string {
	used := 0
	for i := range r.Sides {
		used += len(r.Sides[i].Used)
	}
	e := r.Head.Env
	first := r.Title() + " · " + number.Plural(float64(used), "trial") + " of " + number.Plural(float64(len(r.Sides)), "transport") + " used · " + string(r.Validity())
	second := fmt.Sprintf("%s · pollpush %s · %s", trials.Processor(e), number.Or(e.Commit, "of unknown commit"), r.Started())
	return []string{first, second}
}

// bar makes one transport's row from the metrics that are laid end to end.
func bar(s *trials.Side, points bool, parts ...metric.Metric) figure.Bar {
	b := figure.Bar{Name: chartName(s), Whose: chartName(s), Model: math.NaN(), Hollow: s.Stamp == result.Invalid, Look: figure.LookOf(s.Transport), Value: "not measured"}
	for i := range parts {
		c := parts[i].Cell(s.Used)
		if !c.Known() {
			b.Parts = nil
			return b
		}
		b.Parts = append(b.Parts, c.Value)
		if points && len(parts) == 1 {
			b.Points = c.Values
		}
	}
	if len(parts) == 1 {
		b.Value = parts[0].Unit.Format(b.Parts[0])
	}
	return b
}

// chartName is stamped, in letters that the chart's font has. It is kept short:
// a name that is wider than the chart would leave no room for axes, and what is
// drawn on axes of less than no width never ends.
func chartName(s *trials.Side) string {
	name := figure.Fit(figure.Style(figure.BodySize, figure.Text, false), s.Transport, 110)
	switch {
	case len(s.Used) == 0:
		return name + " (no trial)"
	case s.Stamp != result.Valid:
		return name + " (" + string(s.Stamp) + ")"
	}
	return name
}

func requestsChart(r *trials.Point) figure.Chart {
	var rows figure.Bars
	for i := range r.Sides {
		s := &r.Sides[i]
		b := bar(s, true, metric.Requests)
		if len(b.Parts) > 0 {
			b.Value = number.Significant(b.Parts[0])
			if b.Parts[0] == 0 {
				b.Value = "none"
			}
		}
		if fit, ok := model.AsksPerMinute(s); ok {
			b.Model = fit
			b.Value += "  (model " + number.Significant(fit) + ")"
		}
		rows = append(rows, b)
	}
	return figure.Chart{
		Name: "requests", Asks: figure.CrossesTheWire, Title: "Requests of one client in a minute",
		Caption: "How many HTTP requests does a client make in a minute of the steady state? The dashed mark is the model: 60 ÷ interval in seconds for polling, and for long polling one answer for each message or wait, and a round trip.",
		Panels:  []figure.Panel{figure.BarPanel("HTTP requests per client and minute (dashed: model)", number.PerMinute, rows)},
	}
}

func costChart(r *trials.Point) figure.Chart {
	work, heading := metric.CpuPerDelivery, "server CPU per delivery"
	for i := range r.Sides {
		s := &r.Sides[i]
		if len(s.Used) > 0 && metric.CpuShare.Cell(s.Used).Known() && !metric.CpuPerDelivery.Cell(s.Used).Known() {
			work, heading = metric.CpuShare, "server CPU, of one core" // nothing was delivered to divide by
		}
	}
	var cpu, mem figure.Bars
	for i := range r.Sides {
		cpu = append(cpu, bar(&r.Sides[i], true, work))
		mem = append(mem, bar(&r.Sides[i], true, metric.MemoryPerClient))
	}
	return figure.Chart{
		Name: "cost", Asks: figure.CostsTheServer, Title: "What it costs the server",
		Caption: "What does a delivery cost the server in CPU time, and a connected client in resident memory? Bars are medians, points are trials.",
		Panels: []figure.Panel{
			figure.BarPanel(heading, work.Unit, cpu),
			figure.BarPanel("server memory per client, above the idle server", number.Memory, mem),
		},
	}
}
