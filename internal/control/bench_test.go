package control

import (
	"flag"
	"path/filepath"
	"testing"
	"time"

	"gotest.tools/v3/assert"

	"github.com/pollpush/pollpush/internal/result"
	"github.com/pollpush/pollpush/internal/scenario"
)

var benchClients = flag.Int("clients", 5000, "clients of the benchmarks")

// BenchmarkTransport reports what one operation costs either side, from whole
// trials with real processes: CPU per delivery (push: 4 messages/s to every
// client) or per poll (each client once a second), and memory per client.
func BenchmarkTransport(b *testing.B) {
	for _, c := range []struct {
		transport, operation string
		rate                 float64
		operations           func(*result.Trial) int64
	}{
		{"ws", "delivery", 4, func(t *result.Trial) int64 { return t.WindowDeliveries }},
		{"poll", "poll", 1, func(t *result.Trial) int64 { return t.Requests.ByStatus["200"] }},
	} {
		b.Run(c.transport, func(b *testing.B) {
			s := scenario.Scenario{
				Name: "bench", Transports: []string{c.transport}, Clients: *benchClients, Rooms: 1, Trials: b.N, Seed: 1, Payload: 200,
				Publish: scenario.Publish{Rate: c.rate, Arrivals: "constant", Publishers: 10},
				Poll:    scenario.Poll{Interval: time.Second},
				Phases:  scenario.Phases{RampUp: 5 * time.Second, WarmUp: 2 * time.Second, Steady: 10 * time.Second, Drain: 3 * time.Second},
				Server:  scenario.Server{History: 1000, Batch: 50 * time.Millisecond},
			}
			trials, err := Run(b.Context(), Options{
				Arm:  Arm{Chatserver: chatserver, Dir: filepath.Join(b.TempDir(), "run"), Commit: "bench"},
				Grid: scenario.Single(s), Loadgen: shardProgram, Progress: b.Output(),
			})
			assert.NilError(b, err)
			var generator, server, generatorMemory, serverMemory float64
			for _, t := range trials {
				assert.Assert(b, t.Validity != result.Invalid, "an invalid trial says nothing about cost: %v", t.Reasons)
				n := float64(c.operations(&t)) * float64(len(trials))
				generator += 1e6 * t.Generator.CPUS() / n
				server += 1e6 * t.Server.CPUS() / n
				clients := float64(t.Clients) * float64(len(trials)) * 1024
				generatorMemory += float64(t.Generator.RSSMeanBytes) / clients
				serverMemory += float64(t.Server.RSSStartBytes-t.Server.RSSIdleBytes) / clients
			}
			b.ReportMetric(0, "ns/op") // the trial's length, which is fixed
			b.ReportMetric(generator, "generator-µs/"+c.operation)
			b.ReportMetric(server, "server-µs/"+c.operation)
			b.ReportMetric(generatorMemory, "generator-KiB/client")
			b.ReportMetric(serverMemory, "server-KiB/client")
		})
	}
}
