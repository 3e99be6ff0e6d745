package loop

import (
	"bytes"
	"cmp"
	"crypto/tls"
	"crypto/x509"
	"math/rand/v2"
	"net"
	"net/netip"
	"slices"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
	"golang.org/x/sys/unix"
	"gotest.tools/v3/assert"

	"github.com/pollpush/pollpush/internal/certificate"
	"github.com/pollpush/pollpush/internal/clock"
	"github.com/pollpush/pollpush/internal/testkit"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// start runs a loop until the test's end.
func start(t *testing.T) *Loop {
	t.Helper()
	l, err := New()
	assert.NilError(t, err)
	ran := make(chan error, 1)
	go func() { ran <- l.Run() }()
	t.Cleanup(func() {
		l.Do(func() {
			for _, c := range l.conns {
				if c != nil {
					c.Close()
				}
			}
			l.Stop()
		})
		assert.Check(t, <-ran)
	})
	return l
}

// on calls f on the loop, and waits for it.
func (l *Loop) on(f func()) {
	done := make(chan struct{})
	l.Do(func() { defer close(done); f() })
	<-done
}

// traffic is what has been counted so far.
func (l *Loop) traffic() (t Traffic) {
	l.on(func() { t = l.Traffic })
	return t
}

// addressOf is where to connect to a listener.
func addressOf(l net.Listener) *Address {
	return &Address{To: []netip.AddrPort{netip.MustParseAddrPort(l.Addr().String())}, Patience: testkit.Patience}
}

// serve has every connection to the address served by f, by TLS or in the clear,
// and then closed.
func serve(t *testing.T, secure bool, f func(net.Conn)) *Address {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	assert.NilError(t, err)
	a := addressOf(l)
	var own tls.Certificate
	if secure {
		var text string
		own, text, err = certificate.New("127.0.0.1")
		assert.NilError(t, err)
		a.TLS = &TLS{Name: "127.0.0.1", Roots: x509.NewCertPool()}
		a.TLS.Roots.AppendCertsFromPEM([]byte(text))
	}
	var serving sync.WaitGroup
	serving.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			if secure {
				c = tls.Server(&holding{Conn: c}, &tls.Config{Certificates: []tls.Certificate{own}, DynamicRecordSizingDisabled: true})
			}
			serving.Go(func() { defer c.Close(); f(c) })
		}
	})
	t.Cleanup(serving.Wait)
	t.Cleanup(func() { l.Close() })
	return a
}

// holding is a connection that keeps what is written to it, once it is on.
type holding struct {
	net.Conn
	bytes.Buffer
	on bool
}

func (h *holding) Read(p []byte) (int, error) { return h.Conn.Read(p) }

func (h *holding) Write(p []byte) (int, error) {
	if h.on {
		return h.Buffer.Write(p)
	}
	return h.Conn.Write(p)
}

// both runs a test in the clear and by TLS.
func both(t *testing.T, f func(t *testing.T, secure bool)) {
	t.Run("clear", func(t *testing.T) { f(t, false) })
	t.Run("TLS", func(t *testing.T) { f(t, true) })
}

// peer is a handler that passes on what it hears.
type peer struct {
	take func(c *Conn, b []byte) (used, need int) // nil takes all
	up   chan *Conn
	got  chan string
	over chan ending
}

type ending struct {
	rest string
	err  error
}

func newPeer() *peer {
	return &peer{up: make(chan *Conn, 10), got: make(chan string, 1000), over: make(chan ending, 10)}
}

func (p *peer) Connected(c *Conn) { p.up <- c }

func (p *peer) Received(c *Conn, b []byte) (used, need int) {
	if p.take != nil {
		return p.take(c, b)
	}
	p.got <- string(b)
	return len(b), 0
}

func (p *peer) Ended(_ *Conn, rest []byte, err error) { p.over <- ending{string(rest), err} }

// await receives until all of want has come.
func (p *peer) await(t *testing.T, want string) {
	t.Helper()
	for got := ""; got != want; {
		select {
		case b := <-p.got:
			got += b
			assert.Assert(t, len(got) <= len(want), "received %q, want %q", got, want)
		case e := <-p.over:
			t.Fatalf("ended with %v after %q, want %q", e.err, got, want)
		}
	}
}

// dial connects a peer.
func (l *Loop) dial(t *testing.T, p *peer, a *Address) *Conn {
	t.Helper()
	l.Do(func() { l.Dial(p, a) })
	select {
	case c := <-p.up:
		return c
	case e := <-p.over:
		t.Fatalf("not connected: %v", e.err)
	}
	return nil
}

// The alarms are what sorting them makes of them, in whatever order they are set
// and go off.
func TestAlarmsAreSorted(t *testing.T) {
	for seed := range uint64(100) {
		random := rand.New(rand.NewPCG(seed, 0))
		var h alarms
		var want []int64
		for range 500 {
			if len(want) > 0 && random.IntN(3) == 0 {
				assert.Assert(t, h.pop().at == want[0], "seed %d", seed)
				want = want[1:]
				continue
			}
			at := random.Int64N(200)
			h.push(alarm{at: at})
			i, _ := slices.BinarySearch(want, at)
			want = slices.Insert(want, i, at)
		}
		for _, at := range want {
			assert.Assert(t, h.pop().at == at, "seed %d", seed)
		}
	}
}

type woken struct{ set, at, now int64 }

type wakers struct{ woken chan woken }

func (w wakers) Wake(at int64, what int) { w.woken <- woken{int64(what), at, clock.Now()} }

// Alarms go off in order, each with what it was set for, and never early.
func TestAlarmsGoOff(t *testing.T) {
	const n = 500
	l, w := start(t), wakers{make(chan woken, n)}
	l.on(func() {
		for range n {
			in := rand.N(100 * time.Millisecond)
			l.At(clock.Now()+int64(in), w, int(in))
		}
	})
	var all []woken
	for range n {
		all = append(all, <-w.woken)
	}
	for _, a := range all {
		assert.Check(t, a.now >= a.at && a.at > a.set, "%+v", a)
	}
	assert.Check(t, slices.IsSortedFunc(all, func(a, b woken) int { return cmp.Compare(a.at, b.at) }))
}

// What goroutines ask for is done, in the order in which each asks, and after the
// end at once.
func TestDo(t *testing.T) {
	const goroutines, n = 8, 1000
	l, err := New()
	assert.NilError(t, err)
	ran := make(chan error, 1)
	go func() { ran <- l.Run() }()
	var done [goroutines][]int
	var asking sync.WaitGroup
	for g := range goroutines {
		asking.Go(func() {
			for i := range n {
				l.Do(func() { done[g] = append(done[g], i) })
			}
		})
	}
	asking.Wait()
	l.Do(l.Stop)
	assert.NilError(t, <-ran)
	for g := range done {
		assert.Check(t, len(done[g]) == n && slices.IsSorted(done[g]), "goroutine %d: %v", g, done[g])
	}

	var others []int // one of which has the number that the loop was woken by
	for range 16 {
		fd, err := unix.Eventfd(0, unix.EFD_NONBLOCK)
		assert.NilError(t, err)
		defer unix.Close(fd)
		others = append(others, fd)
	}
	called := false
	l.Do(func() { called = true })
	assert.Check(t, called)
	for _, fd := range others {
		_, err := unix.Read(fd, make([]byte, 8))
		assert.Check(t, err == unix.EAGAIN, "the loop wrote to a descriptor that is not its own any more")
	}
}
