// Package serving runs programs that serve until they are told to end.
package serving

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"

	"github.com/alecthomas/kong"

	"github.com/pollpush/pollpush/internal/interrupt"
)

// Exit codes.
const (
	Fine   = 0
	Broken = 1 // serving ended by an error
	Usage  = 2
	Cannot = 3 // the environment refuses, such as an address in use
)

// Program is a server's command line.
type Program struct {
	Name, Description string

	Flags         any     // what kong fills: a pointer to a struct
	Listen        *string // its flag --listen
	ExitWithStdin *bool   // its flag --exit-with-stdin; nil without one

	// Start prepares a server for the listener, after the flags have been read.
	Start func(listener net.Listener, stderr io.Writer) (Server, error)
}

// Server is a program's server, ready to accept connections.
type Server struct {
	Line  Line
	Serve func() error // returns when serving ends
	Close func()       // ends it gracefully, and frees what Start has taken
}

// Line is what a program prints on stdout, as JSON, once it accepts connections.
type Line struct {
	URL         string `json:"url"`
	PID         int    `json:"pid"`                   // set by Run
	Certificate string `json:"certificate,omitempty"` // in PEM, of a server of https
	Pprof       string `json:"pprof,omitempty"`       // URL of its profiles
}

// Main runs the program until a signal ends it, and exits.
func Main(p Program) {
	ctx, stop := interrupt.Context(context.Background())
	code := p.Run(ctx, os.Stdin, os.Stdout, os.Stderr, os.Args[1:])
	stop()
	os.Exit(code)
}

// Run serves until ctx is done, or stdin ends where the flags ask for it, and
// returns the exit code.
//
// The descriptor limit needs no raising: the Go runtime has raised it to the
// hard limit at start.
func (p Program) Run(ctx context.Context, stdin io.Reader, stdout, stderr io.Writer, args []string) int {
	if code, end := p.parse(stdout, stderr, args); end {
		return code
	}
	listener, err := net.Listen("tcp", *p.Listen)
	if err != nil {
		return p.fail(stderr, Cannot, "%v; choose another address with --listen", err)
	}
	if p.ExitWithStdin != nil && *p.ExitWithStdin {
		var stop context.CancelFunc
		ctx, stop = context.WithCancel(ctx)
		go func() {
			io.Copy(io.Discard, stdin) // an error ends it as well
			stop()
		}()
	}
	s, err := p.Start(listener, stderr)
	if err != nil {
		listener.Close()
		return p.fail(stderr, Cannot, "%v", err)
	}
	defer s.Close()
	served := make(chan error, 1)
	go func() { served <- s.Serve() }()

	s.Line.PID = os.Getpid()
	line, err := json.Marshal(s.Line)
	if err != nil {
		panic(err) // strings and an integer always encode
	}
	fmt.Fprintf(stdout, "%s\n", line)
	select {
	case <-ctx.Done():
		return Fine
	case err := <-served:
		return p.fail(stderr, Broken, "serving failed: %v", err)
	}
}

// parse reads the flags; end says that the program has nothing more to do.
func (p Program) parse(stdout, stderr io.Writer, args []string) (code int, end bool) {
	helped := false
	parser, err := kong.New(p.Flags,
		kong.Name(p.Name),
		kong.Description(p.Description),
		kong.Writers(stdout, stderr),
		kong.Exit(func(int) { helped = true }),
	)
	if err != nil {
		panic(err) // the flags are wrong
	}
	_, err = parser.Parse(args)
	if err != nil && !helped {
		return p.fail(stderr, Usage, "%v (see %s --help)", err, p.Name), true
	}
	return Fine, helped
}

func (p Program) fail(stderr io.Writer, code int, format string, values ...any) int {
	fmt.Fprintf(stderr, p.Name+": "+format+"\n", values...)
	return code
}
