package control

import (
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"gotest.tools/v3/assert"

	"github.com/pollpush/pollpush/internal/faultproxy"
	"github.com/pollpush/pollpush/internal/proc"
	"github.com/pollpush/pollpush/internal/scenario"
	"github.com/pollpush/pollpush/internal/transport"
)

// These tests prove the instrument by what stands between it and the server: a
// proxy that counts by itself, and whose faults are known.

// ofTrial tells a trial's connections by their first requests: its rooms are
// numbered, that in which the target is tried before is not. Who publishes by
// Socket.IO over polling posts on a connection of its own, in a session that
// another one has opened; trying does not publish.
var ofTrial = regexp.MustCompile(`^(\w+ /api/rooms/|GET /socket\.io/.*&room=)pollpush-[a-z0-9]{6}-[0-9]|^POST /socket\.io/`).MatchString

// throughProxy starts a chatserver and a proxy before it. The server's own
// counts are kept back: nothing but the load passes.
func throughProxy(t *testing.T, f faultproxy.Faults) *faultproxy.Proxy {
	t.Helper()
	server, err := proc.Start(chatserver, "--listen", "127.0.0.1:0", "--exit-with-stdin", "--deflate", "--history", "100000")
	assert.NilError(t, err)
	t.Cleanup(func() {
		assert.Check(t, server.Stop(time.Minute))
		server.Stdout.Close()
	})
	said, err := announced(t.Context(), server)
	assert.NilError(t, err)
	f.Refuse = func(request string) bool { return request == "GET /metrics" }
	proxy, err := faultproxy.Start(strings.TrimPrefix(said.URL, "http://"), f)
	assert.NilError(t, err)
	t.Cleanup(proxy.Close)
	return proxy
}

// proxied is a trial of some clients through a proxy, at a steady rate.
func proxied(t *testing.T, p *faultproxy.Proxy, transport string, clients, publishers int, rate float64) Options {
	t.Helper()
	return against(t, "http://"+p.Addr(), transport, clients, publishers, rate)
}

// against is the same against whatever listens at a URL.
func against(t *testing.T, url, transport string, clients, publishers int, rate float64) Options {
	t.Helper()
	s := scenario.Scenario{Transports: []string{transport}, Clients: clients, Payload: 200}
	s.Publish = scenario.Publish{Rate: rate, Arrivals: "constant", Publishers: publishers}
	s.Poll.Interval = 200 * time.Millisecond
	s.Poll.Wait = 25 * time.Second
	s.Phases = scenario.Phases{RampUp: 100 * time.Millisecond, WarmUp: 500 * time.Millisecond, Steady: 2 * time.Second, Drain: time.Minute} // it ends when all has arrived
	o := options(t, s)
	o.Target = url
	return o
}

// The proxy and the generator count the same: requests, connections and frames
// exactly, and bytes but for the frames that close.
func TestAProxyCountsTheSame(t *testing.T) {
	t.Parallel()
	for _, name := range transport.Names() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			proxy := throughProxy(t, faultproxy.Faults{})
			o := proxied(t, proxy, name, 20, 5, 20)
			o.Grid.Points[0].Publish.Arrivals = "poisson"
			trial := measureOne(t, o)
			proxy.Close()

			n, got := proxy.Counts(ofTrial), trial.TotalsAfter // read last before the connections are closed
			assert.Assert(t, n.Connections != 0 && n.Requests != 0 && n.Unparsed <= 0, "the proxy could not read what passed: %+v", n)
			// A ping that has not been answered may have been read, and not counted
			// yet as a frame.
			pings := n.FramesIn.Control - n.FramesOut.Control
			if more := n.FramesIn.Data + n.FramesIn.Control - got.FramesIn; more < 0 || more > max(0, pings) {
				t.Errorf("frames, in: the generator counted %d, the proxy %d, and %d pings are not answered", got.FramesIn, n.FramesIn.Data+n.FramesIn.Control, pings)
			}
			for what, c := range map[string][2]int64{
				"requests":    {got.Requests, n.Requests},
				"connections": {got.Connections, n.Connections},
				"frames, out": {got.FramesOut, n.FramesOut.Data + n.FramesOut.Control},
				// A client closes after the totals are taken: by a header of 2
				// bytes, a mask of 4 and a code of 2.
				"bytes, out": {got.BytesOut, n.BytesOut - 8*n.FramesOut.Close},
			} {
				assert.Check(t, c[0] == c[1], "%s: the generator counted %d, the proxy %d", what, c[0], c[1])
			}
			// Some of the closing frames are answered, by 4 bytes, before the connection is gone.
			more := n.BytesIn - got.BytesIn
			assert.Check(t, more >= 0 && more <= 4*n.FramesOut.Close, "bytes, in: the generator counted %d, the proxy %d", got.BytesIn, n.BytesIn)
			assert.Check(t, trial.Lost == 0 && trial.Duplicated == 0, "%d lost, %d duplicated", trial.Lost, trial.Duplicated)
			assert.Check(t, (trial.AnswerHeaders != nil) == slices.Contains(asks, name), "the head of an answer: %v", trial.AnswerHeaders)
			if t.Failed() {
				t.Logf("%+v; %v", n, trial.Reasons)
			}
			t.Logf("%d requests, %d connections, %d and %d frames, %d and %d bytes",
				got.Requests, got.Connections, got.FramesIn, got.FramesOut, got.BytesIn, got.BytesOut)
		})
	}
}
