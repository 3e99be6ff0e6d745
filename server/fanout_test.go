package server

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"gotest.tools/v3/assert"

	"github.com/pollpush/pollpush/server/wire"
)

// The clients of BenchmarkFanout run in a process of their own, so that their
// cost is not in the figures: the test binary, started again with fanoutClients
// set to "ADDRESS N".
const (
	fanoutClients = "POLLPUSH_FANOUT_CLIENTS"
	fanoutConns   = "POLLPUSH_FANOUT_CONNS" // how many connections, default 500
)

func TestMain(m *testing.M) {
	if order := os.Getenv(fanoutClients); order != "" {
		if err := runFanoutClients(order); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// runFanoutClients opens N WebSockets, then prints one line, and another each
// time that all of them have got a frame more. It ends with its stdin.
func runFanoutClients(order string) error {
	addr, count, _ := strings.Cut(order, " ")
	n, err := strconv.Atoi(count)
	if err != nil {
		return err
	}
	var frames atomic.Int64
	for i := range n {
		ws, _, err := (&websocket.Dialer{ReadBufferSize: 512, WriteBufferSize: 256}).Dial("ws://"+addr+"/api/rooms/lobby/ws", nil)
		if err != nil {
			return fmt.Errorf("client %d: %w", i, err)
		}
		ws.NetConn().(*net.TCPConn).SetLinger(0) // a port in TIME_WAIT is one less for the next run
		go func() {
			var s wire.FrameScanner
			buffer := make([]byte, 512)
			for {
				read, err := ws.NetConn().Read(buffer)
				if err != nil {
					return
				}
				for range s.Scan(buffer[:read]) {
					if frames.Add(1)%int64(n) == 0 {
						fmt.Println()
					}
				}
			}
		}()
	}
	fmt.Println()
	_, err = io.Copy(io.Discard, os.Stdin)
	return err
}

// BenchmarkFanout measures the server's CPU for one message reaching one client,
// a message at a time, so that nothing is coalesced: our fan-out beside the
// usual one, a goroutine per connection that writes with gorilla what it gets
// by a channel. It is the ratio of the two that holds on other machines.
func BenchmarkFanout(b *testing.B) {
	n := 500
	if s := os.Getenv(fanoutConns); s != "" {
		var err error
		if n, err = strconv.Atoi(s); err != nil {
			b.Fatalf("%s: %v", fanoutConns, err)
		}
	}
	b.Run("dispatchers", func(b *testing.B) {
		s := New(Config{})
		l := listen(b)
		go s.Serve(l)
		defer s.Shutdown(b.Context())
		room, err := s.hub.Room("lobby")
		assert.NilError(b, err)
		measureFanout(b, l, n, func(text string) {
			_, err := room.Post("ada", text)
			assert.NilError(b, err)
		})
	})
	b.Run("goroutines", func(b *testing.B) {
		p := &perConnection{sockets: map[chan []byte]bool{}}
		l := listen(b)
		server := &http.Server{Handler: p}
		go server.Serve(l)
		defer server.Close()
		defer p.close()
		measureFanout(b, l, n, p.post)
	})
}

func listen(b *testing.B) net.Listener {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	assert.NilError(b, err)
	return l
}

func measureFanout(b *testing.B, l net.Listener, n int, post func(text string)) {
	clients := exec.Command(os.Args[0])
	clients.Env = append(os.Environ(), fmt.Sprintf("%s=%s %d", fanoutClients, l.Addr(), n))
	clients.Stderr = os.Stderr
	stdin, err := clients.StdinPipe()
	assert.NilError(b, err)
	stdout, err := clients.StdoutPipe()
	assert.NilError(b, err)
	assert.NilError(b, clients.Start())
	defer clients.Wait()
	defer stdin.Close()
	ready := bufio.NewReader(stdout)
	round := func() {
		_, err := ready.ReadString('\n')
		assert.NilError(b, err)
	}
	round()
	text := strings.Repeat("hello ", 20)
	post(text) // brings every stack and buffer to its size
	round()
	before := cpu(b)
	for b.Loop() {
		post(text)
		round()
	}
	b.ReportMetric(float64((cpu(b)-before).Nanoseconds())/1e3/float64(b.N*n), "cpu-µs/delivery")
}

// cpu returns what this process has used so far, user and system.
func cpu(b *testing.B) time.Duration {
	var u syscall.Rusage
	assert.NilError(b, syscall.Getrusage(syscall.RUSAGE_SELF, &u))
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// perConnection is the usual fan-out.
type perConnection struct {
	mu      sync.Mutex
	sockets map[chan []byte]bool
	id      int
}

func (p *perConnection) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	messages := make(chan []byte, 16)
	p.mu.Lock()
	p.sockets[messages] = true // before the answer: who has it misses nothing
	p.mu.Unlock()
	ws, err := new(websocket.Upgrader).Upgrade(w, r, nil)
	if err != nil {
		panic(err)
	}
	go func() {
		defer ws.Close()
		for m := range messages {
			if ws.WriteMessage(websocket.TextMessage, m) != nil {
				return
			}
		}
	}()
	ws.ReadMessage()
}

func (p *perConnection) post(text string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.id++
	m := fmt.Appendf(nil, `{"id":%d,"room":"lobby","user":"ada","text":%q,"at":%d}`, p.id, text, time.Now().UnixMilli())
	for messages := range p.sockets {
		messages <- m
	}
}

func (p *perConnection) close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for messages := range p.sockets {
		close(messages)
	}
}
