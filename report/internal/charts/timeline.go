package charts

import (
	"math"
	"strings"

	"github.com/pollpush/pollpush/internal/result"
	"github.com/pollpush/pollpush/report/internal/axis"
	"github.com/pollpush/pollpush/report/internal/figure"
	"github.com/pollpush/pollpush/report/internal/model"
	"github.com/pollpush/pollpush/report/internal/number"
	"github.com/pollpush/pollpush/report/internal/scene"
	"github.com/pollpush/pollpush/report/internal/theme"
	"github.com/pollpush/pollpush/report/internal/trials"
)

// timelinePanels draw the seconds of the first used trial of each transport.
func timelinePanels(p *trials.Point, c *figure.Chart) {
	var t timeline
	deliveries, polls := math.NaN(), math.NaN() // by the model
	for i := range p.Sides {
		s := &p.Sides[i]
		if len(s.Used) == 0 {
			continue
		}
		first := &s.Used[0]
		if len(first.Series) > 0 {
			t = append(t, s)
		}
		if first.Asked.PublishRate > 0 {
			deliveries = model.DeliveriesPerSecond(first.Asked.PublishRate, first.Clients)
		}
		if s.Paced() {
			polls = model.PollsPerSecond(first.Clients, first.Asked.PollIntervalS)
		}
	}
	if len(t) == 0 {
		c.Omitted = "The trials have no numbers per second."
		return
	}
	c.Panels = []scene.Panel{
		t.panel(p, "deliveries per second", number.Count, deliveries, func(_ *result.Trial, s *result.Second) float64 { return float64(s.Deliveries) }),
		t.panel(p, "HTTP requests per second", number.Count, polls, func(_ *result.Trial, s *result.Second) float64 { return float64(s.Requests) }),
		t.panel(p, "server CPU, of one core", number.Cores, math.NaN(), func(t *result.Trial, s *result.Second) float64 {
			if t.Server == nil {
				return math.NaN()
			}
			return s.ServerCPUS
		}),
	}
}

// timeline is the transports whose trials have numbers second by second.
type timeline []*trials.Side

// phases are the parts of a trial. What comes before the steady state is one.
func phases(list []result.Second) (spans []scene.Span) {
	var names []string // of the last span
	for _, s := range list {
		steady := s.Phase == "steady"
		name := number.Clean(s.Phase)
		if steady {
			name = "steady state"
		}
		n := len(spans)
		if n == 0 || spans[n-1].Shaded == steady || spans[n-1].To != s.T {
			names = []string{name}
			spans = append(spans, scene.Span{Name: name, From: s.T, To: s.T + 1, Shaded: !steady})
			continue
		}
		last := &spans[n-1]
		last.To = s.T + 1
		if names[len(names)-1] != name {
			names = append(names, name)
			last.Name = strings.Join(names, ", ")
		}
	}
	return spans
}

// panel draws one number of every transport, NaN where it is not known, over the
// seconds, and what the model says of it, unless that is NaN.
func (t timeline) panel(point *trials.Point, heading string, u number.Unit, fit float64, value func(*result.Trial, *result.Second) float64) scene.Panel {
	p := scene.Panel{Heading: heading, Height: 117, Strips: true}
	from, to, top := math.Inf(1), math.Inf(-1), 0.0
	for i, s := range t {
		seconds := s.Used[0].Series
		from, to = min(from, seconds[0].T), max(to, seconds[len(seconds)-1].T+1)
		line := secondsOf(point, s, i, value)
		if len(line.Points) == 0 {
			continue
		}
		for _, at := range line.Points {
			top = max(top, at.Y)
		}
		p.Scene = append(p.Scene, line, line.End())
	}
	if len(p.Scene) == 0 {
		p.Omitted = "not measured in this run"
		return p
	}
	for _, span := range phases(t[0].Used[0].Series) {
		p.Scene = append(p.Scene, span)
	}
	if !math.IsNaN(fit) {
		top = max(top, fit)
		p.Scene = append(p.Scene, scene.Guide{Series: scene.Series{Name: "model", Y: []float64{fit}}})
	}
	scale := u.ScaleOf(top)
	p.AddScale(scale)
	p.X, p.Y = axis.Elapsed(from, to), axis.Linear(top, scale, 3, true)
	p.X.Name, p.Y.LabelWidth = "seconds from the start of the warm-up", 40
	p.X.Say = func(t float64) string { return number.Plain(t) + " s to " + number.Plain(t+1) + " s" }
	p.Y.Say = u.Format
	return p
}

// secondsOf is the line of one transport. Its about six markers are not at the
// places of its neighbours'.
func secondsOf(p *trials.Point, s *trials.Side, index int, value func(*result.Trial, *result.Second) float64) (line scene.Line) {
	line = scene.Line{Name: sideName(p, s), Look: theme.LookOf(s.Transport), Width: 1.4, Radius: 2.4}
	for i := range s.Used[0].Series {
		second := &s.Used[0].Series[i]
		v := value(&s.Used[0], second)
		if math.IsNaN(v) {
			continue
		}
		line.Add(second.T+0.5, v, scene.Unmarked)
	}
	every := max(len(line.Points)/6, 1)
	for i := (index * 2) % every; i < len(line.Points); i += every {
		line.Points[i].Mark = scene.Marked
	}
	return line
}
