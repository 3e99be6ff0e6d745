package loadgen

import (
	"net"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

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

// layer counts what one direction's bytes are made of. By these rules each
// byte is in one layer:
//
//   - text: the value of "text" of every message object, as it is in the
//     JSON, without its quotes: of deliveries, of what is published, and of
//     acknowledgements that repeat it, as a POST's 201 does.
//   - envelope: all other JSON of the chat, blanks included: the rest of message
//     objects, pages, acknowledgements, truncation notices, error objects
//     (problem+json too), and the line feeds between the objects of one
//     WebSocket message. Of Socket.IO it is what is within the arrays of
//     events and acknowledgements, but for the name "chat message".
//   - compression: the size of compressed payloads minus that of their content,
//     usually negative. So text and envelope are those that one
//     would have counted without compression.
//   - tls: what TLS has put on the wire beyond what it was given: handshakes,
//     the heads and seals of records, alerts.
//   - protocol: the rest. HTTP's request and status lines, headers and chunk
//     framing; bodies that are not JSON; WebSocket's headers, masks and control
//     frames; of event streams the names of fields, ids, line ends and comments;
//     the packets of Engine.IO and Socket.IO around their JSON; and all
//     handshakes.
//
// Protocol is not counted but what remains, so that the layers add up to all
// bytes at every instant. What has been read and not been understood yet, or
// cannot be, is in it.
type layer struct{ text, envelope, compression, tls atomic.Int64 }

// tally is what some bytes hold of the innermost layers.
type tally struct{ text, envelope int64 }

func (l *layer) add(t tally) {
	if t.text != 0 {
		l.text.Add(t.text)
	}
	if t.envelope != 0 {
		l.envelope.Add(t.envelope)
	}
}

// read returns the layers of all bytes. They are read from the inside out, the
// other way round than they are counted: so protocol is never below 0.
func (l *layer) read(all *atomic.Int64) (result.Layer, int64) {
	r := result.Layer{Text: l.text.Load(), Envelope: l.envelope.Load(), Compression: l.compression.Load(), TLS: l.tls.Load()}
	n := all.Load()
	r.Protocol = n - r.Sum()
	return r, n
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

// published is what the JSON of a message that is published holds.
func published(user, text string) tally {
	return tally{text: int64(len(text)), envelope: int64(len(`{"user":"","text":""}`) + len(user))}
}

// objectTally is what an answer's body holds that is not of messages only. A
// body that is not one object, such as none, holds nothing of the chat.
func objectTally(body []byte) tally {
	var o object
	if len(body) == 0 || scanObject(body, &o) != nil {
		return tally{}
	}
	return tally{text: int64(len(o.text)), envelope: int64(len(body) - len(o.text))}
}

// messagesTally is what size bytes of JSON hold that these messages were in.
func messagesTally(ds []Delivery, size int) tally {
	t := tally{envelope: int64(size)}
	for i := range ds {
		t.text += int64(len(ds[i].Text))
	}
	t.envelope -= t.text
	return t
}

// open is the connections of a Meter that have not ended, and what the kernel
// counted of those that have.
type open struct {
	sync.Mutex
	conns map[*Conn]struct{}
	ended segments
}

// enter adds a connection.
func (o *open) enter(c *Conn) {
	o.Lock()
	defer o.Unlock()
	if o.conns == nil {
		o.conns = map[*Conn]struct{}{}
	}
	o.conns[c] = struct{}{}
}

// leave takes a connection out, while its socket can still be asked.
func (o *open) leave(c *Conn) {
	o.Lock()
	defer o.Unlock()
	o.ended.ask(c, o.ended.take)
	delete(o.conns, c)
}

// TCP is what the kernel has counted so far, over all connections, or nil
// if it does not say. It asks for each open one, which takes some
// microseconds, and gives way to others between; meanwhile none is opened or
// closed.
func (m *Meter) TCP() *result.TCP {
	o := &m.open
	o.Lock()
	defer o.Unlock()
	s := o.ended
	take := s.take // bound once: binding allocates
	n := 0
	for c := range o.conns {
		s.ask(c, take)
		if n++; n%giveWay == 0 {
			runtime.Gosched()
		}
	}
	if s.unknown {
		return nil
	}
	return &s.TCP
}

// giveWay is after how many connections TCP lets others run: the steady state
// goes on meanwhile.
const giveWay = 64

// segments adds up what TCP_INFO reports of connections.
type segments struct {
	result.TCP
	unknown bool  // of one at least
	ip      int64 // bytes of the IP header on the connection that is asked
}

// The headers of a segment, in bytes. Of TCP's options only timestamps are
// counted, which stand in every segment where both sides have agreed on them;
// those of the handshake are not.
const (
	ipv4Header    = 20
	ipv6Header    = 40
	tcpHeader     = 20
	tcpTimestamps = 12
)

// ask asks the kernel for a connection's counts, and has take add them.
func (s *segments) ask(c *Conn, take func(fd uintptr)) {
	s.ip = ipv6Header
	if a, ok := c.tcp.RemoteAddr().(*net.TCPAddr); ok && a.IP.To4() != nil {
		s.ip = ipv4Header
	}
	if c.raw.Control(take) != nil {
		s.unknown = true
	}
}

func (s *segments) take(fd uintptr) {
	info, err := unix.GetsockoptTCPInfo(int(fd), unix.IPPROTO_TCP, unix.TCP_INFO)
	if err != nil || info.Segs_out == 0 { // before Linux 4.2; and a client has at least sent its SYN
		s.unknown = true
		return
	}
	header := s.ip + tcpHeader
	const timestamps = 1 // TCPI_OPT_TIMESTAMPS
	if info.Options&timestamps != 0 {
		header += tcpTimestamps
	}
	count := func(to *result.Segments, all, data uint32) {
		to.Segments += int64(all)
		to.DataSegments += int64(data)
		to.HeaderBytes += int64(all) * header
	}
	count(&s.In, info.Segs_in, info.Data_segs_in)
	count(&s.Out, info.Segs_out, info.Data_segs_out)
	s.Retransmits += int64(info.Total_retrans)
}
