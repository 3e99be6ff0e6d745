package control

import (
	"math"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"gotest.tools/v3/assert"

	"github.com/pollpush/pollpush/internal/faultproxy"
	"github.com/pollpush/pollpush/internal/result"
	"github.com/pollpush/pollpush/internal/transport"
)

// 25 ms on the way to the server and 25 ms back are 50 ms of every delivery:
// nobody's is shorter, and the median moves by just that. A message finds every
// request that waits for news armed: that of the one before is back at the
// server after 75 ms, and the next comes after 100.
func TestADelayMovesEveryPushMedian(t *testing.T) {
	t.Parallel()
	const way = 25 * time.Millisecond
	for _, tr := range transport.All() {
		if tr.Paced {
			continue
		}
		t.Run(tr.Name, func(t *testing.T) {
			t.Parallel()
			measure := func(delay time.Duration) result.Trial {
				trial := measureOne(t, proxied(t, throughProxy(t, faultproxy.Faults{Delay: delay}), tr.Name, 20, 5, 10))
				if trial.Delivered != trial.Expected || trial.Expected != 400 || trial.Lost != 0 {
					t.Fatalf("expected %d deliveries, delivered %d, lost %d; want 400", trial.Expected, trial.Delivered, trial.Lost)
				}
				if least := leastOf(t, trial.LatencyHDR); least < 2*delay-delay/250 { // a histogram has three digits
					t.Errorf("a delivery took %v, the two ways take %v", least, 2*delay)
				}
				return trial
			}
			// What disturbs a median adds to it: the least of several is the truest.
			calm, plain, delayed := true, math.Inf(1), math.Inf(1)
			for range tries {
				a, b := measure(0), measure(way)
				plain, delayed = min(plain, *a.Latency.P50), min(delayed, *b.Latency.P50)
				moved := 1000 * (delayed - plain)
				t.Logf("the median moved by %.2f ms, from %.2f ms", moved, 1000*plain)
				if moved >= 47 && moved <= 53 {
					return
				}
				calm = calm && undisturbed(t, &a) && undisturbed(t, &b)
			}
			assert.Check(t, !calm, "the median never moved by 50 ± 3 ms in %d tries", tries)
		})
	}
}

// undisturbed reports whether nothing doubts a trial's timing, and logs what does.
func undisturbed(t *testing.T, trial *result.Trial) bool {
	calm := true
	for _, r := range trial.Reasons {
		if r.Kind().Timing {
			t.Logf("the machine was busy: %s", r.Text)
			calm = false
		}
	}
	return calm
}

// Connections that are reset are counted, each of them, and nothing is lost or
// seen twice: clients come back with their cursors.
func TestResetConnectionsAreCounted(t *testing.T) {
	t.Parallel()
	const clients, resets = 20, 5
	for _, name := range []string{"poll", "longpoll", "sse", "ws", "socketio-polling", "socketio-ws"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var done atomic.Int64
			// Amid what is sent to some of the clients.
			proxy := throughProxy(t, faultproxy.Faults{ResetAfter: func(connection int) int64 {
				if connection >= 10 && done.Add(1) <= resets {
					return 3000
				}
				return 0
			}})
			trial := measureOne(t, proxied(t, proxy, name, clients, 2, 20))
			proxy.Close()
			got := trial.Connections.Lost
			assert.Check(t, got == resets, "%d connections are said to be lost, %d were reset: %v", got, resets, trial.Reasons)
			n := proxy.Counts(ofTrial).Connections
			assert.Check(t, trial.Totals.Connections == n, "%d connections are said to be opened, the proxy counted %d", trial.Totals.Connections, n)
			if trial.Connections.Held < clients {
				t.Errorf("%d connections are held: not all of %d clients are back", trial.Connections.Held, clients)
			}
			// Who publishes has nowhere to publish to until it is back.
			if trial.Published == 0 || trial.Expected != trial.Published*clients || trial.Delivered != trial.Expected || trial.Lost != 0 || trial.Duplicated != 0 {
				t.Errorf("%d published, %d expected, %d delivered, %d lost, %d duplicated",
					trial.Published, trial.Expected, trial.Delivered, trial.Lost, trial.Duplicated)
			}
			if !slices.ContainsFunc(trial.Reasons, func(r result.Reason) bool { return r.Code == result.LostConnections }) {
				t.Errorf("nothing is said of lost connections: %v", trial.Reasons)
			}
		})
	}
}
