// Package overtime defines the charts of a run of one point second by second, and
// of its latencies by their length.
package overtime

import (
	"math"
	"slices"
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

// Side is a transport under the name that charts write.
type Side struct {
	*trials.Side
	Name string
}

// Timeline draws the seconds of the first used trial of each transport.
func Timeline(sides []Side, c *figure.Chart) {
	var t timeline
	said, deliveries, polls := math.NaN(), math.NaN(), math.NaN() // by the model
	for _, s := range sides {
		if len(s.Used) == 0 {
			continue
		}
		first := &s.Used[0]
		if len(first.Series) > 0 {
			t = append(t, s)
		}
		if rate := first.Asked.PublishRate; rate > 0 {
			said, deliveries = rate*float64(first.Asked.Rooms), model.DeliveriesPerSecond(rate, first.Clients)
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
		t.panel("messages per second", number.Count, said, func(_ *result.Trial, s *result.Second) float64 { return float64(s.Published) }),
		t.panel("deliveries per second", number.Count, deliveries, func(_ *result.Trial, s *result.Second) float64 { return float64(s.Deliveries) }),
		t.panel("HTTP requests per second", number.Count, polls, func(_ *result.Trial, s *result.Second) float64 { return float64(s.Requests) }),
		t.panel("bandwidth of all clients", number.BitRate, math.NaN(), func(_ *result.Trial, s *result.Second) float64 { return 8 * float64(s.BytesIn+s.BytesOut) }),
		t.panel("server CPU, of one core", number.Cores, math.NaN(), func(t *result.Trial, s *result.Second) float64 {
			if t.Server == nil {
				return math.NaN()
			}
			return s.ServerCPUS
		}),
		t.panel("server memory", number.Memory, math.NaN(), func(t *result.Trial, s *result.Second) float64 {
			if t.Server == nil || s.ServerRSSBytes == 0 { // not looked at
				return math.NaN()
			}
			return float64(s.ServerRSSBytes)
		}),
	}
	for i := columnsBeside; i < len(c.Panels); i++ {
		c.Panels[i].Scene = slices.DeleteFunc(c.Panels[i].Scene, func(m scene.Primitive) bool { _, name := m.(scene.End); return name })
	}
	inColumns(c)
}

const (
	columnsBeside = 2  // of panels
	labelWidth    = 40 // of the ticks of all panels, so that they are below each other
)

// inColumns puts panels beside each other, and names the axis of the last ones.
func inColumns(c *figure.Chart) {
	c.Columns = columnsBeside
	for i := max(0, len(c.Panels)-columnsBeside); i < len(c.Panels); i++ {
		c.Panels[i].X.Name = "seconds from the start of the warm-up"
	}
}

// elapsed is an axis for the seconds of all.
func elapsed(sides []Side) axis.Axis {
	from, to := math.Inf(1), math.Inf(-1)
	for _, s := range sides {
		seconds := s.Used[0].Series
		from, to = min(from, seconds[0].T), max(to, seconds[len(seconds)-1].T+1)
	}
	return axis.Elapsed(from, to)
}

// timeline is the transports whose trials have numbers second by second.
type timeline []Side

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
func (t timeline) panel(heading string, u number.Unit, fit float64, value func(*result.Trial, *result.Second) float64) scene.Panel {
	p := scene.Panel{Heading: heading, Height: 90, Strips: 40}
	top := 0.0
	for i, s := range t {
		line := secondsOf(s, i, value)
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
		p.Heading += " (dashed: model)"
		p.Scene = append(p.Scene, scene.Guide{Series: scene.Series{Name: "model", Y: []float64{fit}}, Unnamed: true})
	}
	scale := u.ScaleOf(top)
	p.AddScale(scale)
	p.X, p.Y = elapsed(t), axis.Linear(top, scale, 3, true)
	p.Y.LabelWidth = labelWidth
	p.X.Say = func(t float64) string { return number.Plain(t) + " s to " + number.Plain(t+1) + " s" }
	p.Y.Say = u.Format
	return p
}

// secondsOf is the line of one transport. Its about six markers are not at the
// places of its neighbours'.
func secondsOf(s Side, index int, value func(*result.Trial, *result.Second) float64) (line scene.Line) {
	line = scene.Line{Name: s.Name, Look: theme.LookOf(s.Transport), Width: 1.4, Radius: 2.4}
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
