package wire

import (
	"crypto/tls"
	"io"
	"sync"
	"time"
)

// security is the TLS of a connection, above which requests and frames are read
// and written, and below which bytes are counted.
//
// Once the connection is taken over, what the TLS writes is left here, sealed,
// for the outbox to fetch: the TLS writes by itself as well, within a Read, and
// must not wait for the outbox, which may be waiting for the TLS.
type security struct {
	*tls.Conn
	mu     sync.Mutex
	sealed *[]byte // records; nil where there are none
}

// records are what security.sealed is taken from.
var records = sync.Pool{New: func() any { return new([]byte) }}

// leave adds records to those that wait to be fetched.
func (s *security) leave(b []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.sealed == nil {
		s.sealed = records.Get().(*[]byte)
		*s.sealed = (*s.sealed)[:0]
	}
	*s.sealed = append(*s.sealed, b...)
}

// fetch takes the records that wait, nil if there are none; they are to be given
// back to the pool.
func (s *security) fetch() *[]byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	sealed := s.sealed
	s.sealed = nil
	return sealed
}

// encrypted is a connection as its TLS sees it.
type encrypted struct{ *Conn }

func (e encrypted) Read(p []byte) (int, error) { return e.receive(p) }

func (e encrypted) Write(p []byte) (int, error) {
	switch {
	case e.closed.Load():
		return e.lastWords(p)
	case e.outbox != nil:
		e.tls.leave(p)
		return len(p), nil
	}
	return e.transmit(p)
}

func (e encrypted) Close() error { return e.tcp.Close() }

// sayGoodbye tells the peer that nothing more comes (close_notify), unless it
// does not read: nothing here waits.
func (c *Conn) sayGoodbye() {
	c.tcp.SetWriteDeadline(time.Unix(1, 0)) // for whoever waits to write
	c.tls.Close()
}

// lastWords writes as much as the kernel takes now. A peer whose record has been
// cut off cannot read them, but that it was cut off.
func (c *Conn) lastWords(p []byte) (n int, err error) {
	c.tally.BytesSent.Add(int64(len(p)))
	n, err = c.writeNow(p)
	c.tally.BytesSent.Add(int64(n - len(p)))
	if err == nil && n < len(p) {
		err = io.ErrShortWrite
	}
	return n, err
}

// seal encrypts p and writes that, and whatever the TLS has to say before. It
// wants o.mu held.
func (o *Outbox) seal(p []byte) {
	if o.framed {
		o.conn.tally.FramesSent.Add(int64(o.sent.Scan(p)))
	}
	if _, err := o.conn.tls.Write(p); err != nil {
		o.breakOff()
		return
	}
	o.sendSealed()
}

// relay writes what the TLS has said by itself.
func (o *Outbox) relay() {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.state != dead {
		o.sendSealed()
	}
}

// sendSealed writes what has been sealed. It wants o.mu held.
func (o *Outbox) sendSealed() {
	if sealed := o.conn.tls.fetch(); sealed != nil {
		o.hand(*sealed)
		if cap(*sealed) <= maxPooled {
			records.Put(sealed)
		}
	}
}
