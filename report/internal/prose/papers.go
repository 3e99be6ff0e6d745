package prose

import (
	"fmt"
	"math"
	"strings"

	"go.yaml.in/yaml/v4"

	"github.com/pollpush/pollpush/internal/result"
	"github.com/pollpush/pollpush/report/internal/document"
	"github.com/pollpush/pollpush/report/internal/metric"
	"github.com/pollpush/pollpush/report/internal/number"
	"github.com/pollpush/pollpush/report/internal/trials"
	"github.com/pollpush/pollpush/scenarios"
)

// publication is what somebody else has published, and a scenario of ours
// measures again: scenarios/published has one for each scenario paper-….
type publication struct {
	Source  string // author, title and year
	Setting string // how the source got its figures, and what the scenario does instead
	Claims  []claim
}

// claim is one published figure and the measured number beside it:
// Measured × Times ÷ Over.
type claim struct {
	What      string
	Published string // figure and unit, as the source has them; a dash where it has none
	Measured  operand
	Over      *operand // nil divides by nothing
	Times     float64  // 0 is 1
	Unit      string   // a key of paperUnits; the number's own where empty
	Why       string   // why the two differ; may be empty
}

// operand names one of paperNumbers, of one transport.
type operand struct{ Transport, Number string }

// paperNumbers are the numbers that claims name.
var paperNumbers = []metric.Metric{
	metric.Requests,
	metric.CpuPerDelivery,
	{Name: "connections", Unit: number.Count, Of: func(t *result.Trial) float64 { return t.Connections.HeldMean }},
	{Name: "bytes per client and minute", Unit: number.BytesEach, Of: bytesPerMinute},
	{Name: "protocol bytes per request", Unit: number.BytesEach, Of: protocolPerRequest},
	{Name: "protocol bytes per delivery", Unit: number.BytesEach, Of: protocolPerDelivery},
	{Name: "protocol bandwidth per client", Unit: number.BitRate, Of: protocolPerClient},
	{Name: "clients per core", Unit: number.Ratio, Of: clientsPerCore},
	{Name: "polls per core", Unit: number.PerSecond, Of: pollsPerCore},
	{Name: "deliveries per answer", Unit: number.Ratio, Of: deliveriesPerAnswer},
	{Name: "delivery latency, p95", Unit: number.Seconds, Of: p95},
	{Name: "delivery latency, maximum", Unit: number.Seconds, Of: func(t *result.Trial) float64 { return metric.Quantile(t.Latency, metric.Maximum) }},
	{Name: "poll response, p99", Unit: number.Seconds, Of: func(t *result.Trial) float64 { return metric.Quantile(t.PollResponse, metric.P99) }},
	{Name: "poll response, maximum", Unit: number.Seconds, Of: func(t *result.Trial) float64 { return metric.Quantile(t.PollResponse, metric.Maximum) }},
	{Name: "poll service, p99", Unit: number.Seconds, Of: func(t *result.Trial) float64 { return metric.Quantile(t.PollService, metric.P99) }},
	{Name: "poll service, maximum", Unit: number.Seconds, Of: func(t *result.Trial) float64 { return metric.Quantile(t.PollService, metric.Maximum) }},
	{Name: "freeze less 1 % of the window", Unit: number.Seconds, Of: freezeBound},
}

// paperUnits print what is not in the unit of the number it was made from.
var paperUnits = map[string]func(float64) string{
	"×":                   func(v float64) string { return number.Plain(v) + "×" },
	"bytes per minute":    func(v float64) string { return number.BytesEach.Format(v) + "/min" },
	"clients":             number.Ratio.Format,
	"seconds":             number.Seconds.Format,
	"Mbit/s of 2^20 bits": func(bits float64) string { return number.Significant(bits/(1<<20)) + " Mbit/s" },
}

func paperNumber(name string) metric.Metric {
	for _, m := range paperNumbers {
		if m.Name == name {
			return m
		}
	}
	panic("no claim can be about the number " + name)
}

// publicationOf is what a scenario measures again; ok is false where that is nothing.
func publicationOf(scenario string) (p publication, ok bool) {
	source, err := scenarios.FS.ReadFile("published/" + scenario + ".yaml")
	if err != nil {
		return publication{}, false
	}
	if err := yaml.Load(source, &p, yaml.WithKnownFields()); err != nil {
		panic(fmt.Sprintf("published/%s.yaml: %v", scenario, err))
	}
	return p, true
}

// published is the table of published and measured figures, and the reasons
// why they differ: both empty where nothing was published.
func published(r *trials.Point) (document.Table, []string) {
	p, ok := publicationOf(r.Head.Scenario)
	if !ok {
		return document.Table{}, nil
	}
	t := document.Table{Head: document.Texts("what", "published", "measured")}
	notes := []string{p.Source + ". " + p.Setting}
	if len(r.Head.Flags) > 0 {
		notes = append(notes, "Flags have changed the scenario ("+strings.Join(r.Head.Flags, " ")+"): what was published may not bear comparison with it.")
	}
	for _, c := range p.Claims {
		t.Rows = append(t.Rows, append(document.Texts(c.What, c.Published), c.measured(r)))
		if c.Why != "" {
			notes = append(notes, fmt.Sprintf("“%s”: %s", c.What, c.Why))
		}
	}
	return t, notes
}

// measured is the run's number, with the worst stamp of the transports that it
// comes from.
func (c claim) measured(r *trials.Point) document.Cell {
	v, stamp := c.Measured.in(r)
	if c.Over != nil {
		by, other := c.Over.in(r)
		v = metric.Over(v, by)
		if stamp == result.Valid || other == result.Invalid {
			stamp = other
		}
	}
	if math.IsNaN(v) {
		return document.Text(document.Dash)
	}
	if c.Times != 0 {
		v *= c.Times
	}
	text := paperNumber(c.Measured.Number).Unit.Format(v)
	if print := paperUnits[c.Unit]; print != nil {
		text = print(v)
	}
	cell := document.Number(text, v)
	if stamp != result.Valid {
		cell.Stamp, cell.Warning = "⚠ "+string(stamp), true
	}
	return cell
}

// in is the median over the transport's trials, NaN without any, and their stamp.
func (o operand) in(r *trials.Point) (float64, result.Validity) {
	for i := range r.Sides {
		if s := &r.Sides[i]; s.Transport == o.Transport && len(s.Used) > 0 {
			m := paperNumber(o.Number)
			return m.Cell(s.Used).Value, s.Stamp
		}
	}
	return math.NaN(), result.Valid
}

// freezeBound is the least p99 of responses by arithmetic, where the server was
// stopped: who polls 1 % of the window before the stop's end waits that long.
func freezeBound(t *result.Trial) float64 {
	if t.Asked.FreezeS == 0 {
		return math.NaN()
	}
	return t.Asked.FreezeS - 0.01*t.WindowS
}

// bytesPerMinute is what passes between the server and one client in a minute,
// both ways.
func bytesPerMinute(t *result.Trial) float64 {
	return metric.Over(float64(t.Bytes.In+t.Bytes.Out)*60, float64(t.Clients)*t.WindowS)
}

// protocolBytes is all that is neither text nor its JSON, both ways: NaN where
// the layers were not counted.
func protocolBytes(t *result.Trial) float64 {
	in, out := t.Bytes.Layers.In, t.Bytes.Layers.Out
	if in.Sum() == 0 && out.Sum() == 0 && t.Bytes.In+t.Bytes.Out > 0 {
		return math.NaN()
	}
	return float64(in.Protocol + out.Protocol)
}

// protocolPerRequest is the protocol's bytes of a request and its answer.
func protocolPerRequest(t *result.Trial) float64 {
	return metric.Over(1, float64(t.Requests.Total)) * protocolBytes(t)
}

// protocolPerDelivery is the protocol's bytes for each message that reaches a
// client.
func protocolPerDelivery(t *result.Trial) float64 {
	return metric.Over(1, float64(t.WindowDeliveries)) * protocolBytes(t)
}

// protocolPerClient is the protocol's bit/s of one client.
func protocolPerClient(t *result.Trial) float64 {
	return metric.Over(8, float64(t.Clients)*t.WindowS) * protocolBytes(t)
}

// clientsPerCore is how many clients one core of the server would carry if its
// CPU went on growing with the clients: clients ÷ cores used.
func clientsPerCore(t *result.Trial) float64 {
	return metric.Over(float64(t.Clients), metric.CpuShare.Of(t))
}

// pollsPerCore is how many polls a second one core of the server would answer,
// by the same arithmetic.
func pollsPerCore(t *result.Trial) float64 {
	return metric.Over(metric.Polls(t)/t.WindowS, metric.CpuShare.Of(t))
}

// p95 is of the whole histogram: the summary has none.
func p95(t *result.Trial) float64 {
	h, err := result.DecodeHistogram(t.LatencyHDR)
	if err != nil || !result.Enough(h.TotalCount(), 0.95) {
		return math.NaN()
	}
	return float64(h.ValueAtQuantile(95)) / 1e9
}

// deliveriesPerAnswer is how many messages an answer of Socket.IO over polling
// brings that brings any. Messages posted are answered by 200 as polls are, and
// are left out.
func deliveriesPerAnswer(t *result.Trial) float64 {
	return metric.Over(float64(t.WindowDeliveries), metric.Polls(t)-float64(t.Requests.Empty+t.WindowPublished))
}
