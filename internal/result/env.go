package result

import (
	"net/netip"
	"net/url"
)

// UsableCores are those that the trial's processes may use together; 0 is unknown.
func (e Env) UsableCores() float64 {
	if e.CPUQuota > 0 {
		return min(e.CPUQuota, float64(e.Cores))
	}
	return float64(e.Cores)
}

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
	return u.Hostname() == "localhost" || err == nil && addr.IsLoopback()
}
