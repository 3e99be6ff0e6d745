package result

import "math"

// checkFreshness compares the clients' stale shares with their mean over all
// clients, of which those that never joined count as 0, and the two legs
// against the deliveries that they are of.
func (t *Trial) checkFreshness(must must) {
	if q := t.StaleShareClients; q != nil {
		must(q.N <= int64(t.Clients), "stale shares of %d clients, but there are %d", q.N, t.Clients)
		if all := q.Mean * float64(q.N) / float64(t.Clients); t.Clients > 0 {
			must(math.Abs(all-t.StaleShare) < 1e-6, "stale_share = %v, but the clients' mean is %v", t.StaleShare, all)
		}
	}
	must((t.AcceptLatency == nil) == (t.DeliveryLeg == nil), "one leg of the deliveries without the other")
	if t.DeliveryLeg != nil && t.AcceptLatency != nil {
		var n int64
		if t.Latency != nil {
			n = t.Latency.N
		}
		must(t.DeliveryLeg.N == n, "the legs of %d deliveries, but there are %d", t.DeliveryLeg.N, n)
		must(t.AcceptLatency.N <= t.Offered, "%d messages accepted of %d offered", t.AcceptLatency.N, t.Offered)
	}
}
