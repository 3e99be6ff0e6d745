package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"sync"
	"time"

	"github.com/alecthomas/kong"

	"github.com/pollpush/pollpush/server/socketio"
	"github.com/pollpush/pollpush/server/socketio/engine"
	"github.com/pollpush/pollpush/server/wire"
)

// Exit codes.
const (
	fine   = 0
	broken = 1 // serving ended by an error
	usage  = 2
	cannot = 3 // the environment refuses, such as an address in use
)

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

// run serves until ctx is done and returns the exit code. On stdout it prints one
// line of JSON, the server's URL and process id, once it accepts connections.
func run(ctx context.Context, stdout, stderr io.Writer, args []string) int {
	var f flags
	helped := false
	parser, err := kong.New(&f,
		kong.Name("conformance"),
		kong.Description("Serves what the test suites of Engine.IO 4, Socket.IO 5 and WebSocket expect."),
		kong.Writers(stdout, stderr),
		kong.Exit(func(int) { helped = true }),
	)
	if err != nil {
		panic(err) // the flags above are wrong
	}
	_, err = parser.Parse(args)
	if helped {
		return fine
	}
	if err != nil {
		fmt.Fprintf(stderr, "conformance: %v (see conformance --help)\n", err)
		return usage
	}
	listener, err := net.Listen("tcp", f.Listen)
	if err != nil {
		fmt.Fprintf(stderr, "conformance: %v; choose another address by --listen\n", err)
		return cannot
	}

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
	served := make(chan error, 1)
	go func() { served <- server.Serve(wire.Listen(listener, &wire.Tally{})) }()

	line, err := json.Marshal(struct {
		URL string `json:"url"`
		PID int    `json:"pid"`
	}{"http://" + listener.Addr().String(), os.Getpid()})
	if err != nil {
		panic(err) // a string and an integer always encode
	}
	fmt.Fprintf(stdout, "%s\n", line)

	code := fine
	select {
	case <-ctx.Done():
	case err := <-served:
		fmt.Fprintf(stderr, "conformance: serving ended: %v\n", err)
		code = broken
	}
	soon, cancel := context.WithTimeout(context.Background(), shutdownTimeout)
	defer cancel()
	var closing sync.WaitGroup
	closing.Go(func() { engineIO.Close(soon) })
	closing.Go(func() { socketIO.Close(soon) })
	closing.Go(sockets.close)
	closing.Wait()
	if server.Shutdown(soon) != nil {
		server.Close()
	}
	return code
}
