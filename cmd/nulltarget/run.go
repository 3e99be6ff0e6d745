package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"time"

	"github.com/alecthomas/kong"

	"github.com/pollpush/pollpush/internal/nulltarget"
)

// Exit codes.
const (
	fine   = 0
	broken = 1 // serving ended by an error
	usage  = 2
	cannot = 3 // the environment refuses, such as an address in use
)

type flags struct {
	Listen        string        `default:"127.0.0.1:0" placeholder:"HOST:PORT" help:"Address to serve on; port 0 takes a free one (${default})."`
	Delay         time.Duration `placeholder:"DURATION" help:"From a message's acceptance to its delivery to every client (0s)."`
	Lose          int           `placeholder:"N" help:"Lose the second of each N messages; 0 loses none (${default})." default:"0"`
	Again         int           `placeholder:"N" help:"Deliver the fourth of each N messages twice (${default})." default:"0"`
	Swap          int           `placeholder:"N" help:"Deliver the sixth of each N messages after its successor (${default})." default:"0"`
	StallAt       time.Duration `placeholder:"DURATION" help:"When, from a room's first message, it begins to stall (0s)."`
	Stall         time.Duration `placeholder:"DURATION" help:"For how long: what would be delivered in that time is delivered at its end (0s)."`
	ExitWithStdin bool          `help:"End when standard input does, so that the server does not outlive who started it."`
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

// run serves until ctx is done, or stdin ends where the flags ask for it, and
// returns the exit code. On stdout it prints one line of JSON, the server's URL
// and process id, once it accepts connections.
func run(ctx context.Context, stdin io.Reader, stdout, stderr io.Writer, args []string) int {
	var f flags
	helped := false
	parser, err := kong.New(&f,
		kong.Name("nulltarget"),
		kong.Description("Serves a chat with as little work as can be, with a known delay and known faults."),
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
		fmt.Fprintf(stderr, "nulltarget: %v (see nulltarget --help)\n", err)
		return usage
	}
	listener, err := net.Listen("tcp", f.Listen)
	if err != nil {
		fmt.Fprintf(stderr, "nulltarget: %v; choose another address by --listen\n", err)
		return cannot
	}
	if f.ExitWithStdin {
		var stop context.CancelFunc
		ctx, stop = context.WithCancel(ctx)
		go func() {
			io.Copy(io.Discard, stdin) // an error ends it as well
			stop()
		}()
	}
	s := nulltarget.New(nulltarget.Config{
		Delay: f.Delay, StallAt: f.StallAt, Stall: f.Stall, Fault: nulltarget.Every(f.Lose, f.Again, f.Swap),
	})
	served := make(chan error, 1)
	go func() { served <- s.Serve(listener) }()
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
		fmt.Fprintf(stderr, "nulltarget: serving ended: %v\n", err)
		code = broken
	}
	_ = s.Close() // of a listener that may have ended
	return code
}
