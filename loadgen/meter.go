package loadgen

import (
	"github.com/pollpush/pollpush/internal/result"
	"github.com/pollpush/pollpush/loadgen/internal/client"
	"github.com/pollpush/pollpush/loadgen/internal/loop"
)

// meter is what a loop and its clients have counted.
type meter struct {
	*loop.Traffic
	client.Counts
}

type counts struct {
	client.Counts
	bytes      result.Bytes
	held       int64 // connections
	heldUS, at int64 // for how long, all of them together, and until when: µs
}

func (m *meter) read() counts {
	us, at := m.HeldUS()
	return counts{Counts: m.Counts, bytes: m.bytes(), held: m.Held, heldUS: us, at: at}
}

func (m *meter) bytes() (b result.Bytes) {
	b.In, b.Out = m.BytesIn, m.BytesOut
	b.Layers.In, b.Layers.Out = layers(m.In, m.TLSIn, b.In), layers(m.Out, m.TLSOut, b.Out)
	return b
}

// layers is what all bytes of one direction are made of. Protocol is not counted
// but what remains: what has been read and not been understood yet, or cannot be,
// is in it.
func layers(known client.Layers, tls, all int64) result.Layer {
	r := result.Layer{Text: known.Text, Envelope: known.Envelope, Compression: known.Compression, TLS: tls}
	r.Protocol = all - r.Sum()
	return r
}

// Totals is what has passed so far. Requests are counted as they are sent.
func (m *meter) Totals() result.Totals {
	return result.Totals{
		Requests: m.Requests, Connections: m.Opened,
		FramesIn: m.FramesIn, FramesOut: m.FramesOut,
		BytesIn: m.BytesIn, BytesOut: m.BytesOut,
	}
}

// settle gives what an earlier count has more of than a later one, of TLS and
// then of protocol, to the layers that grew meanwhile: those bytes had been read
// by then, and not been understood yet.
func settle(l *result.Layer, later result.Layer) {
	sealed := max(0, l.TLS-later.TLS)
	l.TLS -= sealed
	l.Protocol += sealed
	for _, grown := range [...]struct {
		from *int64
		to   int64
	}{
		{&l.Text, later.Text},
		{&l.Envelope, later.Envelope},
		{&l.TLS, later.TLS},
		{&l.Compression, later.Compression},
	} {
		n := max(0, min(l.Protocol-later.Protocol, grown.to-*grown.from))
		*grown.from += n
		l.Protocol -= n
	}
}
