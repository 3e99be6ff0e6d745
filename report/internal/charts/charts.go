// Package charts defines the charts of a report, each as primitives of a scene.
package charts

import (
	"slices"
	"strings"

	"github.com/pollpush/pollpush/internal/result"
	"github.com/pollpush/pollpush/internal/transport"
	"github.com/pollpush/pollpush/report/internal/curves"
	"github.com/pollpush/pollpush/report/internal/figure"
	"github.com/pollpush/pollpush/report/internal/metric"
	"github.com/pollpush/pollpush/report/internal/number"
	"github.com/pollpush/pollpush/report/internal/overtime"
	"github.com/pollpush/pollpush/report/internal/theme"
	"github.com/pollpush/pollpush/report/internal/trials"
)

// definition is one chart: of a run of one point, or of a sweep. Its function
// adds the panels; a chart that gets none, nor a reason for that, is left out.
type definition struct {
	name    string // of its files
	asks    figure.Question
	title   string
	caption string
	polled  string // what the caption says besides where a transport polls at an interval
	point   func(*trials.Point, *figure.Chart)
	sweep   func(*trials.Set, *figure.Chart)
}

// definitions are all charts, in the order in which they are shown. To add one,
// add it here.
var definitions = []definition{
	{name: "cost", asks: figure.CostsTheServer, point: costPanels,
		title:   "What it costs the server",
		caption: "What does a delivery cost the server in CPU time, and a connected client in resident memory? Bars are medians, points are trials."},
	{name: "cpu", asks: figure.CostsTheServer,
		title:   "What it costs the server in CPU",
		caption: "How much server CPU does a client cost?",
		sweep: curves.Of(curves.Curve{Metric: &metric.CPUShare, Heading: "server CPU, as a share of one core", Only: "clients"},
			curves.Curve{Metric: &metric.CPUPerClient, Heading: "server CPU time per client and second"})},
	{name: "memory", asks: figure.CostsTheServer,
		title:   "What it costs the server in memory",
		caption: "How much resident memory does a connected client take, above the idle server?",
		sweep:   curves.Of(curves.Curve{Metric: &metric.MemoryPerClient, Heading: "server memory per client", Only: "clients"})},
	{name: "break-even", asks: figure.CostsTheServer, sweep: curves.BreakEven,
		title: "Where polling becomes cheaper than push"},
	{name: "latency", asks: figure.FreshForUsers, point: percentilePanel,
		title:   "How long a message takes to reach a client",
		caption: "How long after it is due does a client have a message, at each percentile? Each line ends at the last percentile with ten slower samples. Dashed lines are models.",
		polled:  " That of polling is uniform on 0 to T: any delay up to the interval is equally likely."},
	{name: "latency", asks: figure.FreshForUsers,
		title:   "How long a message takes to reach a client",
		caption: "How long after it is due does a client have a message?",
		sweep: curves.Of(curves.Curve{Metric: &metric.Latency50, Heading: "delivery latency, p50: half are faster"},
			curves.Curve{Metric: &metric.Latency99, Heading: "delivery latency, p99: 99 % are faster"})},
	{name: "stale", asks: figure.FreshForUsers,
		title:   "How much of the time a client lacks a message",
		caption: "For what share of the time does a client lack a message that is due?",
		sweep:   curves.Of(curves.Curve{Metric: &metric.Stale, Heading: "stale share of time"})},
	{name: "freshness", asks: figure.FreshForUsers, sweep: curves.Freshness,
		title:   "Freshness against cost",
		caption: "What does freshness cost? Further left costs the server less; further down is fresher. Polling moves along its curve with its interval; transports that do not poll at an interval are one point each." + curves.Beside},
	{name: "requests", asks: figure.CrossesTheWire, point: requestsPanel,
		title:   "Requests per client and minute",
		caption: "How many HTTP requests does a client make per minute of the steady state? The dashed mark is the model; for long polling, one response per message or timeout, plus a round trip.",
		polled:  " For polling it is 60 ÷ interval in seconds."},
	{name: "requests", asks: figure.CrossesTheWire,
		title:   "Requests per minute",
		caption: "How many HTTP requests does the server answer per minute?",
		polled:  " The dashed line is the model of polling: 60 ÷ interval in seconds, for each client.",
		sweep:   curves.Of(curves.Curve{Metric: &metric.RequestsOfAll, Heading: "HTTP requests of all clients per minute", Only: "clients", Guide: curves.PollsOfAll})},
	{name: "requests-each", asks: figure.CrossesTheWire,
		title:   "Requests per client and minute",
		caption: "How many HTTP requests does a client make per minute?",
		polled:  " The dashed line is the model of polling: 60 ÷ interval in seconds.",
		sweep:   curves.Of(curves.Curve{Metric: &metric.Requests, Heading: "HTTP requests per client and minute", Guide: curves.PollsOfOne})},
	{name: "bytes", asks: figure.CrossesTheWire, point: bytesPanel,
		title:   "Bytes on the wire for each delivered message",
		caption: "How many bytes cross the clients' connections per delivered message, including polls without news, and what are they? For each direction the first number is the connection's bytes, and the one after + the TCP/IP headers below them, by the kernel's counts on loopback. Compressed text and envelope are drawn at their compressed size."},
	{name: "bandwidth", asks: figure.CrossesTheWire,
		title:   "What crosses the wire",
		caption: "How much bandwidth does a client use, both directions together?",
		sweep:   curves.Of(curves.Curve{Metric: &metric.Bandwidth, Heading: "bandwidth per client"})},
	{name: "breaks", asks: figure.BreaksFirst, sweep: curves.Breaks,
		title:   "What breaks first",
		caption: "Which load was too much, and why?"},
	{name: "latency-histogram", asks: figure.FreshForUsers, point: named(overtime.Histogram),
		title:   "How latencies are spread",
		caption: "Which share of the deliveries took how long? All used trials together; the highest bar of each row has the full height. Twelve bars share each power of ten."},
	{name: "latency-in-time", asks: figure.InTime, point: named(overtime.Latency),
		title:   "Latency of one trial of each transport, second by second",
		caption: "Did latency change? Each column is what clients saw in a second, whenever it was due; the stronger a cell's colour, the more of these deliveries took so long: below 2 %, 10 %, 25 %, and more. Cells are the buckets in which shards count: 50 µs high up to 0.4 ms, at most 25 % above. Only the unshaded part counts.",
		polled:  " The dashed line is the poll interval, the longest wait by the model of polling."},
	{name: "timeline", asks: figure.InTime, point: named(overtime.Timeline),
		title:   "One trial of each transport, second by second",
		caption: "Was the steady state steady? One trial of each transport, all phases, in seconds from the start of the warm-up. Only the unshaded part counts. Dashed lines are the model: λ messages and λN deliveries of them per second.",
		polled:  " Of polls it is N/T."},
}

// named gives the sides of a point to a chart under their names.
func named(draw func([]overtime.Side, *figure.Chart)) func(*trials.Point, *figure.Chart) {
	return func(p *trials.Point, c *figure.Chart) {
		var sides []overtime.Side
		for i := range p.Sides {
			sides = append(sides, overtime.Side{Side: &p.Sides[i], Name: sideName(p, &p.Sides[i])})
		}
		draw(sides, c)
	}
}

// PointCharts are the charts of a run of one point.
func PointCharts(p *trials.Point) []figure.Chart {
	return draw(p.Sides, "", footer(p.Title(), string(p.Validity()), p), func(d *definition, c *figure.Chart) {
		if d.point != nil {
			d.point(p, c)
		}
	})
}

// SetCharts are the charts of a sweep.
func SetCharts(s *trials.Set) []figure.Chart {
	all := s.Together()
	return draw(all.Sides, " AT SOME POINTS", footer(s.Title(), s.StampCounts(), all), func(d *definition, c *figure.Chart) {
		if d.sweep != nil {
			d.sweep(s, c)
		}
	})
}

// draw makes the charts that have anything to show.
func draw(sides []trials.Side, where string, footer []string, add func(*definition, *figure.Chart)) (list []figure.Chart) {
	polls := slices.ContainsFunc(sides, func(s trials.Side) bool { return s.Paced() })
	for i := range definitions {
		d := &definitions[i]
		c := figure.Chart{Name: d.name, Asks: d.asks, Title: d.title, Caption: d.caption, Stamp: stamp(where, sides)}
		if polls {
			c.Caption += d.polled
		}
		add(d, &c)
		c.Sources = footer
		if len(c.Panels) > 0 || c.Omitted != "" {
			list = append(list, c)
		}
	}
	return list
}

// footer says where the numbers of every chart come from.
func footer(title, validity string, all *trials.Point) []string {
	used := 0
	for i := range all.Sides {
		used += len(all.Sides[i].Used)
	}
	e := all.Head.Env
	return []string{
		title + " · " + number.Plural(float64(used), "trial") + " of " + number.Plural(float64(len(transportsOf(all.Sides))), "transport") + " used · " + validity,
		trials.Processor(e) + " · pollpush " + number.Or(e.Commit, "of unknown commit") + " · " + all.Started(),
	}
}

// sideName is a transport's name as charts write it, stamped in letters that their
// font has; but not where the stamp of the chart says it of all.
func sideName(p *trials.Point, s *trials.Side) string {
	name := theme.ShortName(s.Transport)
	others := func(o trials.Side) bool { return len(o.Used) > 0 && o.Stamp != s.Stamp }
	switch {
	case len(s.Used) == 0:
		return name + " (no trial)"
	case s.Stamp != result.Valid && slices.ContainsFunc(p.Sides, others):
		return name + " (" + string(s.Stamp) + ")"
	}
	return name
}

// transportsOf are the names, each once, in the order of all transports.
func transportsOf(sides []trials.Side) (names []string) {
	for i := range sides {
		names = append(names, sides[i].Transport)
	}
	slices.SortFunc(names, transport.Compare)
	return slices.Compact(names)
}

// stamp names transports whose numbers are doubted.
func stamp(where string, sides []trials.Side) string {
	var list []string
	all := transportsOf(sides)
	for _, v := range []result.Validity{result.Invalid, result.Suspect} {
		doubted := slices.DeleteFunc(slices.Clone(sides), func(s trials.Side) bool { return len(s.Used) == 0 || s.Stamp != v })
		if len(doubted) > 0 {
			names := strings.Join(transportsOf(doubted), ", ")
			if len(transportsOf(doubted)) == len(all) {
				names = "all transports"
			}
			list = append(list, strings.ToUpper(string(v))+where+": "+names)
		}
	}
	return strings.Join(list, " · ")
}
