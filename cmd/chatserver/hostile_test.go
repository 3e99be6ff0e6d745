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
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"gotest.tools/v3/assert"
)

const (
	// maxGrowth is how much memory an attack may make the server take.
	maxGrowth = 32 << 20
	// maxHolding is how long it may hold descriptors of clients that are gone.
	maxHolding = 3 * time.Second
)

// attack is one way to misuse a server, and what has to come of it.
type attack struct {
	name    string
	clients int // at once
	do      func(a *attacker) error
}

// attacker is one client of an attack.
type attacker struct {
	addr string
	net.Conn
	*bufio.Reader
}

func (a *attacker) say(format string, args ...any) error {
	_, err := fmt.Fprintf(a.Conn, format, args...)
	return err
}

// status reads an answer and expects one of the statuses; 0 is none, but the end
// of the connection.
func (a *attacker) status(want ...int) error {
	res, err := http.ReadResponse(a.Reader, nil)
	got := 0
	if err == nil {
		got = res.StatusCode
		if _, err := io.Copy(io.Discard, res.Body); err != nil {
			return fmt.Errorf("the body of a %d: %w", got, err)
		}
	}
	for _, status := range want {
		if got == status {
			return nil
		}
	}
	return fmt.Errorf("answered %d (%v), want %d", got, err, want)
}

// upgrade turns the connection into a WebSocket.
func (a *attacker) upgrade(path, extensions string) error {
	a.say("GET %s HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"+
		"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n%s\r\n", path, extensions)
	res, err := http.ReadResponse(a.Reader, nil)
	if err != nil || res.StatusCode != 101 {
		return fmt.Errorf("handshake: %v %v", res, err)
	}
	return nil
}

// next reads the server's next frame.
func (a *attacker) next() (opcode byte, payload []byte, err error) {
	head := make([]byte, 2)
	if _, err := io.ReadFull(a.Reader, head); err != nil {
		return 0, nil, err
	}
	n := uint64(head[1])
	switch n {
	case 126:
		var b [2]byte
		io.ReadFull(a.Reader, b[:])
		n = uint64(binary.BigEndian.Uint16(b[:]))
	case 127:
		var b [8]byte
		io.ReadFull(a.Reader, b[:])
		n = binary.BigEndian.Uint64(b[:])
	}
	payload = make([]byte, n)
	if _, err := io.ReadFull(a.Reader, payload); err != nil {
		return 0, nil, fmt.Errorf("a frame cut short: %w", err)
	}
	return head[0] & 0x0f, payload, nil
}

// closeCode reads frames until the server closes.
func (a *attacker) closeCode(want int) error {
	for {
		opcode, payload, err := a.next()
		if err != nil {
			return fmt.Errorf("no close frame but %w, want %d", err, want)
		}
		if opcode != 8 {
			continue
		}
		if len(payload) < 2 || int(binary.BigEndian.Uint16(payload)) != want {
			return fmt.Errorf("closed with %q, want %d", payload, want)
		}
		return nil
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
func (a *attacker) cut(err error) error {
	if timeout, ok := err.(net.Error); ok && timeout.Timeout() {
		return fmt.Errorf("the connection is still open: %w", err)
	}
	return nil
}

// ended expects the server to have closed, whatever it has sent before.
func (a *attacker) ended() error {
	_, err := io.Copy(io.Discard, a.Reader)
	return a.cut(err)
}

// session opens an Engine.IO session by polling and returns its id.
func (a *attacker) session() (string, error) {
	a.say("GET /socket.io/?EIO=4&transport=polling&room=lobby HTTP/1.1\r\nHost: x\r\n\r\n")
	res, err := http.ReadResponse(a.Reader, nil)
	if err != nil {
		return "", err
	}
	body, err := io.ReadAll(res.Body)
	_, rest, found := strings.Cut(string(body), `"sid":"`)
	sid, _, _ := strings.Cut(rest, `"`)
	if err != nil || !found {
		return "", fmt.Errorf("no session: %s %v", body, err)
	}
	return sid, nil
}

func (a *attacker) post(sid, body string) {
	a.say("POST /socket.io/?EIO=4&transport=polling&sid=%s HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\nContent-Length: %d\r\n\r\n%s", sid, len(body), body)
}

// guest is a client of the chat by Socket.IO, by either transport.
type guest interface {
	send(packet string, status int) error // status is a POST's
	receive() (string, error)             // the next packet
	closed(code int) error                // that the server has ended the session; the code is a close frame's
}

// socketGuest is a guest by WebSocket.
type socketGuest struct{ *attacker }

func (g socketGuest) send(packet string, _ int) error {
	_, err := g.Write(frame(0x81, packet))
	return err
}

func (g socketGuest) receive() (string, error) {
	opcode, payload, err := g.next()
	if err == nil && opcode != 1 {
		err = fmt.Errorf("found a frame %q with opcode %d", payload, opcode)
	}
	return string(payload), err
}

func (g socketGuest) closed(code int) error { return g.closeCode(code) }

// pollingGuest is a guest by polling.
type pollingGuest struct {
	*attacker
	sid     string
	packets []string // of the last answer, not received yet
}

// answered is the status of an answer without packets.
type answered int

func (s answered) Error() string { return fmt.Sprintf("answered %d", int(s)) }

func (g *pollingGuest) send(packet string, status int) error {
	g.post(g.sid, packet)
	return g.status(status)
}

func (g *pollingGuest) receive() (string, error) {
	if len(g.packets) == 0 {
		g.say("GET /socket.io/?EIO=4&transport=polling&sid=%s HTTP/1.1\r\nHost: x\r\n\r\n", g.sid)
		res, err := http.ReadResponse(g.Reader, nil)
		if err != nil {
			return "", err
		}
		body, err := io.ReadAll(res.Body)
		if err != nil {
			return "", err
		}
		if res.StatusCode != 200 {
			return "", answered(res.StatusCode)
		}
		g.packets = strings.Split(string(body), "\x1e")
	}
	packet := g.packets[0]
	g.packets = g.packets[1:]
	return packet, nil
}

// closed takes the last words of the session, if it comes in time for them: a
// close, or a noop where the client has closed.
func (g *pollingGuest) closed(int) error {
	for {
		got, err := g.receive()
		if err == answered(400) {
			return nil
		}
		if err != nil || got != "1" && got != "6" && !strings.HasPrefix(got, chatMessage) {
			return fmt.Errorf("found %.80q (%v), want the session to be unknown", got, err)
		}
	}
}

// expect receives packets that begin like this. Messages of others may stand
// between them.
func expect(g guest, want ...string) error {
	for len(want) > 0 {
		got, err := g.receive()
		switch {
		case err != nil:
			return fmt.Errorf("%w, want %q", err, want[0])
		case strings.HasPrefix(got, want[0]):
			want = want[1:]
		case !strings.HasPrefix(got, chatMessage):
			return fmt.Errorf("found %.80q, want %q", got, want[0])
		}
	}
	return nil
}

const (
	lobby        = "/api/rooms/lobby/"
	socketIOPath = "/socket.io/?EIO=4&transport=websocket"
	chatMessage  = `42["chat message",`
)

// packet is one that makes no sense, and what has to come of it.
type packet struct {
	sent   string
	status int    // by POST
	code   int    // that a WebSocket is closed with; 0: the session goes on
	answer string // begins like this, where there is one
}

// engineIO are packets that the transport has to judge, and socketIO those that
// pass it.
var (
	engineIO = []packet{
		{"", 400, 1002, ""}, {"x", 400, 1002, ""}, {"7", 400, 1002, ""}, {"9\x1e", 400, 1002, ""},
		{"0{}", 400, 1002, ""}, {"2", 400, 1002, ""}, {"2probe", 400, 1002, ""}, {"5", 400, 1002, ""},
		{"b!!!!", 400, 1002, ""}, {"bAA=A", 400, 1002, ""}, {strings.Repeat("\x1e", 5000), 400, 1002, ""},
		{"\xff\xfe", 400, 1007, ""},
		{"4\x1e\x1e", 400, 1000, ""},          // by frame, a message "\x1e\x1e"
		{"b", 200, 1000, ""},                  // an attachment of no bytes, unannounced
		{"1\x1e1", 200, 1000, ""},             // closes, whatever follows
		{"3", 200, 0, ""}, {"6x", 200, 0, ""}, // a pong to no ping, a noop
	}
	socketIO = []packet{
		{"4", 200, 1000, ""}, {"47", 200, 1000, ""}, {"49", 200, 1000, ""}, {"4x", 200, 1000, ""},
		{"40", 200, 1000, ""}, {"44{}", 200, 1000, ""}, // is connected already
		{"42", 200, 1000, ""}, {"42[", 200, 1000, ""}, {"42{}", 200, 1000, ""}, {`42"chat message"`, 200, 1000, ""},
		{"42[]", 200, 1000, ""}, {"42[null]", 200, 1000, ""}, {`42["connect"]`, 200, 1000, ""},
		{`42/unknown,["chat message","x"]`, 200, 1000, ""},
		{`4299999999999999999999["x"]`, 200, 1000, ""}, {"42" + strings.Repeat("[", 5000), 200, 1000, ""},
		{`42["chat message","` + "\xff" + `"]`, 400, 1007, ""},
		{"43", 200, 1000, ""}, {"43[]", 200, 1000, ""}, {"431", 200, 1000, ""}, {"461-[1]", 200, 1000, ""},
		{`451-["x",{"_placeholder":true,"num":7}]`, 200, 1000, ""}, {`4599-["x",{"_placeholder":true,"num":0}]`, 200, 1000, ""},
		{`45999999999999999999-["x"]`, 200, 1000, ""},
		{"42[7]", 200, 0, ""}, {`42["nobody takes this"]`, 200, 0, ""}, {"431[]", 200, 0, ""},
		{`42["chat message"]`, 200, 0, `42["error message",{"status":400,`},
		{`427["chat message",7]`, 200, 0, `437[{"error":{"status":400,`},
		{"40/unknown,", 200, 0, "44/unknown,{"},
	}
)

// try sends the packet and looks for what comes of it.
func (p packet) try(g guest) error {
	if err := g.send("40", 200); err != nil {
		return err
	}
	if err := expect(g, "40{"); err != nil {
		return err
	}
	if err := g.send(p.sent, p.status); err != nil {
		return err
	}
	if p.code != 0 {
		return g.closed(p.code)
	}
	if p.answer != "" {
		if err := expect(g, p.answer); err != nil {
			return err
		}
	}
	if err := g.send(`421["chat message","still here"]`, 200); err != nil {
		return err
	}
	return expect(g, `431[{"id":`)
}

// byFrame tries packets, each over a WebSocket of its own.
func byFrame(packets []packet) func(*attacker) error {
	return each(packets, func(a *attacker) (guest, error) {
		if err := a.upgrade(socketIOPath, ""); err != nil {
			return nil, err
		}
		return socketGuest{a}, expect(socketGuest{a}, "0{")
	})
}

// byPost tries packets, each with a session of its own.
func byPost(packets []packet) func(*attacker) error {
	return each(packets, func(a *attacker) (guest, error) {
		sid, err := a.session()
		return &pollingGuest{attacker: a, sid: sid}, err
	})
}

func each(packets []packet, enter func(*attacker) (guest, error)) func(*attacker) error {
	return func(a *attacker) error {
		for _, packet := range packets {
			err := strike(a.addr, attack{do: func(a *attacker) error {
				g, err := enter(a)
				if err != nil {
					return err
				}
				return packet.try(g)
			}})
			if err != nil {
				return fmt.Errorf("packet %.40q: %w", packet.sent, err)
			}
		}
		return nil
	}
}

func attacks() []attack {
	list := []attack{
		{"what is no Engine.IO packet, by POST", 3, byPost(engineIO)},
		{"what is no Engine.IO packet, by frame", 3, byFrame(engineIO)},
		{"what is no Socket.IO packet, by POST", 3, byPost(socketIO)},
		{"what is no Socket.IO packet, by frame", 3, byFrame(socketIO)},
		{"text where an attachment is due", 3, func(a *attacker) error {
			if err := a.upgrade(socketIOPath, ""); err != nil {
				return err
			}
			for _, packet := range []string{"40", `451-["x"]`, `421["chat message","x"]`} {
				a.Write(frame(0x81, packet))
			}
			return a.closeCode(1000)
		}},
		{"an attachment that is not due", 3, func(a *attacker) error {
			if err := a.upgrade(socketIOPath, ""); err != nil {
				return err
			}
			a.Write(append(frame(0x81, "40"), frame(0x82, "x")...))
			return a.closeCode(1000)
		}},
		{"a header that never ends, slowly", 50, func(a *attacker) error {
			a.say("GET / HTTP/1.1\r\nHost: x\r\nX: ")
			gone := make(chan error, 1)
			go func() { gone <- a.ended() }()
			slowly := time.NewTicker(200 * time.Millisecond)
			defer slowly.Stop()
			for {
				select {
				case err := <-gone:
					return err
				case <-slowly.C:
					a.say("x")
				}
			}
		}},
		{"a huge header", 20, func(a *attacker) error {
			go a.say("GET / HTTP/1.1\r\nHost: x\r\nX: %s\r\n\r\n", strings.Repeat("x", 4<<20))
			return a.status(431, 0)
		}},
		{"many headers", 20, func(a *attacker) error {
			go a.say("GET / HTTP/1.1\r\nHost: x\r\n%s\r\n", strings.Repeat("X-Y: z\r\n", 200_000))
			return a.status(431, 0)
		}},
		{"an oversize body", 20, func(a *attacker) error {
			go a.say("POST %smessages HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", lobby, 16<<20, strings.Repeat("x", 1<<20))
			return a.status(413)
		}},
		{"a chunked body that never ends", 20, func(a *attacker) error {
			a.say("POST %smessages HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n", lobby)
			go func() {
				for a.say("1000\r\n%s\r\n", strings.Repeat("x", 4096)) == nil {
				}
			}()
			return a.status(413)
		}},
		{"an oversize payload of Engine.IO", 20, func(a *attacker) error {
			sid, err := a.session()
			if err != nil {
				return err
			}
			go a.say("POST /socket.io/?EIO=4&transport=polling&sid=%s HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n4%s", sid, 16<<20, strings.Repeat("x", 1<<20))
			return a.status(413)
		}},
		{"a frame of 2^62 bytes", 20, func(a *attacker) error {
			if err := a.upgrade(lobby+"ws", ""); err != nil {
				return err
			}
			a.Write([]byte{0x81, 0xff, 0x40, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0})
			return a.closeCode(1009)
		}},
		{"a frame of 2^62 bytes to Socket.IO", 20, func(a *attacker) error {
			if err := a.upgrade(socketIOPath, ""); err != nil {
				return err
			}
			a.Write([]byte{0x81, 0xff, 0x40, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0})
			return a.closeCode(1009)
		}},
		{"300,000 fragments of one byte", 10, func(a *attacker) error {
			if err := a.upgrade(lobby+"ws", ""); err != nil {
				return err
			}
			go a.Write(append(frame(1, "x"), bytes.Repeat(frame(0, "x"), 300_000)...))
			return a.closeCode(1009)
		}},
		{"pings without end, the answers unread", 10, func(a *attacker) error {
			if err := a.upgrade(lobby+"ws", ""); err != nil {
				return err
			}
			flood := bytes.Repeat(frame(0x89, strings.Repeat("x", 125)), 1000)
			for {
				if _, err := a.Write(flood); err != nil {
					return a.cut(err)
				}
			}
		}},
		{"a deflate bomb", 10, func(a *attacker) error {
			if err := a.upgrade(lobby+"ws", "Sec-WebSocket-Extensions: permessage-deflate\r\n"); err != nil {
				return err
			}
			a.Write(frame(0xc1, bomb()))
			return a.closeCode(1009)
		}},
		{"what cannot be inflated", 10, func(a *attacker) error {
			if err := a.upgrade(lobby+"ws", "Sec-WebSocket-Extensions: permessage-deflate\r\n"); err != nil {
				return err
			}
			a.Write(frame(0xc1, "\xff\xff\xff\xff\xff"))
			return a.closeCode(1007)
		}},
		{"foreign origins", 20, func(a *attacker) error {
			for _, path := range []string{lobby + "ws", socketIOPath} {
				a.say("GET %s HTTP/1.1\r\nHost: x\r\nOrigin: https://evil.example\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"+
					"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n", path)
				if err := a.status(403); err != nil {
					return fmt.Errorf("%s: %w", path, err)
				}
			}
			return nil
		}},
	}
	for path, extra := range map[string]string{
		lobby + "ws": "", lobby + "ws?after=0": "Sec-WebSocket-Extensions: permessage-deflate\r\n",
		lobby + "ws?batch=true": "", socketIOPath + "&room=lobby": "",
	} {
		list = append(list, attack{"never reads " + path, 4, func(a *attacker) error {
			if err := a.upgrade(path, extra); err != nil {
				return err
			}
			a.Conn.(*net.TCPConn).SetReadBuffer(4 << 10)
			if path == socketIOPath+"&room=lobby" {
				a.Write(frame(0x81, "40"))
			}
			if err := a.floodRoom(); err != nil {
				return err
			}
			return a.ended()
		}})
	}
	list = append(list, attack{"never reads events", 4, func(a *attacker) error {
		a.Conn.(*net.TCPConn).SetReadBuffer(4 << 10)
		a.say("GET %sevents HTTP/1.1\r\nHost: x\r\n\r\n", lobby)
		if _, err := a.ReadByte(); err != nil {
			return err
		}
		if err := a.floodRoom(); err != nil {
			return err
		}
		return a.ended()
	}})
	return append(list, attack{"a session that never asks", 4, func(a *attacker) error {
		sid, err := a.session()
		if err != nil {
			return err
		}
		a.post(sid, "40")
		if err := a.status(200); err != nil {
			return err
		}
		if err := a.floodRoom(); err != nil {
			return err
		}
		a.say("GET /socket.io/?EIO=4&transport=polling&sid=%s HTTP/1.1\r\nHost: x\r\n\r\n", sid)
		return a.status(400)
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
func (a *attacker) floodRoom() error {
	client := &http.Client{Timeout: patience}
	defer client.CloseIdleConnections()
	text := make([]byte, 2000)
	for range 1500 {
		for i := range text {
			text[i] = byte('a' + rand.N(26)) // compresses badly
		}
		res, err := client.Post("http://"+a.addr+lobby+"messages", "application/json", strings.NewReader(`{"user":"eve","text":"`+string(text)+`"}`))
		if err != nil {
			return err
		}
		res.Body.Close()
		if res.StatusCode != 201 {
			return fmt.Errorf("a message was answered by %s", res.Status)
		}
	}
	return nil
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
			gone := time.Now() // each has closed
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

func strike(addr string, attack attack) error {
	c, err := net.Dial("tcp", addr)
	if err != nil {
		return err
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(patience))
	return attack.do(&attacker{addr: addr, Conn: c, Reader: bufio.NewReader(c)})
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
func (p *process) awaitDescriptors(t *testing.T, gone time.Time) {
	t.Helper()
	again := time.NewTicker(10 * time.Millisecond)
	defer again.Stop()
	for {
		// Taken before the look: what is found free late may have been free in time.
		held := time.Since(gone)
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
