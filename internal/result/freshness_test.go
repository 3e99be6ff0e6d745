package result

import (
	"testing"
	"time"
)

func TestCheckFreshness(t *testing.T) {
	shares := func(mean, most float64, n int64) func(*Trial) {
		return func(t *Trial) { t.StaleShareClients = &Quantiles{Mean: mean, Max: most, N: n} }
	}
	legs := func(messages, deliveries int64) func(*Trial) {
		return func(trial *Trial) {
			accept, leg := histogram(t, time.Millisecond, messages), histogram(t, 399*time.Millisecond, deliveries)
			trial.AcceptLatency, trial.AcceptLatencyHDR = Summarize(accept), textOf(t, accept)
			trial.DeliveryLeg, trial.DeliveryLegHDR = Summarize(leg), textOf(t, leg)
		}
	}
	for _, c := range []struct {
		name   string
		change func(*Trial) // two clients, a stale share of 0.5, 1000 messages, 2000 deliveries
		want   string
	}{
		{"both clients", shares(.5, .7, 2), ""},
		{"one that never joined", shares(1, 1, 1), ""},
		{"another mean", shares(.4, .7, 2), "stale_share = 0.5, but the clients' mean is 0.4"},
		{"one too many", shares(1.0/3, .7, 3), "stale shares of 3 clients, but there are 2"},
		{"more than all of the time", shares(.5, 1.1, 2), "stale_share_clients.max = 1.1: must be from 0, the value below it, to 1"},

		{"both legs", legs(1000, 2000), ""},
		{"messages that reached nobody", legs(990, 2000), ""},
		{"a delivery without its leg", legs(1000, 1999), "the legs of 1999 deliveries, but there are 2000"},
		{"more accepted than offered", legs(1001, 2000), "1001 messages accepted of 1000 offered"},
		{"one leg", func(t *Trial) { legs(1000, 2000)(t); t.DeliveryLeg, t.DeliveryLegHDR = nil, "" }, "one leg of the deliveries without the other"},
		{"percentiles alone", func(t *Trial) { legs(1000, 2000)(t); t.AcceptLatencyHDR = "" }, "accept_latency_hdr: percentiles without their histogram"},
		{"a leg's text alone", func(t *Trial) { t.DeliveryLegHDR = "AAAA" }, "delivery_leg_hdr: is not a histogram: unexpected EOF"},
	} {
		wantCheck(t, c.name, c.want, c.change)
	}
}
