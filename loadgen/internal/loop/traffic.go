package loop

import (
	"time"

	"golang.org/x/sys/unix"

	"github.com/pollpush/pollpush/internal/clock"
	"github.com/pollpush/pollpush/internal/result"
)

// Traffic is what a loop has counted of its connections.
type Traffic struct {
	BytesIn, BytesOut int64
	TLSIn, TLSOut     int64 // of those, what TLS has put beyond what it was given
	Opened, Failed    int64
	Held              int64  // connections
	Handshakes        int64  // of TLS
	Suite             string // version and cipher suite of the first of them

	heldUS int64    // see HeldUS
	ended  segments // of connections that have ended
}

// HeldUS is for how many µs all connections together were held until an instant,
// which is in µs.
func (t *Traffic) HeldUS() (us, at int64) {
	at = micros()
	return t.heldUS + t.Held*at, at
}

// begun is what micros counts from: sums of them must fit.
var begun = clock.Now()

func micros() int64 { return (clock.Now() - begun) / int64(time.Microsecond) }

func (l *Loop) enter() {
	l.Opened++
	l.Held++
	l.heldUS -= micros()
}

func (l *Loop) leave(c *Conn) {
	l.Held--
	l.heldUS += micros()
	l.ended.ask(c)
	if s := l.sweep; s != nil && int(c.fd) >= s.next {
		s.sum.ask(c)
	}
}

// TCP has done called with what the kernel has counted so far, over all
// connections: nil if it does not say. It asks for each open one, a few at a
// time, since the load goes on meanwhile. There is one at a time.
func (l *Loop) TCP(done func(*result.TCP)) {
	l.sweep = &sweep{sum: l.ended, done: done}
}

// FinishTCP is TCP at once, as the load is over.
func (l *Loop) FinishTCP(done func(*result.TCP)) {
	l.TCP(done)
	for l.sweep != nil {
		l.sweep.step(l)
	}
}

// sweep goes through the connections by their descriptors.
type sweep struct {
	next int
	sum  segments
	done func(*result.TCP)
}

// stride is how many are asked in one go.
const stride = 32

func (s *sweep) step(l *Loop) {
	for n := 0; n < stride && s.next < len(l.conns); s.next++ {
		if c := l.conns[s.next]; c != nil && c.state != connecting {
			s.sum.ask(c)
			n++
		}
	}
	if s.next < len(l.conns) {
		return
	}
	l.sweep = nil
	if s.sum.unknown {
		s.done(nil)
		return
	}
	s.done(&s.sum.TCP)
}

// segments adds up what TCP_INFO reports of connections.
type segments struct {
	result.TCP
	unknown bool // of one at least
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

func (s *segments) ask(c *Conn) {
	info, err := unix.GetsockoptTCPInfo(int(c.fd), unix.IPPROTO_TCP, unix.TCP_INFO)
	if err != nil || info.Segs_out == 0 { // before Linux 4.2; and a client has at least sent its SYN
		s.unknown = true
		return
	}
	header := int64(ipv4Header + tcpHeader)
	if c.v6 {
		header = ipv6Header + tcpHeader
	}
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
