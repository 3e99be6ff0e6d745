package charts

import (
	"fmt"
	"slices"
	"strings"

	"github.com/pollpush/pollpush/internal/result"
	"github.com/pollpush/pollpush/report/internal/figure"
	"github.com/pollpush/pollpush/report/internal/metric"
	"github.com/pollpush/pollpush/report/internal/model"
	"github.com/pollpush/pollpush/report/internal/number"
	"github.com/pollpush/pollpush/report/internal/trials"
)

// sweptChart is a picture of metrics along the axis that is swept.
type sweptChart struct {
	name    string
	title   string
	caption string
	asks    figure.Question
	panels  []sweptPanel
	only    string // the axis that it is drawn along; any, if empty
	guide   func(*trials.Cut) []figure.Guide
}

type sweptPanel struct {
	*metric.Metric
	heading string
	only    string // likewise
}

var sweptCharts = []sweptChart{
	{name: "cpu", title: "What it costs the server in CPU", asks: figure.CostsTheServer,
		caption: "How much CPU does the server take for a client?",
		panels:  []sweptPanel{{&metric.CpuShare, "server CPU, of one core", "clients"}, {&metric.CpuPerClient, "server CPU per client, in each second", ""}}},
	{name: "memory", title: "What it costs the server in memory", asks: figure.CostsTheServer, only: "clients",
		caption: "How much resident memory does a connected client take, above the idle server?",
		panels:  []sweptPanel{{&metric.MemoryPerClient, "server memory per client", ""}}},
	{name: "latency", title: "How long a message takes to reach a client", asks: figure.FreshForUsers,
		caption: "How long after a message was due does a client have it?",
		panels:  []sweptPanel{{&metric.Latency50, "delivery latency, p50", ""}, {&metric.Latency99, "delivery latency, p99", ""}}},
	{name: "stale", title: "How much of the time a client lacks a message", asks: figure.FreshForUsers,
		caption: "In which share of the time has a message been due that a client has not got?",
		panels:  []sweptPanel{{&metric.Stale, "stale share of time", ""}}},
	{name: "requests", title: "Requests in a minute", asks: figure.CrossesTheWire, only: "clients", guide: tutorialGuide,
		caption: "How many HTTP requests does the server answer in a minute? The dashed line is the tutorial's claim: 60 for each client that polls every second.",
		panels:  []sweptPanel{{&metric.RequestsOfAll, "HTTP requests of all clients in a minute", ""}}},
	{name: "requests-each", title: "Requests of one client in a minute", asks: figure.CrossesTheWire, guide: pollsGuide,
		caption: "How many HTTP requests does a client make in a minute? The dashed line is the model of polling: 60 ÷ interval in seconds.",
		panels:  []sweptPanel{{&metric.Requests, "HTTP requests per client and minute", ""}}},
	{name: "bandwidth", title: "What crosses the wire", asks: figure.CrossesTheWire,
		caption: "How much bandwidth does a client take, both directions together?",
		panels:  []sweptPanel{{&metric.Bandwidth, "bandwidth per client", ""}}},
}

// tutorialGuide is 60 requests in a minute for each client.
func tutorialGuide(l *trials.Cut) []figure.Guide {
	low, high := l.Extent()
	return []figure.Guide{{Series: figure.Series{Name: "the tutorial's claim: 60 × clients", X: []float64{low, high}, Y: []float64{60 * low, 60 * high}}}}
}

// pollsGuide is the polls of one client.
func pollsGuide(l *trials.Cut) []figure.Guide {
	g := figure.Guide{Series: figure.Series{Name: "model of polling: 60 ÷ interval"}}
	for _, p := range l.Points {
		if t := p.Head.Asked.PollIntervalS; t > 0 && slices.ContainsFunc(p.Sides, func(s trials.Side) bool { return s.Paced() }) {
			g.X, g.Y = append(g.X, l.Along.Of(&p.Head)), append(g.Y, model.PollsPerMinute(t))
		}
	}
	if len(g.X) < 2 {
		return nil
	}
	return []figure.Guide{g}
}

// SetCharts are all pictures of the sweep, by question.
func SetCharts(s *trials.Set) []figure.Chart {
	var list []figure.Chart
	for i := range sweptCharts {
		if d := &sweptCharts[i]; d.only == "" || d.only == s.Axis().Key {
			list = append(list, drawSwept(s, d))
		}
	}
	list = append(list, balanceCharts(s)...)
	list = append(list, breaksChart(s))
	slices.SortStableFunc(list, func(a, b figure.Chart) int { return int(a.Asks) - int(b.Asks) })
	for i := range list {
		list[i].Stamp, list[i].Footer = setStampText(s), append(list[i].Footer, setFooter(s)...)
	}
	return list
}

// balanceCharts hold polling at its intervals and rates against push.
func balanceCharts(s *trials.Set) []figure.Chart {
	polls, pushes := s.PollAndPush()
	if len(polls) == 0 || len(pushes) == 0 || len(s.BreakEvenAxes()) == 0 {
		return nil
	}
	var list []figure.Chart
	if slices.Contains(s.Swept, "poll.interval") {
		list = append(list, freshnessChart(s))
	}
	return append(list, breakEvenChart(s))
}

// draw makes a chart with a panel for each metric and slice.
func drawSwept(s *trials.Set, d *sweptChart) figure.Chart {
	slices, left := s.Shown()
	c := figure.Chart{Name: d.name, Title: d.title + ", by " + s.Axis().By, Asks: d.asks}
	c.Caption = d.caption + " " + bandText(s) + pictureText(s)
	if left > 0 {
		c.Footer = []string{fmt.Sprintf("%d more in the table", left)}
	}
	for i := range slices {
		l := &slices[i]
		var guides []figure.Guide
		if d.guide != nil {
			guides = d.guide(l)
		}
		for _, p := range d.panels {
			if p.only != "" && p.only != l.Along.Key {
				continue
			}
			heading := p.heading
			if l.Held != "" {
				heading += ", " + l.Held
			}
			c.Panels = append(c.Panels, panelOf(l, p.Metric, heading, guides...))
		}
	}
	return c
}

// pictureText says what else a reader of the lines has to know.
func pictureText(s *trials.Set) string {
	text := figure.BesideText
	if s.Axis().Key == "poll.interval" {
		text += " Transports that do not poll at an interval are measured once, at the marker; their lines are drawn across."
	}
	return text + crossedText(s)
}

// crossedText explains the marker of invalid trials, if there are any.
func crossedText(s *trials.Set) string {
	if s.Validity() != result.Invalid {
		return ""
	}
	return " A crossed box is an invalid trial: no line is drawn to it."
}

// setStampText names the transports that are doubted at any point, or counts them
// where the chart is too narrow for that.
func setStampText(s *trials.Set) string {
	var named, counted []string
	for _, v := range []result.Validity{result.Invalid, result.Suspect} {
		names := slices.DeleteFunc(s.Transports(), func(name string) bool {
			return !slices.ContainsFunc(s.Points, func(p *trials.Point) bool { part := p.Side(name); return part != nil && part.Stamp == v })
		})
		if len(names) > 0 {
			head := strings.ToUpper(string(v)) + " AT SOME POINTS: "
			named = append(named, head+strings.Join(names, ", "))
			counted = append(counted, head+fmt.Sprintf("%d of %d transports", len(names), len(s.Transports())))
		}
	}
	text := strings.Join(named, " · ")
	if figure.Style(figure.BodySize, figure.Warning, true).Width(text) > figure.ChartWidth-2*figure.Margin {
		return strings.Join(counted, " · ")
	}
	return text
}

// setFooter is where the numbers of every chart come from.
func setFooter(s *trials.Set) []string {
	used := 0
	for _, p := range s.Points {
		for i := range p.Sides {
			used += len(p.Sides[i].Used)
		}
	}
	all := s.Together()
	e := all.Head.Env
	return []string{
		s.Title() + " · " + number.Plural(float64(used), "trial") + " of " + number.Plural(float64(len(s.Transports())), "transport") + " used · " + s.StampCounts(),
		fmt.Sprintf("%s · pollpush %s · %s", trials.Processor(e), number.Or(e.Commit, "of unknown commit"), all.Started()),
	}
}
