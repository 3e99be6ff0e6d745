package proc

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"testing"

	"golang.org/x/sys/unix"
	"gotest.tools/v3/assert"
)

// connections opens so many to a listener of their own, and returns the two
// ends of each.
func connections(t *testing.T, address string, n int) (port uint16, servers, clients []net.Conn) {
	t.Helper()
	listener, err := net.Listen("tcp", address)
	assert.NilError(t, err)
	defer listener.Close()
	for range n {
		client, err := net.Dial("tcp", listener.Addr().String())
		assert.NilError(t, err)
		server, err := listener.Accept()
		assert.NilError(t, err)
		t.Cleanup(func() { client.Close(); server.Close() })
		servers, clients = append(servers, server), append(clients, client)
	}
	return uint16(listener.Addr().(*net.TCPAddr).Port), servers, clients
}

func readSockets(t *testing.T, local, remote uint16) Sockets {
	t.Helper()
	s, err := ReadSockets(local, remote)
	assert.NilError(t, err)
	return s
}

func TestReadSockets(t *testing.T) {
	for _, address := range []string{"127.0.0.1:0", "[::1]:0"} {
		if l, err := net.Listen("tcp", address); err != nil {
			t.Logf("left out: %v", err)
			continue
		} else {
			l.Close()
		}
		t.Run(address, func(t *testing.T) {
			const n, unread = 300, 30_000 // more sockets than one piece of an answer holds
			port, servers, clients := connections(t, address, n)
			for _, s := range []Sockets{readSockets(t, port, 0), readSockets(t, 0, port)} {
				assert.Check(t, s.Count == n && s.BufferBytes == 0, "%+v, want %d sockets and nothing in their buffers", s, n)
			}
			one := uint16(clients[0].LocalAddr().(*net.TCPAddr).Port)
			s := readSockets(t, port, one)
			assert.Check(t, s.Count == 1, "to one port: %+v, want one socket", s)
			// What nobody reads stays with the one who is sent it, in packets
			// that take more than they carry.
			for i, s := range servers[:10] {
				_, err := s.Write(make([]byte, unread))
				assert.NilError(t, err)
				awaitUnread(t, clients[i], unread)
			}
			here, there := readSockets(t, port, 0), readSockets(t, 0, port)
			if there.BufferBytes < 10*unread || there.BufferBytes > 100*unread {
				t.Errorf("%d bytes in buffers, %d were sent and not read", there.BufferBytes, 10*unread)
			}
			shown, ok := ss(t, "dport", port)
			assert.Check(t, !ok || shown == there.BufferBytes, "ss shows %d bytes, read were %d", shown, there.BufferBytes)
			if here.ObjectBytes != there.ObjectBytes {
				t.Errorf("objects take %d and %d bytes on the two sides", here.ObjectBytes, there.ObjectBytes)
			}
			_, err := os.ReadFile("/proc/slabinfo")
			assert.Check(t, (err == nil) == (here.ObjectBytes > n*1024), "objects take %d bytes; slabinfo: %v", here.ObjectBytes, err)
		})
	}
}

// awaitUnread waits until n bytes have arrived, and leaves them there.
func awaitUnread(t *testing.T, c net.Conn, n int) {
	t.Helper()
	raw, err := c.(*net.TCPConn).SyscallConn()
	if err == nil {
		b := make([]byte, n)
		err = raw.Read(func(fd uintptr) bool {
			there, _, _ := unix.Recvfrom(int(fd), b, unix.MSG_PEEK)
			return there == n
		})
	}
	assert.NilError(t, err)
}

// ss adds up what `ss -m` shows of the sockets with a port, if there is one.
func ss(t *testing.T, side string, port uint16) (bytes int64, ok bool) {
	t.Helper()
	out, err := exec.Command("ss", "-tmHn", side, "=", fmt.Sprintf(":%d", port)).Output()
	if err != nil {
		t.Logf("ss: %v", err)
		return 0, false
	}
	for _, m := range regexp.MustCompile(`skmem:\(r(\d+),rb\d+,t\d+,tb\d+,f(\d+),w(\d+),o(\d+),bl(\d+),`).FindAllSubmatch(out, -1) {
		for _, number := range m[1:] {
			n, _ := strconv.ParseInt(string(number), 10, 64)
			bytes += n
		}
	}
	return bytes, true
}

func TestReadSocketsOfNobody(t *testing.T) {
	port, servers, clients := connections(t, "127.0.0.1:0", 1)
	clients[0].(*net.TCPConn).SetLinger(0) // by reset: nothing stays behind
	clients[0].Close()
	servers[0].Read(make([]byte, 1)) // the reset has arrived
	s := readSockets(t, port, 0)
	assert.Check(t, s == (Sockets{}), "%+v of no connection", s)
}

func TestAnswersOfTheKernel(t *testing.T) {
	message := func(kind uint16, body []byte) []byte {
		b := make([]byte, headerSize, headerSize+len(body))
		binary.NativeEndian.PutUint32(b, uint32(headerSize+len(body)))
		binary.NativeEndian.PutUint16(b[4:], kind)
		return append(b, body...)
	}
	attribute := func(kind uint16, values ...uint32) []byte {
		b := make([]byte, 4, 4+4*len(values))
		binary.NativeEndian.PutUint16(b, uint16(4+4*len(values)))
		binary.NativeEndian.PutUint16(b[2:], kind)
		for _, v := range values {
			b = binary.NativeEndian.AppendUint32(b, v)
		}
		return b
	}
	socket := make([]byte, messageSize)
	known := append(append(socket[:messageSize:messageSize], attribute(2, 9)...), attribute(memInfo, 1, 1e6, 1e6, 1e6, 20, 300, 4000, 50000, 1e6)...)
	refusal := binary.NativeEndian.AppendUint32(nil, uint32(0xffffffff-uint32(unix.ENOENT)+1))
	for _, tt := range []struct {
		name   string
		answer []byte
		want   Sockets
		ended  bool
		err    error
	}{
		{"nothing", nil, Sockets{}, false, nil},
		{"a socket", message(unix.SOCK_DIAG_BY_FAMILY, known), Sockets{Count: 1, BufferBytes: 54321}, false, nil},
		{"a socket without its memory", message(unix.SOCK_DIAG_BY_FAMILY, socket), Sockets{Count: 1}, false, nil},
		{"two and the end", append(append(message(unix.SOCK_DIAG_BY_FAMILY, known), message(unix.SOCK_DIAG_BY_FAMILY, known)...), message(unix.NLMSG_DONE, nil)...),
			Sockets{Count: 2, BufferBytes: 2 * 54321}, true, nil},
		{"refused", message(unix.NLMSG_ERROR, refusal), Sockets{}, false, unix.ENOENT},
		{"cut off", message(unix.SOCK_DIAG_BY_FAMILY, known)[:100], Sockets{}, false, unix.EINVAL},
		{"too short for a socket", message(unix.SOCK_DIAG_BY_FAMILY, socket[:20]), Sockets{}, false, unix.EINVAL},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var s Sockets
			ended, err := s.add(tt.answer)
			if s != tt.want || ended != tt.ended || !errors.Is(err, tt.err) {
				t.Errorf("%+v, ended %v, %v; want %+v, %v, %v", s, ended, err, tt.want, tt.ended, tt.err)
			}
		})
	}
}

func TestSlabBytes(t *testing.T) {
	slabinfo := []byte(`slabinfo - version: 2.1
# name            <active_objs> <num_objs> <objsize> <objperslab> <pagesperslab> : tunables
TCPv6                 26     26   2496   13    8 : tunables    0    0    0 : slabdata      2      2      0
TCP                   78    130   2368   10    8 : tunables    0    0    0 : slabdata     10     10      0
broken                78    130   2368   0    8 : tunables
`)
	page := float64(os.Getpagesize())
	for cache, want := range map[string]float64{"TCP": 0.8 * page, "broken": 0, "filp": 0, "slabinfo": 0, "": 0} {
		got := slabBytes(slabinfo, cache)
		assert.Check(t, got == want, "%q: %v bytes, want %v", cache, got, want)
	}
}
