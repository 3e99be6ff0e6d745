package result

import "math"

// judgeSurroundings looks at what else the machine was doing.
func (t *Trial) judgeSurroundings() {
	if c := t.Env.StealCores; c > maxDisturbance {
		t.Doubt(Steal, Suspect, "the hypervisor took %.2f cores away (%.2f is allowed)", c, maxDisturbance)
	}
	if c := t.Env.ForeignCores; c != nil && *c > maxDisturbance {
		t.Doubt(ForeignCPU, Suspect, "other processes used %.2f cores (%.2f is allowed)", *c, maxDisturbance)
	}
	t.judgePressure()
	t.judgeClock()
}

// judgePressure holds the time in which tasks waited for a CPU against what
// the trial's own processes explain. Where a server on this machine is not
// known, they cannot be told from others.
func (t *Trial) judgePressure() {
	p := t.Env.CPUPressure
	if p == nil || t.Env.Cores == 0 || t.Server == nil && t.Env.TargetIsLocal() {
		return
	}
	used := t.Generator.CPUS()
	if t.Server != nil && t.Env.TargetIsLocal() {
		used += t.Server.CPUS()
	}
	busy := used / t.WindowS / float64(t.Env.Cores)
	if limit := busy + maxPressure; *p > limit {
		t.Doubt(CPUPressure, Suspect, "tasks waited for a CPU for %.0f %% of the time (%.0f %% is allowed where the trial itself keeps the cores busy for %.0f %%): other processes are in its way",
			100**p, 100*limit, 100*busy)
	}
}

// judgeClock looks whether the clock that all is measured by went right.
func (t *Trial) judgeClock() {
	if d := t.Env.ClockDrift; d != nil && math.Abs(*d) > maxDrift {
		t.Doubt(ClockDrift, Suspect, "the monotonic clock and the raw one parted by %.0f ppm (%.0f is allowed, the most that NTP does): every duration is wrong by that share", 1e6**d, 1e6*maxDrift)
	}
}
