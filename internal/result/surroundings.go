package result

import "math"

// judgeSurroundings checks what else the machine was doing.
func (t *Trial) judgeSurroundings() {
	if c := t.Env.StealCores; c > maxDisturbance {
		t.Doubt(Steal, Suspect, "the hypervisor took %.2f cores (%.2f is allowed)", c, maxDisturbance)
	}
	if c := t.Env.ForeignCores; c != nil && *c > maxDisturbance {
		t.Doubt(ForeignCPU, Suspect, "other processes used %.2f cores (%.2f is allowed)", *c, maxDisturbance)
	}
	t.judgeThrottling()
	t.judgePressure()
	t.judgeClock()
}

// judgeThrottling checks how often the CPU quota was used up. What falls due while
// all stand still waits for the period's end: a share of the periods can reach no
// more than that share of the latencies.
func (t *Trial) judgeThrottling() {
	h := t.Env.Throttling
	if h == nil || h.Periods == 0 {
		return
	}
	share := float64(h.Throttled) / float64(h.Periods)
	who := "the generator"
	if t.Env.QuotaShared {
		who = "server and generator"
	}
	t.doubtBeyond(CPUThrottled, share, noticeThrottled, maxThrottled, "the CPU quota of %.3g cores was used up in %d of %d periods (%.0f %%; %.0f %% is allowed, beyond %.0f %% the trial is invalid): %s had to wait until each ended; raise the quota, or reduce the load",
		t.Env.CPUQuota, h.Throttled, h.Periods, 100*share, 100*noticeThrottled, 100*maxThrottled, who)
}

// checkLimits: no more periods are throttled than there are.
func (t *Trial) checkLimits(must must) {
	if h := t.Env.Throttling; h != nil {
		must(h.Throttled <= h.Periods, "cpu_throttling: %d of %d periods", h.Throttled, h.Periods)
	}
}

// judgePressure compares the time in which tasks waited for a CPU with what the
// trial's own processes explain. Where the cost of a server on this machine is
// not known, it cannot be told from that of other processes.
func (t *Trial) judgePressure() {
	p := t.Env.CPUPressure
	if p == nil || t.Env.Cores == 0 || t.Server == nil && t.Env.TargetIsLocal() {
		return
	}
	busy := t.busy()
	if limit := busy + maxPressure; *p > limit {
		t.Doubt(CPUPressure, Suspect, "tasks waited for a CPU for %.0f %% of the time (%.0f %% is allowed, as the trial itself kept the cores busy for %.0f %%): other processes interfered",
			100**p, 100*limit, 100*busy)
	}
}

// busy is the share for which the trial's own processes kept the cores busy, or,
// if larger, the quota: a task that waits for its quota waits for a CPU, to the
// kernel. A server outside of the quota uses none of it.
func (t *Trial) busy() float64 {
	limited, server := t.Generator.CPUS()/t.WindowS, 0.0
	if t.Server != nil && t.Env.TargetIsLocal() {
		server = t.Server.CPUS() / t.WindowS
	}
	busy := (limited + server) / float64(t.Env.Cores)
	if t.Env.QuotaShared {
		limited += server
	}
	if t.Env.CPUQuota > 0 {
		busy = max(busy, limited/t.Env.CPUQuota)
	}
	return busy
}

// judgeClock checks whether the measuring clock ran at the right rate.
func (t *Trial) judgeClock() {
	if d := t.Env.ClockDrift; d != nil && math.Abs(*d) > maxDrift {
		t.Doubt(ClockDrift, Suspect, "the monotonic clock and the raw clock diverged by %.0f ppm (%.0f is allowed, the most that NTP corrects): every duration is wrong by that share", 1e6**d, 1e6*maxDrift)
	}
}
