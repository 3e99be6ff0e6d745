package main

import (
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"time"

	"github.com/pollpush/pollpush/internal/certificate"
	"github.com/pollpush/pollpush/internal/nulltarget"
	"github.com/pollpush/pollpush/internal/serving"
)

type flags struct {
	Listen        string        `default:"127.0.0.1:0" placeholder:"HOST:PORT" help:"Address to serve on; port 0 takes a free one (${default})."`
	Delay         time.Duration `placeholder:"DURATION" help:"Time from accepting a message to delivering it to every client (0s)."`
	Lose          int           `placeholder:"N" help:"Lose the second of every N messages; 0 loses none (${default})." default:"0"`
	Again         int           `placeholder:"N" help:"Deliver the fourth of every N messages twice; 0 repeats none (${default})." default:"0"`
	Swap          int           `placeholder:"N" help:"Deliver the sixth of every N messages after its successor; 0 swaps none (${default})." default:"0"`
	StallAt       time.Duration `placeholder:"DURATION" help:"Time from a room's first message until its stall begins (0s)."`
	Stall         time.Duration `placeholder:"DURATION" help:"Length of the stall; messages due in it are delivered at its end (0s)."`
	TLS           bool          `name:"tls" help:"Serve https with a temporary certificate, printed in the line with the address."`
	ExitWithStdin bool          `help:"Exit when standard input ends, so that the server does not outlive its parent."`
}

// leastRow is the shortest row of messages that has a place for each fault.
const leastRow = 8

// Validate is called by kong.
func (f flags) Validate() error {
	for name, d := range map[string]time.Duration{"--delay": f.Delay, "--stall-at": f.StallAt, "--stall": f.Stall} {
		if d < 0 {
			return fmt.Errorf("%s %v: want at least 0s", name, d)
		}
	}
	for name, n := range map[string]int{"--lose": f.Lose, "--again": f.Again, "--swap": f.Swap} {
		if n != 0 && n < leastRow {
			return fmt.Errorf("%s %d: want 0 for none, or at least %d", name, n, leastRow)
		}
	}
	return nil
}

func command() serving.Program {
	var f flags
	return serving.Program{
		Name:        "nulltarget",
		Description: "Serves a chat with as little work as possible, a known delay and known faults.",
		Flags:       &f, Listen: &f.Listen, ExitWithStdin: &f.ExitWithStdin,
		Start: func(listener net.Listener, _ io.Writer) (serving.Server, error) {
			s := nulltarget.New(nulltarget.Config{
				Delay: f.Delay, StallAt: f.StallAt, Stall: f.Stall, Fault: nulltarget.Every(f.Lose, f.Again, f.Swap),
			})
			line := serving.Line{URL: "http://" + listener.Addr().String()}
			if f.TLS {
				host, _, _ := net.SplitHostPort(listener.Addr().String())
				own, trust, err := certificate.New(host)
				if err != nil {
					return serving.Server{}, err
				}
				line.URL, line.Certificate = "https"+line.URL[len("http"):], trust
				listener = tls.NewListener(listener, &tls.Config{Certificates: []tls.Certificate{own}, MinVersion: tls.VersionTLS13})
			}
			return serving.Server{
				Line:  line,
				Serve: func() error { return s.Serve(listener) },
				Close: func() { _ = s.Close() }, // of a listener that may have ended
			}, nil
		},
	}
}
