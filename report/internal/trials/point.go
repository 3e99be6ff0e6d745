package trials

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/pollpush/pollpush/internal/result"
	"github.com/pollpush/pollpush/internal/transport"
	"github.com/pollpush/pollpush/report/internal/number"
)

// Point is the trials at one combination of the swept keys' values, by transport.
type Point struct {
	Label string       // "1,000 clients, 1 message/s"; empty where nothing is swept
	Head  result.Trial // any one of the trials: what they have in common
	Sides []Side       // in the theme's order
	All   []result.Trial
}

// NewPoint sorts the trials and chooses whose numbers enter. It refuses what
// cannot be one report: no trials, or those of several scenarios.
func NewPoint(trials []result.Trial) (*Point, error) {
	if len(trials) == 0 {
		return nil, errors.New("no trials to report")
	}
	all := make([]result.Trial, len(trials))
	hashes := map[string]bool{}
	for i, t := range trials {
		all[i] = cleanTrial(t)
		hashes[all[i].ScenarioHash] = true
	}
	if len(hashes) > 1 {
		return nil, fmt.Errorf("trials of %d different scenarios (hashes %s): report each run separately",
			len(hashes), strings.Join(slices.Sorted(maps.Keys(hashes)), ", "))
	}
	slices.SortStableFunc(all, func(a, b result.Trial) int {
		return cmp.Or(
			transport.Compare(a.Transport, b.Transport),
			cmp.Compare(a.Trial, b.Trial),
			cmp.Compare(a.Attempt, b.Attempt),
		)
	})
	r := &Point{All: all}
	for side := range runs(all, func(t *result.Trial) string { return t.Transport }) {
		r.Sides = append(r.Sides, newSide(side))
	}
	r.Head = all[0]
	if i := slices.IndexFunc(r.Sides, func(s Side) bool { return len(s.Used) > 0 }); i >= 0 {
		r.Head = r.Sides[i].Used[0]
	}
	return r, nil
}

// cleanTrial makes every string of a trial safe to print on a terminal: what
// a scenario or a target calls itself is not ours. Escaping for Markdown and
// HTML comes on top, at the edge.
func cleanTrial(t result.Trial) result.Trial {
	for _, s := range []*string{
		&t.Run, &t.Scenario, &t.ScenarioHash, &t.Transport, &t.Asked.Arrivals, &t.Connections.TLS, &t.Connections.Deflate,
		&t.Env.Go, &t.Env.Commit, &t.Env.OS, &t.Env.Kernel, &t.Env.CPUModel, &t.Env.Target, &t.Env.Command,
	} {
		*s = number.Clean(*s)
	}
	t.Flags = slices.Clone(t.Flags)
	for i := range t.Flags {
		t.Flags[i] = number.Clean(t.Flags[i])
	}
	t.Status, t.Validity = result.Status(number.Clean(string(t.Status))), result.Validity(number.Clean(string(t.Validity)))
	t.Reasons = slices.Clone(t.Reasons)
	for i := range t.Reasons {
		t.Reasons[i].Code, t.Reasons[i].Text = number.Clean(t.Reasons[i].Code), number.Clean(t.Reasons[i].Text)
	}
	return t
}

// Side is a transport's trials; nil where there are none.
func (r *Point) Side(transport string) *Side {
	if i := slices.IndexFunc(r.Sides, func(s Side) bool { return s.Transport == transport }); i >= 0 {
		return &r.Sides[i]
	}
	return nil
}

// Validity is the worst of all sides.
func (r *Point) Validity() result.Validity {
	v := result.Valid
	for i := range r.Sides {
		v = worse(v, r.Sides[i].Stamp)
	}
	return v
}

// Title names the run: "chat-1k: 1,000 clients, 1 message/s".
func (r *Point) Title() string {
	return number.Or(r.Head.Scenario, "unnamed scenario") + ": " + r.load(", ")
}

// Circumstances opens a sentence: "At 1,000 clients and 1 message/s".
func (r *Point) Circumstances() string { return "At " + r.load(" and ") }

// load is the clients and the messages.
func (r *Point) load(and string) string {
	a := r.Head.Asked
	s := number.Plural(float64(r.Head.Clients), "client") + and
	if a.PublishRate <= 0 {
		return s + "no messages"
	}
	s += number.Plural(a.PublishRate, "message") + "/s"
	if a.Rooms > 1 {
		s += " in each of " + number.Thousands(fmt.Sprint(a.Rooms)) + " rooms"
	}
	return s
}

// AsksAndPushes says whether some of the transports go by requests and others do
// not, all served by our own server.
func (r *Point) AsksAndPushes() bool {
	asks, pushes := false, false
	for i := range r.Sides {
		if s := &r.Sides[i]; len(s.Used) > 0 {
			requests := s.Paced() || s.Rearms()
			asks, pushes = asks || requests, pushes || !requests
		}
	}
	return asks && pushes && r.Head.Env.Target == ""
}

// Stopped is the headline of a server that was stopped on purpose, if it was.
func (r *Point) Stopped() []string {
	if stop := r.Stop(); stop != "" {
		return []string{"The server was stopped on purpose " + stop + ": the latencies include it."}
	}
	return nil
}

// Stop says for how long the server was stopped on purpose, and when; it is empty
// where it was not.
func (r *Point) Stop() string {
	a := r.Head.Asked
	if a.FreezeS <= 0 {
		return ""
	}
	return fmt.Sprintf("for %s at %s of the steady state", number.Seconds.Format(a.FreezeS), number.Seconds.Format(a.FreezeAtS))
}

// Started is when the first trial began.
func (r *Point) Started() string {
	first := slices.MinFunc(r.All, func(a, b result.Trial) int { return a.Started.Compare(b.Started) })
	return number.Instant(first.Started)
}

// Processor is the CPU, and how much of it the trials could use.
func Processor(e result.Env) string {
	text := number.Or(e.CPUModel, "unknown CPU") + ", " + number.Plural(float64(e.Cores), "core")
	if e.CPUQuota > 0 {
		text += ", a quota of " + number.Ratio.Format(e.CPUQuota)
	}
	return text
}

// MemoryOf is the memory, and how much of it the trials could use.
func MemoryOf(e result.Env) string {
	text := number.Memory.Format(float64(e.MemoryBytes)) + " of memory"
	if e.MemoryLimitBytes > 0 {
		text += ", a limit of " + number.Memory.Format(float64(e.MemoryLimitBytes))
	}
	return text
}
