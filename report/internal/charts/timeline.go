package charts

import (
	"math"
	"slices"
	"strings"

	"gonum.org/v1/plot/vg"

	"github.com/pollpush/pollpush/internal/result"
	"github.com/pollpush/pollpush/report/internal/axis"
	"github.com/pollpush/pollpush/report/internal/figure"
	"github.com/pollpush/pollpush/report/internal/model"
	"github.com/pollpush/pollpush/report/internal/number"
	"github.com/pollpush/pollpush/report/internal/theme"
	"github.com/pollpush/pollpush/report/internal/trials"
)

// timelinePanels draw the seconds of the first used trial of each transport.
func timelinePanels(p *trials.Point, c *figure.Chart) {
	var t timeline
	for i := range p.Sides {
		if s := &p.Sides[i]; len(s.Used) > 0 && len(s.Used[0].Series) > 0 {
			t = append(t, s)
		}
	}
	if len(t) == 0 {
		c.Omitted = "The trials hold no numbers second by second."
		return
	}
	deliveries, polls := modelled(p)
	c.Panels = []figure.Panel{
		t.panel("deliveries per second", number.Count, deliveries, func(_ *result.Trial, s *result.Second) float64 { return float64(s.Deliveries) }),
		t.panel("HTTP requests per second", number.Count, polls, func(_ *result.Trial, s *result.Second) float64 { return float64(s.Requests) }),
		t.panel("server CPU, of one core", number.Cores, math.NaN(), func(t *result.Trial, s *result.Second) float64 {
			if t.Server == nil {
				return math.NaN()
			}
			return s.ServerCPUS
		}),
	}
}

// modelled are the deliveries and the polls per second by the model, of all
// clients; NaN where it says nothing.
func modelled(p *trials.Point) (deliveries, polls float64) {
	deliveries, polls = math.NaN(), math.NaN()
	for i := range p.Sides {
		s := &p.Sides[i]
		if len(s.Used) == 0 {
			continue
		}
		a, clients := s.Used[0].Asked, s.Used[0].Clients
		if a.PublishRate > 0 {
			deliveries = model.DeliveriesPerSecond(a.PublishRate, clients)
		}
		if s.Paced() {
			polls = model.PollsPerSecond(clients, a.PollIntervalS)
		}
	}
	return deliveries, polls
}

// timeline is the transports whose trials have numbers second by second.
type timeline []*trials.Side

// phases are the parts of a trial. What comes before the steady state is one.
func phases(list []result.Second) (spans []figure.Span) {
	for _, s := range list {
		steady := s.Phase == "steady"
		name := number.Clean(s.Phase)
		if steady {
			name = "steady state"
		}
		n := len(spans)
		if n == 0 || spans[n-1].Shaded == steady || spans[n-1].To != s.T {
			spans = append(spans, figure.Span{Name: name, From: s.T, To: s.T + 1, Shaded: !steady})
			continue
		}
		last := &spans[n-1]
		last.To = s.T + 1
		if last.Name != name && !strings.HasSuffix(last.Name, ", "+name) {
			last.Name += ", " + name
		}
	}
	return spans
}

// panel draws one number of every transport, NaN where it is not known, over the
// seconds, and what the model says of it, unless that is NaN.
func (t timeline) panel(heading string, u number.Unit, fit float64, value func(*result.Trial, *result.Second) float64) figure.Panel {
	p := figure.Panel{Heading: heading}
	for _, span := range phases(t[0].Used[0].Series) {
		p.Scene = append(p.Scene, span)
	}
	var lines []figure.Line
	from, to, top := math.Inf(1), math.Inf(-1), 0.0
	for _, s := range t {
		seconds := s.Used[0].Series
		from, to = min(from, seconds[0].T), max(to, seconds[len(seconds)-1].T+1)
		line, level := secondsOf(s, len(lines), value)
		if len(line.Points) == 0 {
			continue
		}
		for _, at := range line.Points {
			top = max(top, at.Y)
		}
		lines = append(lines, line)
		p.Scene = append(p.Scene, line, figure.End{Name: line.Name, Look: line.Look, X: math.Inf(1), Y: level})
	}
	if len(lines) == 0 {
		p.Omitted = "not measured in this run"
		return p
	}
	if !math.IsNaN(fit) {
		top = max(top, fit)
		p.Scene = append(p.Scene, figure.Guide{Series: figure.Series{Name: "model", Y: []float64{fit}}})
	}
	p.Scene = append(p.Scene, strips(lines, from, to, u))
	scale := u.ScaleOf(top)
	if scale.Name != "" {
		p.Heading += ", " + scale.Name
	}
	p.Height = max(117, vg.Length(len(lines))*figure.LabelGap+48)
	p.X, p.Y = axis.Elapsed(from, to), axis.Linear(top, scale, 3, true)
	p.X.Name, p.Y.LabelWidth = "seconds from the start of the warm-up", 40
	return p
}

// secondsOf is the line of one transport, and its mean in the steady state. Its
// about six markers are not at the places of its neighbours'.
func secondsOf(s *trials.Side, index int, value func(*result.Trial, *result.Second) float64) (line figure.Line, level float64) {
	line = figure.Line{Name: sideName(s), Look: theme.LookOf(s.Transport), Width: 1.4, Radius: 2.4}
	sum, n := 0.0, 0.0
	for i := range s.Used[0].Series {
		second := &s.Used[0].Series[i]
		v := value(&s.Used[0], second)
		if math.IsNaN(v) {
			continue
		}
		line.Add(second.T+0.5, v, figure.Unmarked)
		if second.Phase == "steady" {
			sum, n = sum+v, n+1
		}
	}
	every := max(len(line.Points)/6, 1)
	for i := (index * 2) % every; i < len(line.Points); i += every {
		line.Points[i].Mark = figure.Marked
	}
	return line, sum / max(n, 1)
}

// strips say the values of all lines, second by second.
func strips(lines []figure.Line, from, to float64, u number.Unit) (list figure.Strips) {
	for t := from; t < to; t++ {
		var values []string
		for _, line := range lines {
			if i := slices.IndexFunc(line.Points, func(at figure.Point) bool { return at.X == t+0.5 }); i >= 0 {
				values = append(values, line.Name+" "+u.Format(line.Points[i].Y))
			}
		}
		if len(values) > 0 {
			list.List = append(list.List, figure.Strip{From: t, X: number.Plain(t) + " s to " + number.Plain(t+1) + " s", Y: strings.Join(values, "\n")})
		}
	}
	return list
}
