package result

import (
	"net/netip"
	"net/url"
)

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
