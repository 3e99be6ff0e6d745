package nulltarget_test

import (
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
	"gotest.tools/v3/assert"

	"github.com/pollpush/pollpush/internal/nulltarget"
	"github.com/pollpush/pollpush/internal/testkit/audience"
	"github.com/pollpush/pollpush/internal/transport"
	"github.com/pollpush/pollpush/loadgen"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func serve(t *testing.T, c nulltarget.Config) (url string) {
	t.Helper()
	s := nulltarget.New(c)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	assert.NilError(t, err)
	served := make(chan error, 1)
	go func() { served <- s.Serve(l) }()
	t.Cleanup(func() {
		assert.Check(t, errors.Join(s.Close(), <-served))
	})
	return "http://" + l.Addr().String()
}

// person is a client of some transport.
type person struct {
	t *testing.T
	*audience.Client
}

func dial(t *testing.T, tr transport.Transport, target loadgen.Target) *person {
	t.Helper()
	target.Room = "lobby"
	return &person{t, audience.Meet(t, tr.Name, target)}
}

func (p *person) publish(from, to int) {
	p.t.Helper()
	for n := from; n <= to; n++ {
		assert.NilError(p.t, p.Publish(textOf(n)), "message %d", n)
	}
}

func textOf(n int) string { return fmt.Sprintf("~message %d~ :-) \\u00e9 \\\" 100%% é", n) }

// until takes deliveries up to the last of an id.
func (p *person) until(last uint64) (all []audience.Delivery) {
	p.t.Helper()
	for d := range p.Heard {
		all = append(all, d)
		if d.ID == last {
			return all
		}
	}
	p.t.Fatalf("the connection ended after %d deliveries, before id %d", len(all), last)
	return nil
}

func ids(all []audience.Delivery) (ids []uint64) {
	for _, d := range all {
		ids = append(ids, d.ID)
	}
	return ids
}

func each(t *testing.T, f func(t *testing.T, tr transport.Transport)) {
	for _, tr := range transport.All() {
		t.Run(tr.Name, func(t *testing.T) {
			t.Parallel()
			f(t, tr)
		})
	}
}

// Of each ten messages the second is lost, the fourth comes twice and the
// sixth after the seventh, to whoever listens and by whatever transport.
func TestFaultsAreThoseAskedFor(t *testing.T) {
	each(t, func(t *testing.T, tr transport.Transport) {
		url := serve(t, nulltarget.Config{Delay: 20 * time.Millisecond, Fault: nulltarget.Every(10, 10, 10)})
		ada, bob := dial(t, tr, loadgen.Target{URL: url, Publishes: true}), dial(t, tr, loadgen.Target{URL: url})
		begun := time.Now()
		ada.publish(1, 20)
		want := []uint64{1, 3, 4, 4, 5, 7, 6, 8, 9, 10, 11, 13, 14, 14, 15, 17, 16, 18, 19, 20}
		for _, p := range []*person{ada, bob} {
			all := p.until(20)
			got := ids(all)
			assert.Check(t, slices.Equal(got, want), "ids %v, want %v", got, want)
			for _, d := range all {
				if d.Text != textOf(int(d.ID)) {
					t.Errorf("message %d is %q, want %q", d.ID, d.Text, textOf(int(d.ID)))
				}
			}
			after := all[0].Seen.Sub(begun)
			assert.Check(t, after >= 20*time.Millisecond, "the first one came after %v, all are delayed by 20 ms", after)
		}
	})
}

// What is held against the chat must share no mistake with it.
func TestSharesNothingWithTheChat(t *testing.T) {
	list := exec.Command("go", "list", "-deps", "github.com/pollpush/pollpush/internal/nulltarget")
	list.Stderr = os.Stderr
	deps, err := list.Output()
	assert.NilError(t, err)
	for _, shared := range []string{"internal/chat", "server", "server/wire", "server/socketio", "loadgen"} {
		assert.Check(t, !strings.Contains(string(deps), "github.com/pollpush/pollpush/"+shared+"\n"), "the null target links %s", shared)
	}
}

// Without faults every message comes once and in order; a client that comes
// back with its cursor gets what it has missed.
func TestHistoryFollowsTheCursor(t *testing.T) {
	each(t, func(t *testing.T, tr transport.Transport) {
		url := serve(t, nulltarget.Config{})
		ada := dial(t, tr, loadgen.Target{URL: url, Publishes: true})
		ada.publish(1, 300)
		got := ids(ada.until(300))
		assert.Check(t, len(got) == 300 && slices.IsSorted(got), "ids %v", got)
		bob := dial(t, tr, loadgen.Target{URL: url, After: 290})
		if got, want := ids(bob.until(300)), []uint64{291, 292, 293, 294, 295, 296, 297, 298, 299, 300}; !slices.Equal(got, want) {
			t.Errorf("after 290: ids %v, want %v", got, want)
		}
	})
}

// What would come while the target stalls comes when that is over.
func TestStall(t *testing.T) {
	const at, stall = 0, 300 * time.Millisecond
	each(t, func(t *testing.T, tr transport.Transport) {
		url := serve(t, nulltarget.Config{StallAt: at, Stall: stall})
		ada := dial(t, tr, loadgen.Target{URL: url, Publishes: true})
		begun := time.Now()
		ada.publish(1, 3)
		for _, d := range ada.until(3) {
			after := d.Seen.Sub(begun)
			assert.Check(t, after >= at+stall, "message %d came after %v, within the stall of %v", d.ID, after, stall)
		}
	})
}

func TestCopies(t *testing.T) {
	each(t, func(t *testing.T, tr transport.Transport) {
		url := serve(t, nulltarget.Config{Copies: 2})
		ada := dial(t, tr, loadgen.Target{URL: url, Publishes: true})
		ada.publish(1, 2)
		all := ada.until(4)
		if got, want := ids(all), []uint64{1, 2, 3, 4}; !slices.Equal(got, want) || all[0].Text != all[1].Text || all[2].Text != all[3].Text {
			t.Errorf("got %v", all)
		}
	})
}

// What is no message is refused, and the connection stays.
func TestRefusals(t *testing.T) {
	each(t, func(t *testing.T, tr transport.Transport) {
		url := serve(t, nulltarget.Config{})
		ada := dial(t, tr, loadgen.Target{URL: url, Publishes: true})
		err := ada.Publish(`", "text": 1, "": "`)
		answer, ok := errors.AsType[*loadgen.AnswerError](err)
		assert.Check(t, ok && answer.Status == 400, "a text that is no string: %v, want a refusal by 400", err)
		ada.publish(1, 1)
		got := ids(ada.until(1))
		assert.Check(t, len(got) == 1, "ids %v", got)
	})
}

// A server that is closed leaves nothing running, whatever its clients wait for.
func TestCloseEndsEveryWait(t *testing.T) {
	each(t, func(t *testing.T, tr transport.Transport) {
		url := serve(t, nulltarget.Config{Delay: time.Hour})
		dial(t, tr, loadgen.Target{URL: url, Publishes: true}).publish(1, 1)
	})
}
