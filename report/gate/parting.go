package gate

import (
	"fmt"
	"slices"
	"strings"

	"github.com/pollpush/pollpush/report/internal/number"
)

// parting says by which keys of the scenario, or which transports, two runs
// differ that have nothing in common, as far as their trials show; it is empty
// where they do not.
func parting(b, n *measured) string {
	was, is := b.points[0].Head, n.points[0].Head
	if was.ScenarioHash == is.ScenarioHash {
		return fmt.Sprintf(" (transports: %s, and %s)", strings.Join(b.points[0].Transports(), ", "), strings.Join(n.points[0].Transports(), ", "))
	}
	var out []string
	for _, key := range []struct {
		name   string
		of, to any
	}{
		{"clients", was.Clients, is.Clients},
		{"rooms", was.Asked.Rooms, is.Asked.Rooms},
		{"payload", was.Asked.PayloadBytes, is.Asked.PayloadBytes},
		{"publish.rate", was.Asked.PublishRate, is.Asked.PublishRate},
		{"publish.arrivals", was.Asked.Arrivals, is.Asked.Arrivals},
		{"publish.publishers", was.Asked.Publishers, is.Asked.Publishers},
		{"poll.interval", was.Asked.PollIntervalS, is.Asked.PollIntervalS},
		{"phases.warm_up", was.Asked.WarmUpS, is.Asked.WarmUpS},
		{"phases.steady", was.Asked.SteadyS, is.Asked.SteadyS},
		{"tls", was.Asked.TLS, is.Asked.TLS},
	} {
		if key.of != key.to {
			out = append(out, fmt.Sprintf("%s: %v, and %v", key.name, key.of, key.to))
		}
	}
	if !slices.Equal(was.Flags, is.Flags) {
		out = append(out, fmt.Sprintf("flags: %s, and %s", number.Or(strings.Join(was.Flags, " "), "none"), number.Or(strings.Join(is.Flags, " "), "none")))
	}
	if len(out) == 0 {
		return ""
	}
	return " (" + strings.Join(out, "; ") + ")"
}
