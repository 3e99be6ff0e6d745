package report

import (
	"encoding/json"
	"sync"

	"github.com/pollpush/pollpush/internal/result"
)

// cases are runs that a report has to survive, by name: fresh copies.
func cases() map[string][]result.Trial {
	out := map[string][]result.Trial{}
	if err := json.Unmarshal(allCases(), &out); err != nil {
		panic(err)
	}
	return out
}

// Drawing the samples takes seconds, and a copy does not.
var allCases = sync.OnceValue(func() []byte {
	b, err := json.Marshal(makeCases())
	if err != nil {
		panic(err)
	}
	return b
})

func makeCases() map[string][]result.Trial {
	one := usual()
	one.trials, one.calibrated = 1, false
	quiet := usual()
	quiet.rate, quiet.trials = 0, 2
	few := usual()
	few.rate, few.clients, few.steady = 0.1, 3, 10

	doubted := usual().run("poll", "ws", "sse")
	for i := range doubted {
		switch t := &doubted[i]; {
		case t.Transport == "ws" && t.Trial == 2:
			doubt(t, result.Suspect, "steal", "0.34 cores were stolen, where 0.1 is allowed")
		case t.Transport == "sse":
			doubt(t, result.Invalid, "generator_cpu", "the generator took 97 % of its CPU, where 80 % is allowed")
		case t.Transport == "poll" && t.Trial == 3:
			doubt(t, result.Invalid, "poll_late", "polls were 210 ms late (p99), where 50 ms is allowed")
		}
	}
	again := usual().trial("ws", 2)
	again.Attempt = 2
	again.Status, again.Validity = result.Failed, result.Invalid
	again.Reasons = []result.Reason{{Code: "server_died", Validity: result.Invalid, Text: "the server ended with signal: killed"}}
	doubted = append(doubted, again)

	lossy := one.run("poll", "ws")
	lossy[1].Lost, lossy[1].Delivered = 12, lossy[1].Expected-12

	invalid := one.run("poll", "ws")
	for i := range invalid {
		doubt(&invalid[i], result.Invalid, "publish_late", "messages were sent 80 ms late (p99), where 5 ms is allowed")
	}

	target := one.run("poll", "ws")
	target[1].Connections.Deflate = "permessage-deflate; server_max_window_bits=9"
	for i := range target {
		target[i].Server, target[i].Series, target[i].Env.Target = nil, nil, "https://chat.example/"
	}

	partial := one.run("poll", "ws")
	partial[1].Status, partial[1].Validity = result.Partial, result.Suspect

	frozen := one.run("poll", "ws")
	for i := range frozen {
		frozen[i].Asked.FreezeAtS, frozen[i].Asked.FreezeS = 8, 1.5
	}

	bare := []result.Trial{{Transport: "ws", Status: result.Complete, Validity: result.Valid}}

	broken := one.run("poll", "ws")
	broken[0].LatencyHDR = "not a histogram"

	return map[string][]result.Trial{
		"usual":   usual().run("poll", "ws"),
		"nine":    usual().run(nine...),
		"one":     one.run("poll", "ws"),
		"push":    usual().run("ws"),
		"polling": usual().run("poll"),
		"unpaced": one.run("sse", "ws"),
		"unknown": one.run("poll", "carrier-pigeon"),
		"quiet":   quiet.run("poll", "ws"),
		"few":     few.run("poll", "ws"),
		"doubted": doubted,
		"lossy":   lossy,
		"invalid": invalid,
		"target":  target,
		"partial": partial,
		"frozen":  frozen,
		"bare":    bare,
		"broken":  broken,
		"hostile": hostile(),
	}
}

const attack = "<script>alert(1)</script>\" style=\"x\" | `a` [x](javascript:y) \x1b[31m\n# h ](y) <svg onload=z> \u202e &amp; ]]>"

// hostile is a run whose every string would rather be something else.
func hostile() []result.Trial {
	f := usual()
	f.trials = 1
	trials := f.run("poll", "ws")
	for i := range trials {
		t := &trials[i]
		t.Run, t.Scenario, t.ScenarioHash, t.Asked.Arrivals, t.Connections.TLS, t.Connections.Deflate = attack, attack, attack, attack, attack, attack
		t.Calibration = &result.Calibration{Commit: attack}
		t.Profiles = &result.Profiles{CPU: attack, Heap: attack}
		t.Env = result.Env{Go: attack, Commit: attack, OS: attack, Kernel: attack, CPUModel: attack, Cores: 2, Target: attack}
		doubt(t, result.Suspect, attack, attack)
		for j := range t.Series {
			t.Series[j].Phase = attack
		}
	}
	trials[1].Transport = attack
	return trials
}
