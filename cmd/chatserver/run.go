package main

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"slices"
	"time"

	"github.com/alecthomas/kong"

	"github.com/pollpush/pollpush/internal/certificate"
	"github.com/pollpush/pollpush/server"
)

// Exit codes.
const (
	fine   = 0
	broken = 1 // serving ended by an error
	usage  = 2
	cannot = 3 // the environment refuses, such as an address in use
)

// shutdownTimeout is when a graceful end becomes an end.
const shutdownTimeout = 4 * time.Second

type flags struct {
	Listen        string        `default:"127.0.0.1:8080" placeholder:"HOST:PORT" help:"Address to serve on; port 0 takes a free one (${default})."`
	History       int           `default:"1000" placeholder:"N" help:"Messages kept per room (${default})."`
	Backlog       int           `default:"1048576" placeholder:"BYTES" help:"Bytes that may wait for a connection whose peer does not read, before it is closed (${default})."`
	Idle          time.Duration `default:"2m" placeholder:"DURATION" help:"How long a connection may lie idle between two requests, before it is closed (${default}); more than the interval of those that poll."`
	Origins       []string      `placeholder:"URL,…" help:"Origins, beside the server's own, whose pages may open WebSockets, such as https://example.org."`
	Deflate       bool          `help:"Agree to compress WebSockets (permessage-deflate) with clients that offer it."`
	Batch         time.Duration `default:"50ms" placeholder:"DURATION" help:"How long messages are gathered for WebSockets that ask for batches (${default}); 0s does not offer it."`
	TLS           bool          `name:"tls" help:"Serve https, by TLS 1.3, with a certificate made on the spot; the first line tells it."`
	Pprof         string        `placeholder:"HOST:PORT" help:"Serve Go's profiles there, under /debug/pprof/; a loopback address. Not offered without."`
	ExitWithStdin bool          `help:"End gracefully when standard input ends, so that the server does not outlive who started it."`
}

// Validate is called by kong.
func (f flags) Validate() error {
	if f.History < 1 {
		return fmt.Errorf("--history %d: want at least 1 message", f.History)
	}
	if f.Backlog < 1 {
		return fmt.Errorf("--backlog %d: want at least 1 byte", f.Backlog)
	}
	if f.Idle <= 0 {
		return fmt.Errorf("--idle %v: want more than 0", f.Idle)
	}
	if f.Batch < 0 {
		return fmt.Errorf("--batch %v: want at least 0s", f.Batch)
	}
	if f.Pprof != "" {
		if err := checkPprof(f.Pprof); err != nil {
			return err
		}
	}
	if err := server.CheckOrigins(f.Origins); err != nil {
		return fmt.Errorf("--origins: %w", err)
	}
	return nil
}

// run serves until ctx is done, or stdin ends where the flags ask for it, and
// returns the exit code. On stdout it prints one line of JSON, the server's URL
// and process id, its certificate where it serves https, and where its profiles
// are if they are asked for, once it accepts connections.
//
// The descriptor limit needs no raising: the Go runtime has raised it to the
// hard limit at start.
func run(ctx context.Context, stdin io.Reader, stdout, stderr io.Writer, args []string) int {
	var f flags
	helped := false
	parser, err := kong.New(&f,
		kong.Name("chatserver"),
		kong.Description("Serves one chat by polling, Server-Sent Events, WebSocket and Socket.IO."),
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
		fmt.Fprintf(stderr, "chatserver: %v (see chatserver --help)\n", err)
		return usage
	}
	log := slog.New(slog.NewTextHandler(stderr, nil))

	listener, err := net.Listen("tcp", f.Listen)
	if err != nil {
		fmt.Fprintf(stderr, "chatserver: %v; choose another address by --listen\n", err)
		return cannot
	}
	profiles := ""
	if f.Pprof != "" {
		apart, err := net.Listen("tcp", f.Pprof)
		if err != nil {
			listener.Close()
			fmt.Fprintf(stderr, "chatserver: %v; choose another address by --pprof\n", err)
			return cannot
		}
		defer apart.Close()
		go serveProfiles(apart)
		profiles = "http://" + apart.Addr().String()
	}
	if f.ExitWithStdin {
		var stop context.CancelFunc
		ctx, stop = context.WithCancel(ctx)
		go func() {
			io.Copy(io.Discard, stdin) // an error ends it as well
			stop()
		}()
	}
	config := server.Config{
		History: f.History, Backlog: f.Backlog, Idle: f.Idle, Origins: f.Origins,
		Deflate: f.Deflate, Batch: f.Batch, Log: log,
	}
	url, trust := "http://"+listener.Addr().String(), ""
	if f.TLS {
		var own tls.Certificate
		if own, trust, err = certificate.New(hosts(f.Listen)...); err != nil {
			listener.Close()
			fmt.Fprintf(stderr, "chatserver: %v\n", err)
			return cannot
		}
		config.Certificate, url = &own, "https://"+listener.Addr().String()
	}
	s := server.New(config)
	served := make(chan error, 1)
	go func() { served <- s.Serve(listener) }()

	log.Info("serving", "url", url)
	line, err := json.Marshal(struct {
		URL         string `json:"url"`
		PID         int    `json:"pid"`
		Certificate string `json:"certificate,omitempty"` // in PEM
		Pprof       string `json:"pprof,omitempty"`
	}{url, os.Getpid(), trust, profiles})
	if err != nil {
		panic(err) // a string and an integer always encode
	}
	fmt.Fprintf(stdout, "%s\n", line)

	code := fine
	select {
	case <-ctx.Done():
	case err := <-served:
		log.Error("serving ended", "error", err)
		code = broken
	}
	log.Info("shutting down")
	soon, cancel := context.WithTimeout(context.Background(), shutdownTimeout)
	defer cancel()
	if err := s.Shutdown(soon); err != nil {
		log.Warn("shutdown cut short", "error", err)
	}
	return code
}

// hosts are those that a certificate is for: this one, by whatever name, and the
// one of the address to listen on.
func hosts(listen string) []string {
	all := []string{"127.0.0.1", "::1", "localhost"}
	host, _, err := net.SplitHostPort(listen)
	if ip := net.ParseIP(host); err != nil || host == "" || ip.IsUnspecified() || slices.Contains(all, host) {
		return all
	}
	return append(all, host)
}
