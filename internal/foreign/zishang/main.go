// Zishang is a chat on the Go library for Socket.IO that we have not taken,
// github.com/zishang520/socket.io: as much of the contract as
// BenchmarkBroadcast needs. It is a module of its own, so that nobody else pays
// for what the library brings.
package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"

	"github.com/zishang520/socket.io/servers/socket/v3"
)

type message struct {
	ID   int    `json:"id"`
	Room string `json:"room"`
	User string `json:"user"`
	Text string `json:"text"`
	At   int64  `json:"at"`
}

// chat gives ids, and sends messages in their order.
type chat struct {
	io *socket.Server

	mu   sync.Mutex
	last map[string]int // by room
}

// hear takes [{user, text}, acknowledge].
func (c *chat) hear(room string, args []any) {
	said, _ := args[0].(map[string]any)
	user, _ := said["user"].(string)
	text, _ := said["text"].(string)
	c.mu.Lock()
	c.last[room]++
	m := message{c.last[room], room, user, text, time.Now().UnixMilli()}
	c.io.To(socket.Room("room:"+room)).Emit("chat message", m)
	c.mu.Unlock()
	if acknowledge, ok := args[len(args)-1].(socket.Ack); ok {
		acknowledge([]any{m}, nil)
	}
}

func main() {
	c := &chat{io: socket.NewServer(nil, nil), last: map[string]int{}}
	c.io.On("connection", func(args ...any) {
		k := args[0].(*socket.Socket)
		room := k.Handshake().Query.Query().Get("room")
		k.Join(socket.Room("room:" + room))
		k.On("chat message", func(args ...any) { c.hear(room, args) })
	})
	http.Handle("/socket.io/", c.io.ServeHandler(nil))
	// A target is asked for this before any load.
	http.HandleFunc("GET /api/rooms/{room}/messages", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		io.WriteString(w, `{"messages":[],"last":0}`)
	})

	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(3)
	}
	go http.Serve(l, nil)
	json.NewEncoder(os.Stdout).Encode(map[string]any{"url": "http://" + l.Addr().String(), "pid": os.Getpid()})
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGTERM)
	go func() {
		io.Copy(io.Discard, os.Stdin) // it does not outlive who started it
		close(stop)
	}()
	<-stop
}
