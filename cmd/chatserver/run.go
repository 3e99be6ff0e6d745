package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"slices"
	"time"

	"github.com/pollpush/pollpush/internal/certificate"
	"github.com/pollpush/pollpush/internal/serving"
	"github.com/pollpush/pollpush/server"
)

// shutdownTimeout is how long a graceful shutdown may take.
const shutdownTimeout = 4 * time.Second

type flags struct {
	Listen        string        `default:"127.0.0.1:8080" placeholder:"HOST:PORT" help:"Address to serve on; port 0 takes a free one (${default})."`
	History       int           `default:"1000" placeholder:"N" help:"Messages kept per room (${default})."`
	Backlog       int           `default:"1048576" placeholder:"BYTES" help:"Most bytes queued for a connection whose peer does not read; beyond that it is closed (${default})."`
	Idle          time.Duration `default:"2m" placeholder:"DURATION" help:"Idle time between two requests after which a connection is closed (${default}); longer than any client's poll interval."`
	Origins       []string      `placeholder:"URL,…" help:"Other origins whose pages may open WebSockets, such as https://example.org."`
	Deflate       bool          `help:"Compress WebSockets (permessage-deflate) for clients that offer it."`
	Batch         time.Duration `default:"50ms" placeholder:"DURATION" help:"Time over which messages are gathered for WebSockets that ask for batches (${default}); 0s turns batching off."`
	TLS           bool          `name:"tls" help:"Serve HTTPS (TLS 1.3) with a temporary certificate, which the first line of output contains."`
	Pprof         string        `placeholder:"HOST:PORT" help:"Loopback address on which to serve Go's profiles, under /debug/pprof/ (none)."`
	ExitWithStdin bool          `help:"Shut down gracefully when standard input ends, so that the server does not outlive its parent."`
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

func command() serving.Program {
	var f flags
	return serving.Program{
		Name:        "chatserver",
		Description: "Serves one chat over polling, Server-Sent Events, WebSocket and Socket.IO.",
		Flags:       &f, Listen: &f.Listen, ExitWithStdin: &f.ExitWithStdin,
		Start: func(l net.Listener, stderr io.Writer) (serving.Server, error) { return f.start(l, stderr) },
	}
}

func (f flags) start(listener net.Listener, stderr io.Writer) (serving.Server, error) {
	log := slog.New(slog.NewTextHandler(stderr, nil))
	config := server.Config{
		History: f.History, Backlog: f.Backlog, Idle: f.Idle, Origins: f.Origins,
		Deflate: f.Deflate, Batch: f.Batch, Log: log,
	}
	line := serving.Line{URL: "http://" + listener.Addr().String()}
	if f.TLS {
		own, trust, err := certificate.New(hosts(f.Listen)...)
		if err != nil {
			return serving.Server{}, err
		}
		config.Certificate, line.Certificate, line.URL = &own, trust, "https://"+listener.Addr().String()
	}
	profiles := func() error { return nil }
	if f.Pprof != "" {
		apart, err := net.Listen("tcp", f.Pprof)
		if err != nil {
			return serving.Server{}, fmt.Errorf("%w; choose another address with --pprof", err)
		}
		go serveProfiles(apart)
		line.Pprof, profiles = "http://"+apart.Addr().String(), apart.Close
	}
	s := server.New(config)
	log.Info("serving", "url", line.URL)
	end := func() {
		log.Info("shutting down")
		soon, cancel := context.WithTimeout(context.Background(), shutdownTimeout)
		defer cancel()
		if err := s.Shutdown(soon); err != nil {
			log.Warn("shutdown cut short", "error", err)
		}
		profiles()
	}
	return serving.Server{Line: line, Serve: func() error { return s.Serve(listener) }, Close: end}, nil
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
