package loadgen

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/pollpush/pollpush/internal/clock"
	"github.com/pollpush/pollpush/internal/result"
)

// Meter is the transports' only way to the network. It counts, over all the
// connections dialled through it, what passes.
type Meter struct {
	bytesIn, bytesOut    atomic.Int64
	framesIn, framesOut  atomic.Int64
	opened, failed, lost atomic.Int64
	held                 holding
	reconnects           atomic.Int64
	requests, unanswered atomic.Int64
	empty                atomic.Int64
	head                 answerHead
	byStatus             [600]atomic.Int64
	in, out              layer
	open                 open
	handshakes           atomic.Int64           // of TLS
	suite                atomic.Pointer[string] // version and cipher suite of the first of them
	deflate              atomic.Pointer[string] // what was agreed of it first, where that was not the usual
}

// counts is what a Meter had counted at one instant.
type counts struct {
	bytes                result.Bytes
	framesIn, framesOut  int64
	opened, failed, lost int64
	held                 int64
	heldUS, at           int64 // for how long, all of them together, and until when: µs
	reconnects           int64
	requests             int64 // sent
	unanswered           int64 // requests that failed before an answer came
	empty                int64
	byStatus             map[int]int64
}

func (m *Meter) read() counts {
	held, heldUS, at := m.held.read()
	c := counts{
		bytes:    m.Bytes(),
		framesIn: m.framesIn.Load(), framesOut: m.framesOut.Load(),
		opened: m.opened.Load(), failed: m.failed.Load(), lost: m.lost.Load(),
		held: held, heldUS: heldUS, at: at, reconnects: m.reconnects.Load(), requests: m.requests.Load(), unanswered: m.unanswered.Load(),
		empty: m.empty.Load(), byStatus: map[int]int64{},
	}
	for status := range m.byStatus {
		if n := m.byStatus[status].Load(); n > 0 {
			c.byStatus[status] = n
		}
	}
	return c
}

// holding is how many connections are held, and for how long they were.
type holding struct {
	sync.Mutex
	n, us int64
}

// begun is what instants of a holding are counted from: sums of them must fit.
var begun = clock.Now()

func (h *holding) now() int64 { return (clock.Now() - begun) / int64(time.Microsecond) }

// add takes in that n more are held from now on.
func (h *holding) add(n int64) {
	h.Lock()
	defer h.Unlock()
	h.n += n
	h.us -= n * h.now()
}

// read returns how many are held, and for how many µs all together until at.
func (h *holding) read() (n, us, at int64) {
	h.Lock()
	defer h.Unlock()
	at = h.now()
	return h.n, h.us + h.n*at, at
}

// Bytes are those that have passed so far.
func (m *Meter) Bytes() (b result.Bytes) {
	b.Layers.In, b.In = m.in.read(&m.bytesIn)
	b.Layers.Out, b.Out = m.out.read(&m.bytesOut)
	return b
}

// Totals is what has passed so far. Requests are counted as they are sent.
func (m *Meter) Totals() result.Totals {
	c := m.read()
	return result.Totals{
		Requests: c.requests, Connections: c.opened,
		FramesIn: c.framesIn, FramesOut: c.framesOut,
		BytesIn: c.bytes.In, BytesOut: c.bytes.Out,
	}
}
