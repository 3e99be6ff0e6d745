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
	loadgen.Client
	got chan delivery
}

type delivery struct {
	id   uint64
	text string
	seen time.Time
}

func dial(t *testing.T, tr transport.Transport, target loadgen.Target) *person {
	t.Helper()
	target.Meter, target.Room, target.User = &loadgen.Meter{}, "lobby", "ada"
	c, err := loadgen.Dialers[tr.Name](t.Context(), target)
	if err != nil {
		t.Fatalf("%s: %v", tr.Name, err)
	}
	p := &person{t: t, Client: c, got: make(chan delivery, 1000)}
	go p.listen()
	t.Cleanup(func() {
		c.Close()
		for range p.got { // until listen has ended
		}
	})
	return p
}

// listen receives until the connection ends; who polls does so as fast as it can.
func (p *person) listen() {
	defer close(p.got)
	poller, polls := p.Client.(loadgen.Poller)
	for {
		if polls && poller.Poll() != nil {
			return
		}
		ds, err := p.Receive()
		for _, d := range ds {
			p.got <- delivery{d.ID, string(d.Text), time.Now()}
		}
		if err != nil {
			return
		}
	}
}

func (p *person) publish(from, to int) {
	p.t.Helper()
	for n := from; n <= to; n++ {
		assert.NilError(p.t, p.Publish(textOf(n)), "message %d", n)
	}
}

func textOf(n int) string { return fmt.Sprintf("~message %d~ :-) \\u00e9 \\\" 100%% é", n) }

// until takes deliveries up to the last of an id.
func (p *person) until(last uint64) (all []delivery) {
	p.t.Helper()
	for d := range p.got {
		all = append(all, d)
		if d.id == last {
			return all
		}
	}
	p.t.Fatalf("the connection ended after %d deliveries, before id %d", len(all), last)
	return nil
}

func ids(all []delivery) (ids []uint64) {
	for _, d := range all {
		ids = append(ids, d.id)
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
				if d.text != textOf(int(d.id)) {
					t.Errorf("message %d is %q, want %q", d.id, d.text, textOf(int(d.id)))
				}
			}
			after := all[0].seen.Sub(begun)
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
			after := d.seen.Sub(begun)
			assert.Check(t, after >= at+stall, "message %d came after %v, within the stall of %v", d.id, after, stall)
		}
	})
}

func TestCopies(t *testing.T) {
	each(t, func(t *testing.T, tr transport.Transport) {
		url := serve(t, nulltarget.Config{Copies: 2})
		ada := dial(t, tr, loadgen.Target{URL: url, Publishes: true})
		ada.publish(1, 2)
		all := ada.until(4)
		if got, want := ids(all), []uint64{1, 2, 3, 4}; !slices.Equal(got, want) || all[0].text != all[1].text || all[2].text != all[3].text {
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
