package calibration

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/pollpush/pollpush/internal/control"
	"github.com/pollpush/pollpush/internal/proc"
	"github.com/pollpush/pollpush/internal/quantity"
	"github.com/pollpush/pollpush/internal/result"
	"github.com/pollpush/pollpush/internal/scenario"
	"github.com/pollpush/pollpush/internal/transport"
)

// Options is what measuring needs.
type Options struct {
	Nulltarget string // path of the program
	Loadgen    string // path of the program
	Commit     string // of pollpush
	Confirm    int    // trials at half of the largest load
	Quick      bool   // shorter and coarser: to see that all works
	Progress   io.Writer
}

// bench measures one transport.
type bench struct {
	Options
	transport transport.Transport
	dir       string // for the results of its trials, which are not kept
	trials    int
}

// Measure measures one transport. It first has faults that are known given
// back; that they are not is a *[Mismatch]. Where the light load did nothing,
// there is no telling where to begin, and that is an error too.
func Measure(ctx context.Context, o Options, of transport.Transport) (Transport, error) {
	t := Transport{Name: of.Name, Measured: time.Now().UTC(), Commit: o.Commit, Operation: Delivery, Quick: o.Quick}
	if of.Paced {
		t.Operation = Poll
	}
	dir, err := os.MkdirTemp("", "pollpush-calibrate-")
	if err != nil {
		return t, err
	}
	defer os.RemoveAll(dir)
	b := &bench{Options: o, transport: of, dir: dir}
	if err := b.faults(ctx); err != nil {
		return t, err
	}
	for _, l := range b.lights() {
		f, err := b.light(ctx, l)
		if err != nil {
			return t, err
		}
		t.Floors = append(t.Floors, f)
	}
	// The first is small enough for any machine.
	if t.Floors[0].PerS == 0 || t.Floors[0].CPU == 0 {
		return t, fmt.Errorf("%s: the light load made %.0f operations per second at %v s of CPU each, but both must be above 0 (%s): calibrate again when the machine is idle",
			of.Name, t.Floors[0].PerS, t.Floors[0].CPU, strings.Join(t.Floors[0].Doubts, "; "))
	}
	if t.Largest, err = b.largest(ctx, 1/t.Floors[0].CPU); err != nil {
		return t, err
	}
	t.Confirmed, err = b.confirm(ctx, t.Largest.PerS/2)
	return t, err
}

// Duration is about how long Measure takes, if nothing has to be repeated.
func Duration(o Options, of transport.Transport) time.Duration {
	b := &bench{Options: o, transport: of}
	probes, heavy := mostProbes, b.heavy(1)
	if o.Quick {
		probes = quickProbes
	}
	all := heavy.Trial() + time.Duration(probes+o.Confirm)*(heavy.Trial()-heavy.Phases.Drain) // the first is about that of the faults
	for _, l := range b.lights() {
		all += l.Trial() - l.Phases.Drain // which ends when all has arrived
	}
	return all
}

func (b *bench) say(format string, args ...any) {
	fmt.Fprintf(b.Progress, b.transport.Name+": "+format+"\n", args...)
}

// scenario is what all trials have in common: one room, into which some of the
// clients publish.
func (b *bench) scenario(clients, publishers int, rate float64) scenario.Scenario {
	s := scenario.Scenario{
		Name: "calibration", Transports: []string{b.transport.Name}, Clients: clients, Rooms: 1, Trials: 1, Seed: 1, Payload: 200,
		TimeLimit: time.Second, // so that none is repeated
	}
	s.Publish = scenario.Publish{Rate: rate, Arrivals: "constant", Publishers: publishers}
	s.Poll.Interval = time.Second
	s.Phases = scenario.Phases{RampUp: 300 * time.Millisecond, WarmUp: time.Second, Steady: 2 * time.Second, Drain: 3 * time.Second}
	if b.Quick {
		s.Phases.WarmUp, s.Phases.Steady, s.Phases.Drain = 500*time.Millisecond, time.Second, 2*time.Second
	}
	return s
}

// run runs a scenario's trials against a null target of its own.
func (b *bench) run(ctx context.Context, s scenario.Scenario, flags ...string) ([]result.Trial, error) {
	if s.TLS {
		flags = append(flags, "--tls")
	}
	target, err := proc.Start(b.Nulltarget, append(flags, "--exit-with-stdin")...)
	if err != nil {
		return nil, &control.Refusal{Err: fmt.Errorf("the null target could not be started: %w", err)}
	}
	defer func() {
		target.Stdin.Close()
		target.WaitOrKill(5 * time.Second) // how it ends tells nothing of the generator
		target.Stdout.Close()
	}()
	var line struct {
		URL         string `json:"url"`
		Certificate string `json:"certificate"`
	}
	if err := json.NewDecoder(target.Stdout).Decode(&line); err != nil {
		return nil, &control.Refusal{Err: fmt.Errorf("the null target did not print its address: %w; it printed: %s", err, target.Log())}
	}
	b.trials++
	trials, err := control.Run(ctx, control.Options{
		Arm:  control.Arm{Target: line.URL, TargetPID: target.Pid(), Dir: filepath.Join(b.dir, strconv.Itoa(b.trials)), Commit: b.Commit},
		Grid: scenario.Single(s), TargetCA: line.Certificate, Loadgen: b.Loadgen, Progress: io.Discard,
		NoLock: true, // the folder is its own
	})
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	return trials, err
}

// one runs one trial.
func (b *bench) one(ctx context.Context, s scenario.Scenario, flags ...string) (result.Trial, error) {
	trials, err := b.run(ctx, s, flags...)
	if err != nil {
		return result.Trial{}, err
	}
	return trials[0], nil
}

// The light loads: little enough that nothing waits for anything but for the
// messages of a room, which are written one after the other. In the first, each
// client that is pushed to has a room of its own, into which it publishes: a
// message is written to one client only, so that the target has little to do for it.
const (
	lightClients  = 100 // that are pushed to, and as many rooms
	lightRate     = 5.0 // messages per second and room
	lightPollers  = 200 // that poll, in one room
	lightInterval = 100 * time.Millisecond
	lightSteady   = 6 * time.Second
	roomRate      = 10_000 // deliveries per second, in one room
	roomSteady    = 3 * time.Second
	knownDelay    = 5 * time.Millisecond
)

// Clients of the light loads of one room; and how many connect in a second, of
// which with TLS only a part do.
var roomClients = []int{100, 1000, 10_000}

const (
	joins    = 2500
	tlsJoins = 1000
)

// lights are the light loads, those with TLS last.
func (b *bench) lights() (all []scenario.Scenario) {
	for _, secured := range []bool{false, true} {
		s := b.scenario(lightClients, 1, lightRate)
		s.Rooms = lightClients
		if b.transport.Paced { // few messages, as it is polls that are counted
			s = b.scenario(lightPollers, 1, 1)
			s.Poll.Interval = lightInterval
		}
		if s.TLS = secured; !b.Quick {
			s.Phases.Steady = lightSteady
		}
		all = append(all, s)
		for _, clients := range roomClients {
			if b.Quick || b.transport.Paced && clients < lightPollers {
				continue
			}
			rate, each := float64(roomRate)/float64(clients), joins
			if b.transport.Paced {
				rate = 1
			}
			s := b.scenario(clients, 1, rate)
			if s.TLS = secured; secured {
				each = tlsJoins
			}
			s.Phases.RampUp = max(s.Phases.RampUp, time.Duration(clients)*time.Second/time.Duration(each))
			s.Phases.Steady = roomSteady
			all = append(all, s)
		}
	}
	return all
}

// light measures the floor, and what an operation costs, at one light load.
func (b *bench) light(ctx context.Context, s scenario.Scenario) (Floor, error) {
	f := Floor{TLS: s.TLS, Clients: s.Clients, Rooms: s.Rooms, Doubts: []string{}}
	if !b.transport.Paced {
		f.DelayS = knownDelay.Seconds() // which delays messages, not answers
	}
	name := fmt.Sprintf("%s in %s", quantity.Of(s.Clients, "client"), quantity.Of(s.Rooms, "room"))
	if s.TLS {
		name += ", TLS"
	}
	if have := control.Env().NoFile; have < int64(s.Clients)+tooFewFiles {
		f.Doubts = append(f.Doubts, fmt.Sprintf("%s: a process may hold only %d descriptors: raise the limit (ulimit -n)", name, have))
		return f, nil
	}
	flags := []string{"--delay", knownDelay.String()}
	trial, err := b.one(ctx, s, flags...)
	if err == nil && !sound(&trial) { // by chance, perhaps
		b.say("%s: %s; repeating", name, why(&trial))
		var again result.Trial
		if again, err = b.one(ctx, s, flags...); holds(&again) || !holds(&trial) {
			trial = again
		}
	}
	if err != nil {
		return f, err
	}
	for _, r := range trial.Reasons {
		f.Doubts = append(f.Doubts, name+": "+r.Text)
	}
	if n := b.operations(&trial); n > 0 && trial.WindowS > 0 {
		f.PerS, f.CPU = float64(n)/trial.WindowS, trial.Generator.CPUS()/float64(n)
	}
	if f.Quantiles = floor(&trial, b.transport.Paced); f.Quantiles == nil {
		b.say("%s: %s; the floor is not known", name, why(&trial))
		return f, nil
	}
	b.say("%s, %.0f/s: floor %s (p50), %.1f µs of generator CPU per operation", name, f.PerS, control.Latency(f.Quantiles.P50), 1e6*f.CPU)
	return f, nil
}

// tooFewFiles are the descriptors that a process needs beside its clients'.
const tooFewFiles = 200

// sound reports whether a trial holds, and nobody was in its way.
func sound(t *result.Trial) bool { return holds(t) && !disturbed(t) }

// floor is what a light load's trial tells of the generator: what its polls
// took, or its deliveries less the known delay. It is nil of a trial that is
// not sound.
func floor(t *result.Trial, paced bool) *result.Quantiles {
	switch {
	case !sound(t):
		return nil
	case paced:
		return t.PollResponse
	}
	return less(t.Latency, knownDelay.Seconds())
}

// operations is how many there were in the steady state.
func (b *bench) operations(t *result.Trial) int64 {
	if b.transport.Paced {
		return t.Requests.Answered()
	}
	return t.WindowDeliveries
}

// less takes a known part off all quantiles.
func less(q *result.Quantiles, by float64) *result.Quantiles {
	if q == nil {
		return nil
	}
	take := func(v *float64) *float64 {
		if v == nil {
			return nil
		}
		return new(*v - by)
	}
	return &result.Quantiles{P50: take(q.P50), P90: take(q.P90), P99: take(q.P99), P999: take(q.P999), Max: q.Max - by, Mean: q.Mean - by, N: q.N}
}

// confirm runs trials at a load that should be a healthy one.
func (b *bench) confirm(ctx context.Context, perS float64) (*Confirmed, error) {
	if b.Confirm == 0 || perS == 0 {
		return nil, nil
	}
	s := b.heavy(perS)
	s.Trials = b.Confirm
	trials, err := b.run(ctx, s)
	if err != nil {
		return nil, err
	}
	c := &Confirmed{PerS: perS, Trials: len(trials)}
	for _, t := range trials {
		if t.Validity == result.Valid {
			c.Valid++
		} else {
			b.say("%.0f/s: %s: %s", perS, t.Validity, why(&t))
		}
	}
	b.say("%.0f/s, half of the largest load: %d of %d trials are valid", perS, c.Valid, c.Trials)
	return c, nil
}

// Mismatch says that the instrument did not give back what was known.
type Mismatch struct {
	Transport string
	Text      string // each number that differs
}

func (m *Mismatch) Error() string {
	return fmt.Sprintf("%s: known faults were not reported exactly: %s; no number of this build can be trusted", m.Transport, m.Text)
}

// The faults that are known: of each row of messages one is lost, one comes
// twice, and one after its successor.
const (
	faultClients  = 20
	faultRow      = 10
	faultRate     = 100 // messages per second, so that ten rows or more fall into a second
	faultDelay    = 40 * time.Millisecond
	faultMessages = faultRate // in the steady state of one second
)

// faults has known faults given back.
func (b *bench) faults(ctx context.Context) error {
	s := b.scenario(faultClients, 1, faultRate) // one publisher: ids are in the order of the schedule
	s.Poll.Interval = 100 * time.Millisecond
	s.Phases.WarmUp, s.Phases.Steady = 500*time.Millisecond, time.Second
	s.Phases.Drain = 2 * time.Second // all of which passes, as something is lost
	row := strconv.Itoa(faultRow)
	trial, err := b.one(ctx, s, "--delay", faultDelay.String(), "--lose", row, "--again", row, "--swap", row)
	if err != nil {
		return err
	}
	if text := differences(&trial); text != "" {
		return &Mismatch{b.transport.Name, text}
	}
	const each = faultMessages / faultRow * faultClients
	b.say("%d lost, %d duplicated and %d reordered of %d deliveries are reported exactly", each, each, each, faultMessages*faultClients)
	return nil
}

// differences lists what a trial reports otherwise than it is known to be, or
// nothing.
func differences(t *result.Trial) string {
	if t.Status != result.Complete {
		return fmt.Sprintf("the trial is %s: %s", t.Status, why(t))
	}
	const all, each = faultMessages * faultClients, faultMessages / faultRow * faultClients
	var texts []string
	for _, n := range []struct {
		name        string
		found, want int64
	}{
		{"offered", t.Offered, faultMessages},
		{"published", t.Published, faultMessages},
		{"expected", t.Expected, all},
		{"lost", t.Lost, each},
		{"duplicated", t.Duplicated, each},
		{"reordered", t.Reordered, each},
		{"delivered", t.Delivered, all}, // as many twice as never
	} {
		if n.found != n.want {
			texts = append(texts, fmt.Sprintf("%s %d, but the target made %d", n.name, n.found, n.want))
		}
	}
	if h, err := result.DecodeHistogram(t.LatencyHDR); err != nil {
		texts = append(texts, err.Error())
	} else if least := time.Duration(h.Min()); least < faultDelay-faultDelay/500 { // a histogram has three digits
		texts = append(texts, fmt.Sprintf("a delivery after %v, but the target delays by %v", least, faultDelay))
	}
	return strings.Join(texts, "; ")
}
