package foreign

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"

	"gotest.tools/v3/assert"

	"github.com/pollpush/pollpush/internal/result"
)

// BenchmarkBroadcast reports what it costs a server, in CPU, to hand one of 10
// messages a second to one of 1,000 clients: ours over plain WebSocket and over
// Socket.IO, and beside it the official Socket.IO server in Node and a Go library
// for Socket.IO (zishang520/socket.io). They take turns, so that what changes on
// the machine changes for all of them; it is their ratios that hold on other
// machines.
func BenchmarkBroadcast(b *testing.B) {
	needNode(b)
	library := buildLibrary(b)
	var plain, ours, nodes, librarys float64
	for i := range b.N {
		plain += cost(b, fmt.Sprint("ws-", i), "ws", nil)
		ours += cost(b, fmt.Sprint("socketio-", i), "socketio-ws", nil)
		node := example(b)
		nodes += cost(b, fmt.Sprint("node-", i), "socketio-ws", node)
		node.terminate()
		if library != "" {
			server := serving(b, launch(b, library))
			librarys += cost(b, fmt.Sprint("library-", i), "socketio-ws", server)
			server.terminate()
		}
	}
	n := float64(b.N)
	b.ReportMetric(0, "ns/op") // the trials' length, which is fixed
	b.ReportMetric(plain/n, "ws-µs/delivery")
	b.ReportMetric(ours/n, "socketio-µs/delivery")
	b.ReportMetric(nodes/n, "node-µs/delivery")
	b.ReportMetric(ours/plain, "socketio/ws")
	b.ReportMetric(nodes/ours, "node/socketio")
	if library != "" {
		b.ReportMetric(librarys/n, "library-µs/delivery")
		b.ReportMetric(librarys/ours, "library/socketio")
	}
}

// buildLibrary builds the server on the Go library, a module of its own, and
// returns its path; "" where it cannot be had, such as without a network.
func buildLibrary(b *testing.B) string {
	b.Helper()
	path := filepath.Join(b.TempDir(), "zishang")
	build := exec.Command("go", "build", "-o", path, ".")
	build.Dir = "zishang"
	if output, err := build.CombinedOutput(); err != nil {
		b.Logf("measured without the Go library, which cannot be built: %v: %s", err, output)
		return ""
	}
	return path
}

// cost runs one trial and returns the server's CPU for a delivery, in µs.
func cost(b *testing.B, name, transport string, target *chatserver) float64 {
	b.Helper()
	dir := b.TempDir()
	args := []string{"run", "short", "--transports", transport, "--clients", "1000", "--rate", "10/s", "--arrivals", "constant",
		"--ramp-up", "3s", "--warm-up", "2s", "--steady", "10s", "--time-limit", "1s", "--out", name}
	if target != nil {
		args = append(args, "--target", target.url, "--target-pid", strconv.Itoa(target.pid))
	}
	run := exec.Command(program(b, "pollpush"), args...)
	run.Dir = dir
	output, err := run.CombinedOutput()
	assert.NilError(b, err, "%v: an invalid trial says nothing about cost:\n%s", err, output)
	trials, err := result.ReadDir(filepath.Join(dir, name))
	assert.Assert(b, err == nil && len(trials) == 1 && trials[0].WindowDeliveries != 0 && trials[0].Lost <= 0, "%v:\n%s", err, output)
	return 1e6 * trials[0].Server.CPUS() / float64(trials[0].WindowDeliveries)
}
