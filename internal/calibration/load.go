package calibration

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strconv"
	"time"

	"github.com/pollpush/pollpush/internal/result"
	"github.com/pollpush/pollpush/internal/scenario"
)

// The heavy load: as many clients, and more messages or polls.
const (
	heavyClients    = 200  // that are pushed to, in one room
	heavyPublishers = 50   // of them, since each sends one message at a time
	heavyPollers    = 2000 // that poll, at an interval that lateness is held against
	closeEnough     = 1.2  // between the largest load and the least invalid one
	mostProbes      = 8
	lastProbes      = 3 // of these, that see whether the load found holds again
	quickProbes     = 3
)

// heavy is a scenario of so many operations per second.
func (b *bench) heavy(perS float64) scenario.Scenario {
	if !b.transport.Paced {
		return b.scenario(heavyClients, heavyPublishers, perS/heavyClients)
	}
	s := b.scenario(heavyPollers, 1, 1)
	s.Poll.Interval = time.Duration(heavyPollers / perS * float64(time.Second))
	return s
}

// Where the search begins: at so many times what a core of the generator's has
// time for at the cost of a light load. At a heavy one fewer wake-ups serve more
// polls; and of deliveries only one in as many as there are clients comes with
// a message to publish, as each of the light load does.
const (
	firstPolls      = 2
	firstDeliveries = 10
)

// largest finds the largest load at which trials hold. PerCore is how many
// operations per second a core of the generator's has time for at what each
// costs at a light load.
func (b *bench) largest(ctx context.Context, perCore float64) (Largest, error) {
	clients, first := heavyClients, round(firstDeliveries*perCore)
	if b.transport.Paced {
		clients, first = heavyPollers, round(firstPolls*perCore)
	}
	probes, last := mostProbes, lastProbes
	if b.Quick {
		probes, last = quickProbes, 2
	}
	l, err := search(first, probes, last, func(load float64) (result.Trial, error) { return b.probe(ctx, load) })
	l.Clients = clients
	return l, err
}

// search finds the largest load at which two probes hold. A first load is
// doubled until one does not, or halved until it does, and then the gap is
// halved. The load that is found so, once the gap is narrow or only the last
// probes are left, is probed again, and lowered while it does not hold.
func search(load float64, probes, last int, probe func(load float64) (result.Trial, error)) (Largest, error) {
	var l Largest
	var t result.Trial
	held := 0.0                // the largest load that held, once
	times := map[float64]int{} // that a load has held
	holdsAt := func(load float64) (ok bool, err error) {
		if t, err = probe(load); err != nil {
			return false, err
		}
		if holds(&t) {
			times[load]++
			return true, nil
		}
		l.Invalid, l.Side, l.Reason = load, side(&t), why(&t)
		return false, nil
	}
	for ; probes > 0 && (held == 0 || probes > last && (l.Invalid == 0 || l.Invalid >= closeEnough*held)); probes-- {
		ok, err := holdsAt(load)
		if err != nil {
			return l, err
		}
		if ok {
			held = load
		}
		switch {
		case l.Invalid == 0:
			load = round(2 * load)
		case held == 0:
			load = round(load / 2)
		default:
			load = round(math.Sqrt(held * l.Invalid))
		}
	}
	for ; probes > 0; probes-- {
		switch ok, err := holdsAt(held); {
		case err != nil:
			return l, err
		case !ok:
			held = round(held / closeEnough)
		case times[held] == 2:
			l.PerS, l.GeneratorCores, l.TargetCores = held, cores(&t.Generator, &t), cores(t.Server, &t)
			return l, nil
		}
	}
	return l, nil
}

// probe runs one trial at a load. One that does not hold while others were
// using the machine is run once more.
func (b *bench) probe(ctx context.Context, load float64) (result.Trial, error) {
	for attempt := 1; ; attempt++ {
		t, err := b.one(ctx, b.heavy(load))
		if err != nil {
			return t, err
		}
		state := "holds"
		if !holds(&t) {
			state = why(&t)
		}
		b.say("%.0f/s: %s (generator %.2f cores, target %.2f)", load, state, cores(&t.Generator, &t), cores(t.Server, &t))
		if holds(&t) || !disturbed(&t) || attempt == 2 || b.Quick {
			return t, nil
		}
	}
}

// round rounds to two digits.
func round(v float64) float64 {
	rounded, err := strconv.ParseFloat(strconv.FormatFloat(v, 'e', 1, 64), 64)
	if err != nil {
		panic(err) // of what has just been formatted
	}
	return rounded
}

// disturbed reports whether others were using the machine, which is no matter of
// the load.
func disturbed(t *result.Trial) bool {
	return slices.ContainsFunc(t.Reasons, func(r result.Reason) bool { return r.Kind().Noise })
}

// holds reports whether a trial is valid, but for what others did to the
// machine without making it invalid.
func holds(t *result.Trial) bool {
	return t.Status == result.Complete && !slices.ContainsFunc(t.Reasons, func(r result.Reason) bool {
		return r.Validity == result.Invalid || !r.Kind().Noise && !r.Kind().Incidental
	})
}

// why is the first of a trial's worst reasons.
func why(t *result.Trial) string {
	for _, r := range t.Reasons {
		if r.Validity == t.Validity {
			return r.Text
		}
	}
	return fmt.Sprintf("%s, %s", t.Status, t.Validity)
}

// side reports whose limit made a trial invalid: the generator's where it is
// found saturated, nobody's here where others were using the machine, and else
// that of who used more CPU.
func side(t *result.Trial) string {
	switch {
	case slices.ContainsFunc(t.Reasons, func(r result.Reason) bool { return r.Kind().Exhausted }):
		return Generator
	case disturbed(t):
		return Others
	case t.Server != nil && t.Server.CPUS() > t.Generator.CPUS():
		return Target
	}
	return Generator
}

// cores is how many of them were in use in the steady state.
func cores(c *result.Cost, t *result.Trial) float64 {
	if c == nil || t.WindowS == 0 {
		return 0
	}
	return c.CPUS() / t.WindowS
}
