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
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// maxGrowth is how much memory an attack may make the server take.
const maxGrowth = 32 << 20

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

// closeCode reads frames until the server closes.
func (a *attacker) closeCode(want int) error {
	for {
		head := make([]byte, 2)
		if _, err := io.ReadFull(a.Reader, head); err != nil {
			return fmt.Errorf("no close frame but %w, want %d", err, want)
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
		payload := make([]byte, n)
		if _, err := io.ReadFull(a.Reader, payload); err != nil {
			return fmt.Errorf("a frame cut short: %w", err)
		}
		if head[0]&0x0f != 8 {
			continue
		}
		if n < 2 || int(binary.BigEndian.Uint16(payload)) != want {
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

// each strikes once with each packet, over a connection of its own.
func (a *attacker) each(packets []string, do func(*attacker, string) error) error {
	for _, packet := range packets {
		if err := strike(a.addr, attack{do: func(a *attacker) error { return do(a, packet) }}); err != nil {
			return fmt.Errorf("packet %.40q: %w", packet, err)
		}
	}
	return nil
}

const (
	lobby        = "/api/rooms/lobby/"
	socketIOPath = "/socket.io/?EIO=4&transport=websocket"
)

// engineIO are packets that no client may send, and socketIO those that no
// client may send once it is connected.
var (
	engineIO = []string{"", "x", "7", "b", "b!!!!", "bAA=A", "9\x1e", "4\x1e\x1e", "0{}", "1\x1e1", strings.Repeat("\x1e", 5000), "\xff\xfe"}
	socketIO = []string{
		"4", "47", "49", "4x", "42", "42[", "42{}", `42"chat message"`, "42[]", "42[7]", `42["connect"]`, `42/unknown,["chat message","x"]`,
		"43", "43[]", "431", `451-["x"]`, `451-["x",{"_placeholder":true,"num":7}]`, `4599-["x",{"_placeholder":true,"num":0}]`,
		`45999999999999999999-["x"]`, `461-[1]`, "44{}", `4299999999999999999999["x"]`, "42" + strings.Repeat("[", 5000), `42["chat message","` + "\xff" + `"]`,
	}
)

func attacks() []attack {
	list := []attack{
		{"what is no Engine.IO packet, by POST", 3, func(a *attacker) error {
			return a.each(engineIO, func(a *attacker, packet string) error {
				sid, err := a.session()
				if err != nil {
					return err
				}
				a.post(sid, packet)
				return a.status(200, 400, 413)
			})
		}},
		{"what is no Engine.IO packet, by frame", 3, func(a *attacker) error {
			return a.each(engineIO, func(a *attacker, packet string) error {
				if err := a.upgrade(socketIOPath, ""); err != nil {
					return err
				}
				a.Write(append(frame(0x81, packet), frame(0x81, "1")...))
				return a.ended()
			})
		}},
		{"what is no Socket.IO packet", 3, func(a *attacker) error {
			return a.each(socketIO, func(a *attacker, packet string) error {
				if err := a.upgrade(socketIOPath, ""); err != nil {
					return err
				}
				a.Write(append(frame(0x81, "40"), append(frame(0x81, packet), frame(0x81, "1")...)...))
				return a.ended()
			})
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
			return a.status(413, 400)
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
				if err := a.status(403, 400); err != nil {
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
			if grown := p.memory(t, "VmHWM:") - memory; grown > maxGrowth {
				t.Errorf("the server's memory grew by %d MiB", grown>>20)
			}
			// Sessions that poll hold no descriptor; those of others are gone.
			p.awaitDescriptors(t)
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
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != 200 {
		t.Fatalf("%s: %s %v", path, res.Status, err)
	}
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
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(status), field)
	kib, err := strconv.ParseInt(strings.Fields(rest)[0], 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return kib << 10
}

// awaitDescriptors returns when the server holds no connection any more.
func (p *process) awaitDescriptors(t *testing.T) {
	t.Helper()
	deadline := time.Now().Add(patience)
	for {
		sockets := 0
		folder := fmt.Sprintf("/proc/%d/fd", p.PID)
		list, err := os.ReadDir(folder)
		if err != nil {
			t.Fatal(err)
		}
		for _, fd := range list {
			if target, err := os.Readlink(folder + "/" + fd.Name()); err == nil && strings.HasPrefix(target, "socket:") {
				sockets++
			}
		}
		if sockets == 1 { // it listens
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("the server still holds %d sockets", sockets)
		}
		runtime.Gosched()
	}
}
