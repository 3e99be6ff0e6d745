package report

import (
	"fmt"
	"math"
	"strings"

	"github.com/pollpush/pollpush/internal/result"
)

// publication is what somebody else has published, and a scenario of ours asks
// again.
type publication struct {
	source  string // who, when and what
	setting string // how they came by their figures, and what the scenario has in their place
	claims  []claim
}

// claim is one published figure, and how the same is taken from a run.
type claim struct {
	what      string
	published string // figure and unit, as the source has them; a dash where it has none
	print     func(float64) string
	measured  func(*reading) float64 // NaN where the run does not hold it
	why       string                 // why the two differ; empty where the row needs no word
}

// reading takes numbers from a run, and keeps how far they can be trusted.
type reading struct {
	run   *run
	stamp result.Validity // the worst of all sides that were read
}

// of is a number of one transport: the median over its trials, NaN without any.
func (g *reading) of(transport string, number func(*result.Trial) float64) float64 {
	for i := range g.run.sides {
		if s := &g.run.sides[i]; s.transport == transport && len(s.used) > 0 {
			if g.stamp == result.Valid || s.stamp == result.Invalid {
				g.stamp = s.stamp
			}
			m := metric{of: number}
			return m.cell(s.used).value
		}
	}
	return math.NaN()
}

// published sets what was published beside what the run has measured, and says
// why the two differ. Of a scenario that was not made after a publication there
// is nothing to say.
func (r *run) published() (table, []string) {
	p, ok := publications[r.head.Scenario]
	if !ok {
		return table{}, nil
	}
	t := table{head: []string{"what", "published", "measured"}}
	notes := []string{p.source + ". " + p.setting}
	if len(r.head.Flags) > 0 {
		notes = append(notes, "Flags have changed the scenario ("+strings.Join(r.head.Flags, " ")+"): what was published may not bear comparison with it.")
	}
	for _, c := range p.claims {
		g := &reading{run: r, stamp: result.Valid}
		v := c.measured(g)
		measured := c.print(v)
		if g.stamp != result.Valid && !math.IsNaN(v) {
			measured += " ⚠ " + string(g.stamp)
		}
		t.rows = append(t.rows, []string{c.what, c.published, measured})
		if c.why != "" {
			notes = append(notes, fmt.Sprintf("“%s”: %s", c.what, c.why))
		}
	}
	return t, notes
}

// publications are by the name of the scenario.
var publications = map[string]publication{
	"paper-tutorial":    tutorial,
	"paper-lubbers":     lubbers,
	"paper-vandevyvere": vanDeVyvere,
	"paper-wrk2-freeze": wrk2,
	"paper-etherpad":    etherpad,
}

// plainly reads a number of one transport as it is.
func plainly(transport string, number func(*result.Trial) float64) func(*reading) float64 {
	return func(g *reading) float64 { return g.of(transport, number) }
}

// times is the same, times a factor: arithmetic on what was measured.
func times(factor float64, transport string, number func(*result.Trial) float64) func(*reading) float64 {
	return func(g *reading) float64 { return factor * g.of(transport, number) }
}

// ratioOf divides two transports' numbers.
func ratioOf(a, b string, number func(*result.Trial) float64) func(*reading) float64 {
	return func(g *reading) float64 { return over(g.of(a, number), g.of(b, number)) }
}

// binaryMegabits prints bit/s in the megabits of 2^20 that Lubbers and Greco
// count in.
func binaryMegabits(bits float64) string {
	if math.IsNaN(bits) {
		return "–"
	}
	return significant(bits/(1<<20)) + " Mbit/s"
}

// multiple prints how many times as much.
func multiple(v float64) string {
	if math.IsNaN(v) {
		return "–"
	}
	return plain(v) + "×"
}

// bytesPerMinute is what passes between the server and one client in a minute,
// both ways.
func bytesPerMinute(t *result.Trial) float64 {
	return over(float64(t.Bytes.In+t.Bytes.Out)*60, float64(t.Clients)*t.WindowS)
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
	return over(1, float64(t.Requests.Total)) * protocolBytes(t)
}

// protocolPerDelivery is the protocol's bytes for each message that reaches a
// client.
func protocolPerDelivery(t *result.Trial) float64 {
	return over(1, float64(t.WindowDeliveries)) * protocolBytes(t)
}

// protocolPerClient is the protocol's bit/s of one client.
func protocolPerClient(t *result.Trial) float64 {
	return over(8, float64(t.Clients)*t.WindowS) * protocolBytes(t)
}

// clientsPerCore is how many clients one core of the server would carry if its
// CPU went on growing with the clients: clients ÷ cores used.
func clientsPerCore(t *result.Trial) float64 {
	return over(float64(t.Clients), cpuShare.of(t))
}

// pollsPerCore is how many polls a second one core of the server would answer,
// by the same arithmetic.
func pollsPerCore(t *result.Trial) float64 {
	return over(polls(t)/t.WindowS, cpuShare.of(t))
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
	return over(float64(t.WindowDeliveries), polls(t)-float64(t.Requests.Empty+t.WindowPublished))
}
