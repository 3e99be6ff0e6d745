package result

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/netip"
	"net/url"
	"strings"
)

// Env is where a trial ran.
type Env struct {
	Go          string `json:"go"`
	Commit      string `json:"commit"` // of pollpush, or the version installed; "-dirty" marks uncommitted changes
	OS          string `json:"os"`
	Kernel      string `json:"kernel"`
	CPUModel    string `json:"cpu_model"`
	Cores       int    `json:"cores"`
	MemoryBytes int64  `json:"memory_bytes"`
	NoFile      int64  `json:"nofile"` // descriptors that one process may hold
	Target      string `json:"target,omitempty"`
	Command     string `json:"command,omitempty"` // that started the target for the trial

	// What the control groups of pollpush, and of all that it starts, allow of the
	// machine; absent where they do not limit it.
	CPUQuota         float64 `json:"cpu_quota_cores,omitempty"`
	QuotaShared      bool    `json:"cpu_quota_shared,omitempty"` // the server is under the same quota
	MemoryLimitBytes int64   `json:"memory_limit_bytes,omitempty"`
	// Throttling is of the steady state; absent without a quota.
	Throttling *Throttling `json:"cpu_throttling,omitempty"`

	// Disturbance in the steady state, in cores: 0.1 is a tenth of one core.
	StealCores   float64   `json:"steal_cores"`
	ForeignCores *float64  `json:"foreign_cores"`      // taken by processes that are not the trial's; null where the server's process is not known
	Watching     *Watching `json:"-"`                  // nil where nobody had the live page open; only the texts of reasons speak of it
	CPUPressure  *float64  `json:"cpu_pressure_share"` // PSI "some", null where the kernel has none
	ClockDrift   *float64  `json:"clock_drift_share"`  // of CLOCK_MONOTONIC against the raw clock: 1e-6 is a microsecond in each second
	ClockStepS   *float64  `json:"clock_step_s"`       // of the wall clock against CLOCK_MONOTONIC
}

// Watching is what it took to show the live page on the machine of the trial.
type Watching struct {
	Cores float64 // of the foreign ones, at least; 0 where that cannot be told
}

// said continues a sentence on what other processes used, so many cores.
func (w *Watching) said(foreign float64) string {
	const remedy = ": open the page on another machine, or run without --live"
	switch {
	case w == nil:
		return ""
	case w.Cores < 0.01:
		return "; the live page was open, and its browser may be the cause if it runs on this machine" + remedy
	}
	text := fmt.Sprintf(", at least %.2f of them for watching, by the browser that shows the live page on this machine", w.Cores)
	if w.Cores >= foreign/2 {
		text += remedy
	}
	return text
}

// Throttling is how often the CPU quota was used up, so that all processes under
// it stood still until the end of its period.
type Throttling struct {
	Periods    int64   `json:"periods"`     // in which there was something to do
	Throttled  int64   `json:"throttled"`   // of these, in which the quota was used up
	ThrottledS float64 `json:"throttled_s"` // time for which they stood still, summed over cores
}

// Machine is the fingerprint of what a trial ran on: only between equal ones
// are times compared.
func (e Env) Machine() string {
	const gib = 1 << 30
	is := fmt.Appendf(nil, "%s|%s|%s|%d|%d|%s", e.OS, e.Kernel, e.CPUModel, e.Cores, (e.MemoryBytes+gib/2)/gib, e.Go)
	if e.CPUQuota > 0 || e.MemoryLimitBytes > 0 {
		is = fmt.Appendf(is, "|%.2f|%d", e.CPUQuota, e.MemoryLimitBytes)
	}
	sum := sha256.Sum256(is)
	return hex.EncodeToString(sum[:6])
}

// Outlives reports whether the server was there before the trial, and still
// holds what earlier trials have left.
func (e Env) Outlives() bool { return e.Target != "" && e.Command == "" }

// TargetIsLocal reports whether what was measured is on the machine of the
// trial: a server of the trial's own, or a target at a loopback address.
func (e Env) TargetIsLocal() bool {
	if e.Target == "" {
		return true
	}
	u, err := url.Parse(e.Target)
	if err != nil {
		return false
	}
	addr, err := netip.ParseAddr(u.Hostname())
	return strings.EqualFold(u.Hostname(), "localhost") || err == nil && addr.IsLoopback()
}
