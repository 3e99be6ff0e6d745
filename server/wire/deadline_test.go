package wire

import (
	"errors"
	"net"
	"os"
	"testing"
	"time"

	"gotest.tools/v3/assert"

	"github.com/pollpush/pollpush/internal/testkit"
)

// pair returns the two ends of a TCP connection.
func pair(t *testing.T) (near *Conn, far net.Conn) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	assert.NilError(t, err)
	defer l.Close()
	dialed, err := net.Dial("tcp", l.Addr().String())
	assert.NilError(t, err)
	accepted, err := l.Accept()
	assert.NilError(t, err)
	t.Cleanup(func() { dialed.Close(); accepted.Close() })
	return newConn(accepted.(*net.TCPConn), new(Tally)), dialed
}

// The timer of the runtime may fire long before the deadline, and says nothing then.
func TestDeadlineGoverns(t *testing.T) {
	day := instantOf(time.Now().Add(24 * time.Hour))
	for _, c := range []struct {
		name     string
		until    instant
		timer    instant
		finished bool
	}{
		{"no deadline, an old timer", never, 0, false},
		{"no deadline, a timer that fired before", never, past, false},
		{"later than an old timer", day, 0, false},
		{"over, a late timer", 0, day, true},
		{"long over", past, never, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			near, far := pair(t)
			near.tcp.SetReadDeadline(c.timer.time())
			near.reading.until, near.reading.timer = c.until, c.timer
			far.Write([]byte("x"))
			_, err := near.Read(make([]byte, 1))
			assert.Check(t, errors.Is(err, os.ErrDeadlineExceeded) == c.finished, "read: %v", err)
		})
	}
}

func TestDeadlineEndsARead(t *testing.T) {
	for name, until := range map[string]time.Time{"long over": time.Unix(1, 0), "over": began, "near": time.Now().Add(time.Millisecond)} {
		t.Run(name, func(t *testing.T) {
			near, _ := pair(t)
			read := make(chan error)
			go func() {
				_, err := near.Read(make([]byte, 1))
				read <- err
			}()
			testkit.Await(t, "reading", func() bool {
				near.reading.mu.Lock()
				defer near.reading.mu.Unlock()
				return near.reading.waiting
			})
			near.SetReadDeadline(until)
			err := <-read
			assert.Check(t, errors.Is(err, os.ErrDeadlineExceeded), "read: %v", err)
		})
	}
}
