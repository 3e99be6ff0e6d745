package scenario

import (
	"errors"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pollpush/pollpush/scenarios"
)

// FuzzParse holds Parse to its promises: whatever it is given, it does not
// panic, accepts only values in range, and names the file or the flag in
// every fault.
func FuzzParse(f *testing.F) {
	for _, name := range append(Names(), "example") {
		src, err := scenarios.FS.ReadFile(name + ".yaml")
		if err != nil {
			f.Fatal(err)
		}
		f.Add(src, "clients", "50")
	}
	f.Add([]byte(good), "publish.rate", "1/30s")
	f.Add([]byte(good), "transports", "ws,poll")
	f.Add([]byte("a: &a [*a]\n---\n%YAML 1.1"), "seed", "-0")
	f.Add([]byte(edit("poll: {interval: 1h}")), "phases.drain", "9999999h")
	f.Fuzz(func(t *testing.T, src []byte, key, text string) {
		start := time.Now()
		s, err := parse("fuzzed.yaml", src, Override{key, text, "--flag"})
		if took := time.Since(start); took > 5*time.Second {
			t.Errorf("took %v for %d bytes", took, len(src))
		}
		if err == nil {
			inRange(t, s)
			again, err := parse("fuzzed.yaml", src, Override{key, text, "--flag"})
			if err != nil || again.Hash() != s.Hash() || len(s.Hash()) != 12 || cmp.Diff(s, again) != "" {
				t.Errorf("not the same twice: %+v, %+v, %v", s, again, err)
			}
			return
		}
		e, ok := errors.AsType[*Error](err)
		if !ok || len(e.Faults) == 0 || len(e.Faults) > faultsMost+1 {
			t.Fatalf("%T: %v", err, err)
		}
		for line := range strings.SplitSeq(err.Error(), "\n") {
			if !strings.HasPrefix(line, "scenario fuzzed.yaml:") && !strings.HasPrefix(line, "--flag") {
				t.Errorf("a fault of nothing: %q", line)
			}
		}
	})
}

func inRange(t *testing.T, s Scenario) {
	t.Helper()
	within := func(d, lo, hi time.Duration) bool { return d >= lo && d <= hi }
	for what, ok := range map[string]bool{
		"name":       s.Name == "fuzzed",
		"about":      s.About != "",
		"transports": len(s.Transports) > 0 && !slices.ContainsFunc(s.Transports, func(n string) bool { return !slices.Contains(known.Transports, n) }),
		"clients":    s.Clients >= 1 && s.Clients <= 1_000_000,
		"rooms":      s.Rooms >= 1 && s.Rooms <= s.Clients,
		"trials":     s.Trials >= 1 && s.Trials <= 1000,
		"seed":       s.Seed < 1<<53,
		"payload":    s.Payload >= PayloadMin && s.Payload <= 4096,
		"rate":       s.Publish.Rate == 0 && !math.Signbit(s.Publish.Rate) || s.Publish.Rate >= 1.0/86400 && s.Publish.Rate <= 1e7,
		"arrivals":   s.Publish.Arrivals == "poisson" || s.Publish.Arrivals == "constant",
		"publishers": s.Publish.Publishers >= 1 && s.Publish.Publishers <= s.Clients/s.Rooms,
		"interval":   within(s.Poll.Interval, 10*time.Millisecond, time.Hour),
		"ramp_up":    within(s.Phases.RampUp, 0, time.Hour),
		"warm_up":    within(s.Phases.WarmUp, 0, time.Hour),
		"steady":     within(s.Phases.Steady, time.Second, 24*time.Hour),
		"drain":      within(s.Phases.Drain, s.Poll.Interval, 2*time.Hour),
		"history":    s.Server.History >= 1 && s.Server.History <= 10_000_000,
		"shards":     s.Shards >= 0 && s.Shards <= min(1000, s.Clients),
		"time_limit": within(s.TimeLimit, time.Second, 10_000*time.Hour),
		"duration":   s.Duration() > 0,
	} {
		if !ok {
			t.Errorf("%s is out of range: %+v", what, s)
		}
	}
}
