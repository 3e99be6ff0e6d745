package main

import (
	"bufio"
	"bytes"
	"compress/flate"
	"encoding/binary"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"gotest.tools/v3/assert"

	"github.com/pollpush/pollpush/internal/testkit"
)

const (
	// maxGrowth is how much memory an attack may make the server take.
	maxGrowth = 64 << 20
	// maxHolding is how long it may hold descriptors of clients that are gone.
	maxHolding = 3 * time.Second
)

// attack is one way to misuse a server, and what has to come of it.
type attack struct {
	name    string
	clients int // at once
	do      func(a *attacker)
}

// attacker is one client of an attack.
type attacker struct {
	addr string
	net.Conn
	*bufio.Reader
	socket *websocket.Conn // once it is open
}

// unexpected is what an attacker panics with: the attack has come to something
// else.
type unexpected struct{ error }

func (a *attacker) fail(format string, args ...any) { panic(unexpected{fmt.Errorf(format, args...)}) }

func (a *attacker) say(format string, args ...any) error {
	_, err := fmt.Fprintf(a.Conn, format, args...)
	return err
}

// status reads an answer and expects one of the statuses; 0 is none, but the end
// of the connection.
func (a *attacker) status(want ...int) (body string) {
	res, err := http.ReadResponse(a.Reader, nil)
	got := 0
	if err == nil {
		got = res.StatusCode
		b, err := io.ReadAll(res.Body)
		if body = string(b); err != nil {
			a.fail("the body of a %d: %w", got, err)
		}
	}
	if !slices.Contains(want, got) {
		a.fail("answered %d (%v), want %d", got, err, want)
	}
	return body
}

// open turns the connection into a WebSocket.
func (a *attacker) open(path string, deflated bool) {
	d := websocket.Dialer{NetDial: func(string, string) (net.Conn, error) { return a.Conn, nil }, EnableCompression: deflated}
	var err error
	if a.socket, _, err = d.Dial("ws://x"+path, nil); err != nil {
		a.fail("handshake: %w", err)
	}
	a.SetDeadline(time.Now().Add(patience)) // which dialing has lifted
}

// closeCode reads frames until the server closes.
func (a *attacker) closeCode(want int) {
	var err error
	for err == nil {
		_, _, err = a.socket.ReadMessage()
	}
	if !websocket.IsCloseError(err, want) {
		a.fail("found %w, want a close frame with %d", err, want)
	}
}

// frame is a client's frame, masked by zeros.
func frame(first byte, payload string) []byte {
	b := []byte{first, 0x80 | byte(len(payload))}
	if n := len(payload); n > 125 {
		b = binary.BigEndian.AppendUint16([]byte{first, 0x80 | 126}, uint16(n))
	}
	return append(append(b, 0, 0, 0, 0), payload...)
}

// cut expects an error to say that the server has closed.
func (a *attacker) cut(err error) {
	if timeout, ok := err.(net.Error); ok && timeout.Timeout() {
		a.fail("the connection is still open: %w", err)
	}
}

// ended expects the server to have closed, whatever it has sent before.
func (a *attacker) ended() {
	_, err := io.Copy(io.Discard, a.Reader)
	a.cut(err)
}

// session opens an Engine.IO session by polling and returns its path.
func (a *attacker) session() string {
	const path = "/socket.io/?EIO=4&transport=polling&room=lobby"
	a.say("GET %s HTTP/1.1\r\nHost: x\r\n\r\n", path)
	body := a.status(200)
	_, rest, found := strings.Cut(body, `"sid":"`)
	sid, _, _ := strings.Cut(rest, `"`)
	if !found {
		a.fail("no session: %s", body)
	}
	return path + "&sid=" + sid
}

const (
	lobby        = "/api/rooms/lobby/"
	socketIOPath = "/socket.io/?EIO=4&transport=websocket"
)

func hugeFrame(path string) func(*attacker) {
	return func(a *attacker) {
		a.open(path, false)
		a.Write([]byte{0x81, 0xff, 0x40, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0})
		a.closeCode(1009)
	}
}

func attacks() []attack {
	list := []attack{
		{"a header that never ends, slowly", 50, func(a *attacker) {
			a.say("GET / HTTP/1.1\r\nHost: x\r\nX: ")
			gone := make(chan error, 1)
			go func() {
				_, err := io.Copy(io.Discard, a.Reader)
				gone <- err
			}()
			slowly := time.NewTicker(200 * time.Millisecond)
			defer slowly.Stop()
			for {
				select {
				case err := <-gone:
					a.cut(err)
					return
				case <-slowly.C:
					a.say("x")
				}
			}
		}},
		{"a huge header", 20, func(a *attacker) {
			go a.say("GET / HTTP/1.1\r\nHost: x\r\nX: %s\r\n\r\n", strings.Repeat("x", 4<<20))
			a.status(431, 0)
		}},
		{"many headers", 20, func(a *attacker) {
			go a.say("GET / HTTP/1.1\r\nHost: x\r\n%s\r\n", strings.Repeat("X-Y: z\r\n", 200_000))
			a.status(431, 0)
		}},
		{"an oversize body", 20, func(a *attacker) {
			go a.say("POST %smessages HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", lobby, 16<<20, strings.Repeat("x", 1<<20))
			a.status(413)
		}},
		{"a chunked body that never ends", 20, func(a *attacker) {
			a.say("POST %smessages HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n", lobby)
			go func() {
				for a.say("1000\r\n%s\r\n", strings.Repeat("x", 4096)) == nil {
				}
			}()
			a.status(413)
		}},
		{"an oversize payload of Engine.IO", 20, func(a *attacker) {
			path := a.session()
			go a.say("POST %s HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n4%s", path, 16<<20, strings.Repeat("x", 1<<20))
			a.status(413)
		}},
		{"a frame of 2^62 bytes", 20, hugeFrame(lobby + "ws")},
		{"a frame of 2^62 bytes to Socket.IO", 20, hugeFrame(socketIOPath)},
		{"300,000 fragments of one byte", 10, func(a *attacker) {
			a.open(lobby+"ws", false)
			go a.Write(append(frame(1, "x"), bytes.Repeat(frame(0, "x"), 300_000)...))
			a.closeCode(1009)
		}},
		{"pings without end, the answers unread", 10, func(a *attacker) {
			a.open(lobby+"ws", false)
			flood := bytes.Repeat(frame(0x89, strings.Repeat("x", 125)), 1000)
			for {
				if _, err := a.Write(flood); err != nil {
					a.cut(err)
					return
				}
			}
		}},
		{"a deflate bomb", 10, func(a *attacker) {
			a.open(lobby+"ws", true)
			a.Write(frame(0xc1, bomb()))
			a.closeCode(1009)
		}},
		{"what cannot be inflated", 10, func(a *attacker) {
			a.open(lobby+"ws", true)
			a.Write(frame(0xc1, "\xff\xff\xff\xff\xff"))
			a.closeCode(1007)
		}},
		{"foreign origins", 20, func(a *attacker) {
			for _, path := range []string{lobby + "ws", socketIOPath} {
				a.say("GET %s HTTP/1.1\r\nHost: x\r\nOrigin: https://evil.example\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"+
					"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n", path)
				a.status(403)
			}
		}},
	}
	for path, deflated := range map[string]bool{
		lobby + "ws": false, lobby + "ws?after=0": true, lobby + "ws?batch=true": false, socketIOPath + "&room=lobby": false,
	} {
		list = append(list, attack{"never reads " + path, 4, func(a *attacker) {
			a.open(path, deflated)
			a.Conn.(*net.TCPConn).SetReadBuffer(4 << 10)
			if path == socketIOPath+"&room=lobby" {
				a.Write(frame(0x81, "40"))
			}
			a.floodRoom()
			a.ended()
		}})
	}
	return append(list, attack{"never reads events", 4, func(a *attacker) {
		a.Conn.(*net.TCPConn).SetReadBuffer(4 << 10)
		a.say("GET %sevents HTTP/1.1\r\nHost: x\r\n\r\n", lobby)
		if _, err := a.ReadByte(); err != nil {
			a.fail("no answer: %w", err)
		}
		a.floodRoom()
		a.ended()
	}}, attack{"a session that never asks", 4, func(a *attacker) {
		path := a.session()
		a.say("POST %s HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\n40", path)
		a.status(200)
		a.floodRoom()
		a.say("GET %s HTTP/1.1\r\nHost: x\r\n\r\n", path)
		a.status(400)
	}})
}

// bomb is a small frame's payload that inflates to 10 MiB.
var bomb = sync.OnceValue(func() string {
	var b bytes.Buffer
	w, err := flate.NewWriter(&b, flate.BestCompression)
	if err != nil {
		panic(err)
	}
	w.Write(make([]byte, 10<<20))
	w.Flush()
	return strings.TrimSuffix(b.String(), "\x00\x00\xff\xff")
})

// floodRoom posts more to the lobby than may wait for anybody who does not read,
// and then looks that others are still served.
func (a *attacker) floodRoom() {
	client := &http.Client{Timeout: patience}
	defer client.CloseIdleConnections()
	text := make([]byte, 2000)
	for range 1500 {
		for i := range text {
			text[i] = byte('a' + rand.N(26)) // compresses badly
		}
		res, err := client.Post("http://"+a.addr+lobby+"messages", "application/json", strings.NewReader(`{"user":"eve","text":"`+string(text)+`"}`))
		if err != nil {
			a.fail("posting: %w", err)
		}
		res.Body.Close()
		if res.StatusCode != 201 {
			a.fail("a message was answered by %s", res.Status)
		}
	}
}

// Whatever is sent, the server answers or cuts it as the contract says. It does
// not panic, takes little memory for it, and lets go of every descriptor.
func TestHostileInput(t *testing.T) {
	for _, attack := range attacks() {
		t.Run(attack.name, func(t *testing.T) {
			t.Parallel()
			p := start(t, program, "--listen", "127.0.0.1:0", "--deflate")
			addr := strings.TrimPrefix(p.URL, "http://")
			p.get(t, "/healthz")
			memory := p.memory(t, "VmRSS:")
			results := make(chan error, attack.clients)
			for range attack.clients {
				go func() { results <- strike(addr, attack) }()
			}
			for range attack.clients {
				if err := <-results; err != nil {
					t.Error(err)
				}
			}
			gone := testkit.Now() // each has closed
			grown := p.memory(t, "VmHWM:") - memory
			assert.Check(t, grown <= maxGrowth, "the server's memory grew by %d MiB", grown>>20)
			// Sessions that poll hold no descriptor; those of others are gone.
			p.awaitDescriptors(t, gone)
			if metrics := p.get(t, "/metrics"); !strings.Contains(metrics, "\npollpush_panics_total 0\n") {
				t.Errorf("there were panics: %s", p.stderr.String())
			}
		})
	}
}

// get asks over a connection of its own, which is closed then.
func (p *process) get(t *testing.T, path string) string {
	t.Helper()
	client := &http.Client{Timeout: patience, Transport: &http.Transport{DisableKeepAlives: true}}
	res, err := client.Get(p.URL + path)
	assert.NilError(t, err)
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	assert.Assert(t, err == nil && res.StatusCode == 200, "%s: %s %v", path, res.Status, err)
	return string(body)
}

func strike(addr string, attack attack) (err error) {
	c, err := net.Dial("tcp", addr)
	if err != nil {
		return err
	}
	defer c.Close()
	defer func() {
		if p := recover(); p != nil {
			err = p.(unexpected)
		}
	}()
	c.SetDeadline(time.Now().Add(patience))
	attack.do(&attacker{addr: addr, Conn: c, Reader: bufio.NewReader(c)})
	return nil
}

// memory reads a field of the process's status, in bytes.
func (p *process) memory(t *testing.T, field string) int64 {
	t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.PID))
	assert.NilError(t, err)
	_, rest, _ := strings.Cut(string(status), field)
	kib, err := strconv.ParseInt(strings.Fields(rest)[0], 10, 64)
	assert.NilError(t, err)
	return kib << 10
}

// awaitDescriptors expects the server to hold no connection any more, soon after
// its clients are gone.
func (p *process) awaitDescriptors(t *testing.T, gone testkit.Moment) {
	t.Helper()
	again := time.NewTicker(10 * time.Millisecond)
	defer again.Stop()
	for {
		// Taken before the look: what is found free late may have been free in time.
		held := gone.Calm()
		sockets := p.sockets(t)
		if sockets == 1 { // it listens
			return
		}
		assert.Assert(t, held <= maxHolding, "the server holds %d sockets %v after the clients, want one after %v", sockets, held, maxHolding)
		<-again.C
	}
}

// sockets counts those of the process.
func (p *process) sockets(t *testing.T) int {
	t.Helper()
	folder := fmt.Sprintf("/proc/%d/fd", p.PID)
	list, err := os.ReadDir(folder)
	assert.NilError(t, err)
	n := 0
	for _, fd := range list {
		if target, err := os.Readlink(folder + "/" + fd.Name()); err == nil && strings.HasPrefix(target, "socket:") {
			n++
		}
	}
	return n
}
