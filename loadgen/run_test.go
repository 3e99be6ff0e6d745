package loadgen_test

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"slices"
	"testing"
	"time"

	"go.uber.org/goleak"
	"gotest.tools/v3/assert"

	"github.com/pollpush/pollpush/internal/clock"
	"github.com/pollpush/pollpush/internal/nulltarget"
	"github.com/pollpush/pollpush/internal/result"
	"github.com/pollpush/pollpush/internal/shard"
	"github.com/pollpush/pollpush/internal/transport"
	"github.com/pollpush/pollpush/loadgen"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// counted is what a run comes to, whenever things happen in it.
type counted struct {
	Joined, Stale int           // clients
	Messages      result.Counts // without what depends on when
	Got           string        // by room and message, how many clients have it
	TextIn        int64
	TextOut       int64
	Bytes, Opened int64 // where no news is asked for, and nothing compressed
	Errors        string
}

// runAll runs a plan as a controller with one shard does.
func runAll(t *testing.T, plan shard.Plan) counted {
	t.Helper()
	commands, done := make(chan shard.Command, 3), (*shard.Result)(nil)
	defer close(commands)
	var c counted
	err := loadgen.Run(t.Context(), plan, commands, func(e shard.Event) {
		switch e.Is {
		case shard.Connected:
			c.Joined = int(e.Clients)
			commands <- shard.Command{Do: shard.Start, At: clock.Now() + int64(20*time.Millisecond)}
		case shard.Published:
			commands <- shard.Command{Do: shard.Expect, Published: e.Published}
		case shard.Drained:
			commands <- shard.Command{Do: shard.Close}
		case shard.Done:
			done = e.Result
		}
	})
	assert.NilError(t, err)
	c.Stale, c.Errors = len(done.StaleShares), fmt.Sprint(done.Errors, done.FirstError)
	c.Messages = done.Counts
	c.Messages.WindowDeliveries, c.Messages.WindowPublished = 0, 0
	c.Messages.Requests, c.Messages.Connections = result.Requests{}, result.Connections{}
	got := map[string]int{}
	for _, m := range done.Messages {
		at := fmt.Sprintf("%d.%02d", m.Room, m.Seq)
		for b := m.Latencies; len(b) > 0; got[at]++ {
			_, n := binary.Uvarint(b)
			assert.Assert(t, n > 0)
			b = b[n:]
		}
	}
	c.Got = fmt.Sprint(got)
	for _, b := range done.Bytes {
		c.TextIn, c.TextOut = c.TextIn+b.Layers.In.Text, c.TextOut+b.Layers.Out.Text
		if slices.Contains([]string{"sse", "ws", "socketio-ws"}, plan.Transport) {
			c.Bytes, c.Opened = c.Bytes+b.In+b.Out, done.Connections.Opened
		}
	}
	return c
}

// However many loops share a shard's clients, they count the same.
func TestLoopsCountAlike(t *testing.T) {
	for _, tr := range transport.All() {
		t.Run(tr.Name, func(t *testing.T) {
			t.Parallel()
			var all []counted
			for _, loops := range []int{1, 3} {
				s := nulltarget.New(nulltarget.Config{Fault: nulltarget.Every(0, 10, 10)})
				l, err := net.Listen("tcp", "127.0.0.1:0")
				assert.NilError(t, err)
				served := make(chan error, 1)
				go func() { served <- s.Serve(l) }()
				all = append(all, runAll(t, shard.Plan{
					Transport: tr.Name, Servers: []string{"http://" + l.Addr().String()}, Rooms: []string{"a", "b"},
					Loops: loops, Shards: 1, Clients: 20, Publishers: 1, Rate: 40, Arrivals: loadgen.Constant, Payload: 100,
					PollInterval: 50 * time.Millisecond, PollWait: time.Second, Seed: 7, Nonce: "k3x9",
					RampStart: clock.Now(), RampUp: 20 * time.Millisecond, Steady: 500 * time.Millisecond, Drain: 2 * time.Minute,
				}))
				assert.Check(t, errors.Join(s.Close(), <-served))
			}
			one := all[0]
			assert.DeepEqual(t, one.Messages, result.Counts{Offered: 40, Sent: 40, Published: 40, Expected: 400, Delivered: 440, Duplicated: 40, Reordered: 40})
			assert.Check(t, one.Joined == 20 && one.Stale == 20 && one.Errors == "map[]", "%+v", one)
			assert.DeepEqual(t, one, all[1])
		})
	}
}
