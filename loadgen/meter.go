package loadgen

import (
	"sync/atomic"

	"github.com/pollpush/pollpush/internal/result"
)

// Meter is the transports' only way to the network. It counts, over all the
// connections dialled through it, what passes.
type Meter struct {
	bytesIn, bytesOut    atomic.Int64
	framesIn, framesOut  atomic.Int64
	opened, failed, lost atomic.Int64
	held, reconnects     atomic.Int64
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
	reconnects           int64
	requests             int64 // sent
	unanswered           int64 // requests that failed before an answer came
	empty                int64
	byStatus             map[int]int64
}

func (m *Meter) read() counts {
	c := counts{
		bytes:    m.Bytes(),
		framesIn: m.framesIn.Load(), framesOut: m.framesOut.Load(),
		opened: m.opened.Load(), failed: m.failed.Load(), lost: m.lost.Load(),
		held: m.held.Load(), reconnects: m.reconnects.Load(), requests: m.requests.Load(), unanswered: m.unanswered.Load(),
		empty: m.empty.Load(), byStatus: map[int]int64{},
	}
	for status := range m.byStatus {
		if n := m.byStatus[status].Load(); n > 0 {
			c.byStatus[status] = n
		}
	}
	return c
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
