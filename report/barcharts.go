package report

import (
	"fmt"
	"math"
	"strings"

	"github.com/pollpush/pollpush/internal/result"
)

// charts are all pictures of a run, in the order in which they are shown.
func (r *run) charts() []chart {
	list := []chart{r.costChart(), r.latencyChart(), r.requestsChart(), r.bytesChart(), r.timelineChart()}
	for i := range list {
		list[i].stamp, list[i].footer = r.stampText(), append(list[i].footer, r.footer()...)
	}
	return list
}

// stampText names the transports whose numbers are doubted.
func (r *run) stampText() string {
	var parts []string
	for _, v := range []result.Validity{result.Invalid, result.Suspect} {
		var names []string
		for i := range r.sides {
			if s := &r.sides[i]; len(s.used) > 0 && s.stamp == v {
				names = append(names, s.transport)
			}
		}
		switch {
		case len(names) > 3: // the line would not hold them; they are stamped where they stand
			parts = append(parts, fmt.Sprintf("%s: %d of %d transports", strings.ToUpper(string(v)), len(names), len(r.sides)))
		case len(names) > 0:
			parts = append(parts, strings.ToUpper(string(v))+": "+strings.Join(names, ", "))
		}
	}
	return strings.Join(parts, " · ")
}

// footer is where the numbers of every chart come from.
func (r *run) footer() []string {
	used := 0
	for i := range r.sides {
		used += len(r.sides[i].used)
	}
	e := r.head.Env
	first := r.title() + " · " + plural(float64(used), "trial") + " of " + plural(float64(len(r.sides)), "transport") + " used · " + string(r.validity())
	second := fmt.Sprintf("%s · pollpush %s · %s", processor(e), or(e.Commit, "of unknown commit"), r.started())
	return []string{first, second}
}

// bar makes one transport's row from the metrics that are laid end to end.
func (s *side) bar(points bool, parts ...metric) bar {
	b := bar{name: s.chartName(), whose: s.chartName(), model: math.NaN(), hollow: s.stamp == result.Invalid, look: lookOf(s.transport), value: "not measured"}
	for i := range parts {
		c := parts[i].cell(s.used)
		if !c.known() {
			b.parts = nil
			return b
		}
		b.parts = append(b.parts, c.value)
		if points && len(parts) == 1 {
			b.points = c.values
		}
	}
	if len(parts) == 1 {
		b.value = parts[0].unit.format(b.parts[0])
	}
	return b
}

// chartName is stamped, in letters that the chart's font has. It is kept short:
// a name that is wider than the chart would leave no room for axes, and what is
// drawn on axes of less than no width never ends.
func (s *side) chartName() string {
	name := fit(style(bodySize, text, false), s.transport, 110)
	switch {
	case len(s.used) == 0:
		return name + " (no trial)"
	case s.stamp != result.Valid:
		return name + " (" + string(s.stamp) + ")"
	}
	return name
}

func (r *run) requestsChart() chart {
	var rows bars
	for i := range r.sides {
		s := &r.sides[i]
		b := s.bar(true, requests)
		if len(b.parts) > 0 {
			b.value = significant(b.parts[0])
			if b.parts[0] == 0 {
				b.value = "none"
			}
		}
		if model, ok := s.asksPerMinute(); ok {
			b.model = model
			b.value += "  (model " + significant(model) + ")"
		}
		rows = append(rows, b)
	}
	return chart{
		name: "requests", asks: crossesTheWire, title: "Requests of one client in a minute",
		caption: "How many HTTP requests does a client make in a minute of the steady state? The dashed mark is the model: 60 ÷ interval in seconds for polling, and for long polling one answer for each message or wait, and a round trip.",
		panels:  []panel{barPanel("HTTP requests per client and minute (dashed: model)", perMinute, rows)},
	}
}

func (r *run) costChart() chart {
	work, heading := cpuPerDelivery, "server CPU per delivery"
	for i := range r.sides {
		s := &r.sides[i]
		if len(s.used) > 0 && cpuShare.cell(s.used).known() && !cpuPerDelivery.cell(s.used).known() {
			work, heading = cpuShare, "server CPU, of one core" // nothing was delivered to divide by
		}
	}
	var cpu, mem bars
	for i := range r.sides {
		cpu = append(cpu, r.sides[i].bar(true, work))
		mem = append(mem, r.sides[i].bar(true, memoryPerClient))
	}
	return chart{
		name: "cost", asks: costsTheServer, title: "What it costs the server",
		caption: "What does a delivery cost the server in CPU time, and a connected client in resident memory? Bars are medians, points are trials.",
		panels: []panel{
			barPanel(heading, work.unit, cpu),
			barPanel("server memory per client, above the idle server", memory, mem),
		},
	}
}
