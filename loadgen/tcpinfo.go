package loadgen

import (
	"net"
	"runtime"
	"sync"

	"golang.org/x/sys/unix"

	"github.com/pollpush/pollpush/internal/result"
)

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
// where it does not tell. It asks for each open one, which takes some
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
	if s.untold {
		return nil
	}
	return &s.TCP
}

// giveWay is after how many connections TCP lets others run: the steady state
// goes on meanwhile.
const giveWay = 64

// segments adds up what TCP_INFO tells of connections.
type segments struct {
	result.TCP
	untold bool  // of one at least
	ip     int64 // bytes of the IP header on the connection that is asked
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
		s.untold = true
	}
}

func (s *segments) take(fd uintptr) {
	info, err := unix.GetsockoptTCPInfo(int(fd), unix.IPPROTO_TCP, unix.TCP_INFO)
	if err != nil || info.Segs_out == 0 { // before Linux 4.2; and a client has at least sent its SYN
		s.untold = true
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
