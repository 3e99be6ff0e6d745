package report

import (
	"fmt"
	"slices"
	"strings"

	"github.com/pollpush/pollpush/internal/result"
)

// sweptChart is a picture of metrics along the axis that is swept.
type sweptChart struct {
	name    string
	title   string
	caption string
	asks    question
	panels  []sweptPanel
	only    string // the axis that it is drawn along; any, if empty
	guide   func(*slice) []guide
}

type sweptPanel struct {
	*metric
	heading string
	only    string // likewise
}

// The number of requests of all clients, as the tutorial counts them.
var requestsOfAll = metric{name: "requests of all clients", unit: perMinute, of: func(t *result.Trial) float64 {
	return over(float64(t.Requests.Total)*60, t.WindowS)
}}

var sweptCharts = []sweptChart{
	{name: "cpu", title: "What it costs the server in CPU", asks: costsTheServer,
		caption: "How much CPU does the server take for a client?",
		panels:  []sweptPanel{{&cpuShare, "server CPU, of one core", "clients"}, {&cpuPerClient, "server CPU per client, in each second", ""}}},
	{name: "memory", title: "What it costs the server in memory", asks: costsTheServer, only: "clients",
		caption: "How much resident memory does a connected client take, above the idle server?",
		panels:  []sweptPanel{{&memoryPerClient, "server memory per client", ""}}},
	{name: "latency", title: "How long a message takes to reach a client", asks: freshForUsers,
		caption: "How long after a message was due does a client have it?",
		panels:  []sweptPanel{{&latency50, "delivery latency, p50", ""}, {&latency99, "delivery latency, p99", ""}}},
	{name: "stale", title: "How much of the time a client lacks a message", asks: freshForUsers,
		caption: "In which share of the time has a message been due that a client has not got?",
		panels:  []sweptPanel{{&stale, "stale share of time", ""}}},
	{name: "requests", title: "Requests in a minute", asks: crossesTheWire, only: "clients", guide: tutorialGuide,
		caption: "How many HTTP requests does the server answer in a minute? The dashed line is the tutorial's claim: 60 for each client that polls every second.",
		panels:  []sweptPanel{{&requestsOfAll, "HTTP requests of all clients in a minute", ""}}},
	{name: "requests-each", title: "Requests of one client in a minute", asks: crossesTheWire, guide: pollsGuide,
		caption: "How many HTTP requests does a client make in a minute? The dashed line is the model of polling: 60 ÷ interval in seconds.",
		panels:  []sweptPanel{{&requests, "HTTP requests per client and minute", ""}}},
	{name: "bandwidth", title: "What crosses the wire", asks: crossesTheWire,
		caption: "How much bandwidth does a client take, both directions together?",
		panels:  []sweptPanel{{&bandwidth, "bandwidth per client", ""}}},
}

// tutorialGuide is 60 requests in a minute for each client.
func tutorialGuide(l *slice) []guide {
	low, high := l.extent()
	return []guide{{series{name: "the tutorial's claim: 60 × clients", x: []float64{low, high}, y: []float64{60 * low, 60 * high}}}}
}

// pollsGuide is the polls of one client.
func pollsGuide(l *slice) []guide {
	g := guide{series{name: "model of polling: 60 ÷ interval"}}
	for _, p := range l.points {
		if t := p.head.Asked.PollIntervalS; t > 0 && slices.ContainsFunc(p.sides, func(s side) bool { return s.paced() }) {
			g.x, g.y = append(g.x, l.along.of(&p.head)), append(g.y, PollsPerMinute(t))
		}
	}
	if len(g.x) < 2 {
		return nil
	}
	return []guide{g}
}

// mostPanels is how many values of the other keys get a panel of their own.
const mostPanels = 3

// axis is the one that charts are drawn along: the one with the most values.
func (s *sweep) axis() *axis {
	best, most := axisOf(s.swept[0]), 0
	for _, key := range s.swept {
		x := axisOf(key)
		if n := len(s.values(x)); n > most {
			best, most = x, n
		}
	}
	return best
}

// shown are the slices that charts have room for.
func (s *sweep) shown() (list []slice, left int) {
	all := s.slices(s.axis())
	list = few(all)
	return list, len(all) - len(list)
}

// few are the first, the last, and those between at even steps.
func few(all []slice) []slice {
	if len(all) <= mostPanels {
		return all
	}
	var list []slice
	for i := range mostPanels {
		list = append(list, all[i*(len(all)-1)/(mostPanels-1)])
	}
	return list
}

// charts are all pictures of the sweep, by question.
func (s *sweep) charts() []chart {
	var list []chart
	for i := range sweptCharts {
		if d := &sweptCharts[i]; d.only == "" || d.only == s.axis().key {
			list = append(list, s.draw(d))
		}
	}
	list = append(list, s.balanceCharts()...)
	list = append(list, s.breaksChart())
	slices.SortStableFunc(list, func(a, b chart) int { return int(a.asks) - int(b.asks) })
	for i := range list {
		list[i].stamp, list[i].footer = s.stampText(), append(list[i].footer, s.footer()...)
	}
	return list
}

// balanceCharts hold polling at its intervals and rates against push.
func (s *sweep) balanceCharts() []chart {
	polls, pushes := s.pollAndPush()
	if len(polls) == 0 || len(pushes) == 0 || len(s.breakEvenAxes()) == 0 {
		return nil
	}
	var list []chart
	if slices.Contains(s.swept, "poll.interval") {
		list = append(list, s.freshnessChart())
	}
	return append(list, s.breakEvenChart())
}

// draw makes a chart with a panel for each metric and slice.
func (s *sweep) draw(d *sweptChart) chart {
	slices, left := s.shown()
	c := chart{name: d.name, title: d.title + ", by " + s.axis().by, asks: d.asks}
	c.caption = d.caption + " " + s.bandText() + s.pictureText()
	if left > 0 {
		c.footer = []string{fmt.Sprintf("%d more in the table", left)}
	}
	for i := range slices {
		l := &slices[i]
		var guides []guide
		if d.guide != nil {
			guides = d.guide(l)
		}
		for _, p := range d.panels {
			if p.only != "" && p.only != l.along.key {
				continue
			}
			heading := p.heading
			if l.held != "" {
				heading += ", " + l.held
			}
			c.panels = append(c.panels, l.panelOf(p.metric, heading, guides...))
		}
	}
	return c
}

// pictureText says what else a reader of the lines has to know.
func (s *sweep) pictureText() string {
	text := besideText
	if s.axis().key == "poll.interval" {
		text += " Transports that do not poll at an interval are measured once, at the marker; their lines are drawn across."
	}
	return text + s.crossedText()
}

// crossedText explains the marker of invalid trials, if there are any.
func (s *sweep) crossedText() string {
	if s.validity() != result.Invalid {
		return ""
	}
	return " A crossed box is an invalid trial: no line is drawn to it."
}

// validity is the worst of all points.
func (s *sweep) validity() result.Validity {
	v := result.Valid
	for _, p := range s.points {
		if w := p.validity(); w == result.Invalid || v == result.Valid {
			v = w
		}
	}
	return v
}

// stampText names the transports that are doubted at any point, or counts them
// where the chart is too narrow for that.
func (s *sweep) stampText() string {
	var named, counted []string
	for _, v := range []result.Validity{result.Invalid, result.Suspect} {
		names := slices.DeleteFunc(s.transports(), func(name string) bool {
			return !slices.ContainsFunc(s.points, func(p point) bool { part := p.side(name); return part != nil && part.stamp == v })
		})
		if len(names) > 0 {
			head := strings.ToUpper(string(v)) + " AT SOME POINTS: "
			named = append(named, head+strings.Join(names, ", "))
			counted = append(counted, head+fmt.Sprintf("%d of %d transports", len(names), len(s.transports())))
		}
	}
	text := strings.Join(named, " · ")
	if style(bodySize, warning, true).Width(text) > chartWidth-2*margin {
		return strings.Join(counted, " · ")
	}
	return text
}

// footer is where the numbers of every chart come from.
func (s *sweep) footer() []string {
	used := 0
	for _, p := range s.points {
		for i := range p.sides {
			used += len(p.sides[i].used)
		}
	}
	all := s.together()
	e := all.head.Env
	return []string{
		s.title() + " · " + plural(float64(used), "trial") + " of " + plural(float64(len(s.transports())), "transport") + " used · " + s.stampCounts(),
		fmt.Sprintf("%s · pollpush %s · %s", processor(e), or(e.Commit, "of unknown commit"), all.started()),
	}
}
