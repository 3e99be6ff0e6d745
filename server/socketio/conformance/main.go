// Command conformance serves what the official test suites of Engine.IO 4 and
// Socket.IO 5 expect of a server, and a plain WebSocket echo, so that anybody can
// hold the protocols of this module against the suites.
//
//	/engine.io/  echoes every Engine.IO message
//	/socket.io/  the namespaces / and /custom; emits "auth" with the handshake's
//	             auth, answers "message" by "message-back", and acknowledges
//	             "message-with-ack", with the arguments that it got
//	/ws-echo     echoes every WebSocket message of up to 16 MiB
package main

import (
	"context"
	"io"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/gorilla/websocket"

	"github.com/pollpush/pollpush/internal/serving"
	"github.com/pollpush/pollpush/server/socketio"
	"github.com/pollpush/pollpush/server/socketio/engine"
	"github.com/pollpush/pollpush/server/wire"
)

func main() { serving.Main(command()) }

const (
	headerTimeout   = 10 * time.Second
	shutdownTimeout = 3 * time.Second
)

// settings are those that the test suites are written for.
func settings() engine.Config {
	return engine.Config{PingInterval: 300 * time.Millisecond, PingTimeout: 200 * time.Millisecond, MaxPayload: 1_000_000}
}

type flags struct {
	Listen string `default:"127.0.0.1:3000" placeholder:"HOST:PORT" help:"Address to serve on; port 0 takes a free one (${default}, where the suites look)."`
}

func command() serving.Program {
	var f flags
	return serving.Program{
		Name:        "conformance",
		Description: "Serves what the test suites of Engine.IO 4, Socket.IO 5 and WebSocket expect.",
		Flags:       &f, Listen: &f.Listen,
		Start: func(l net.Listener, _ io.Writer) (serving.Server, error) { return start(l), nil },
	}
}

func start(listener net.Listener) serving.Server {
	config := settings()
	config.Open = func(s *engine.Session, _ *http.Request) engine.Handler { return echo{s} }
	engineIO := engine.New(config)
	socketIO := socketio.New(socketio.Config{
		Engine:         settings(),
		ConnectTimeout: time.Second,
		Namespaces:     map[string]*socketio.Namespace{"/": namespace(), "/custom": namespace()},
	})
	sockets := newEchoes()
	routes := http.NewServeMux()
	routes.Handle("/engine.io/", engineIO)
	routes.Handle("/socket.io/", socketIO)
	routes.Handle("/ws-echo", sockets)
	server := &http.Server{Handler: routes, ReadHeaderTimeout: headerTimeout}
	end := func() {
		soon, cancel := context.WithTimeout(context.Background(), shutdownTimeout)
		defer cancel()
		var closing sync.WaitGroup
		closing.Go(func() { engineIO.Close(soon) })
		closing.Go(func() { socketIO.Close(soon) })
		closing.Go(func() { sockets.open.Close(soon, wire.CloseFrame(websocket.CloseGoingAway, "shutting down")) })
		closing.Wait()
		if server.Shutdown(soon) != nil {
			server.Close()
		}
	}
	return serving.Server{
		Line:  serving.Line{URL: "http://" + listener.Addr().String()},
		Serve: func() error { return server.Serve(wire.Listen(listener, &wire.Tally{}, nil)) },
		Close: end,
	}
}
