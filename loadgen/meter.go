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
	held                 atomic.Int64
	requests, unanswered atomic.Int64
	empty                atomic.Int64
	byStatus             [600]atomic.Int64
	in, out              layer
}

// layer counts what one direction's bytes are made of. What is in none of
// these is protocol.
type layer struct{ text, envelope, compression, tls atomic.Int64 }

func (l *layer) read(all int64) result.Layer {
	r := result.Layer{
		Text: l.text.Load(), Envelope: l.envelope.Load(), Compression: l.compression.Load(), TLS: l.tls.Load(),
	}
	r.Protocol = all - r.Sum()
	return r
}

// counts is what a Meter had counted at one instant.
type counts struct {
	bytes                result.Bytes
	framesIn, framesOut  int64
	opened, failed, lost int64
	held                 int64
	requests             int64 // sent
	unanswered           int64 // requests that failed before an answer came
	empty                int64
	byStatus             map[int]int64
}

func (m *Meter) read() counts {
	c := counts{
		bytes:    result.Bytes{In: m.bytesIn.Load(), Out: m.bytesOut.Load()},
		framesIn: m.framesIn.Load(), framesOut: m.framesOut.Load(),
		opened: m.opened.Load(), failed: m.failed.Load(), lost: m.lost.Load(),
		held: m.held.Load(), requests: m.requests.Load(), unanswered: m.unanswered.Load(),
		empty: m.empty.Load(), byStatus: map[int]int64{},
	}
	c.bytes.Layers = result.Layers{In: m.in.read(c.bytes.In), Out: m.out.read(c.bytes.Out)}
	for status := range m.byStatus {
		if n := m.byStatus[status].Load(); n > 0 {
			c.byStatus[status] = n
		}
	}
	return c
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
