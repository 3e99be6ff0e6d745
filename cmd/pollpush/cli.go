package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/alecthomas/kong"

	"github.com/pollpush/pollpush/internal/calibration"
	"github.com/pollpush/pollpush/internal/control"
	"github.com/pollpush/pollpush/internal/proc"
	"github.com/pollpush/pollpush/internal/result"
	"github.com/pollpush/pollpush/internal/scenario"
	"github.com/pollpush/pollpush/internal/transport"
)

// Exit codes.
const (
	fine        = 0
	regression  = 1
	badInput    = 2
	refused     = 3 // by the environment or the target, before load
	invalidRun  = 4
	interrupted = 130
)

// commands is the command line.
type commands struct {
	Run       runCommand       `cmd:"" help:"Run scenarios and report the results."`
	Report    reportCommand    `cmd:"" help:"Rewrite the report of a run."`
	Compare   compareCommand   `cmd:"" help:"Compare two runs; exit 1 on a regression."`
	Ab        abCommand        `cmd:"" help:"Measure two servers alternately and compare them; exit 1 on a regression."`
	Scenarios scenariosCommand `cmd:"" help:"List the built-in scenarios, or print one."`
	Serve     serveCommand     `cmd:"" passthrough:"" help:"Serve the chat until interrupted (runs chatserver)."`
	Check     checkCommand     `cmd:"" help:"Report which transports of a server can be measured, and check the server against the chat contract, point by point; exit 1 if a point fails."`
	Probe     probeCommand     `cmd:"" help:"Print each message of a room as a line of JSON, until interrupted."`
	Calibrate calibrateCommand `cmd:"" help:"Measure what the load generator itself adds to the numbers on this machine."`
	Demo      demoCommand      `cmd:"" help:"Serve the chat with a trickle of messages, for a look in the browser."`

	Help    helpCommand    `cmd:"" help:"Print the flags of a command."`
	Version versionCommand `cmd:"" help:"Print the version."`

	VersionFlag kong.VersionFlag `name:"version" help:"Print the version and exit."`
}

// helpCommand stands in the list of commands: [runCommandLine] makes it a --help.
type helpCommand struct {
	Command string `arg:"" optional:"" help:"Name of the command."`
}

type versionCommand struct{}

// Run prints the version.
func (versionCommand) Run(s *session) error {
	_, err := fmt.Fprintln(s.stdout, vars()["version"])
	return err
}

func newCommands() commands {
	return commands{Run: runCommand{overrides: newOverrides()}, Ab: abCommand{overrides: newOverrides()}}
}

// session is what commands are run with.
type session struct {
	context.Context
	stdout, stderr *output
}

// sleep waits, and reports whether it was not interrupted meanwhile.
func (s *session) sleep(d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-s.Done():
		return false
	}
}

// run runs one command line and returns its exit code. What could not be printed,
// and was to be, is an error.
func run(ctx context.Context, stdout, stderr *output, args []string) int {
	code := runCommandLine(ctx, stdout, stderr, args)
	if err := stdout.failure(); err != nil && code == fine {
		return explain(stderr, err)
	}
	return code
}

func runCommandLine(ctx context.Context, stdout, stderr *output, args []string) int {
	c := newCommands()
	ended := false
	parser, err := kong.New(&c,
		kong.Name("pollpush"),
		kong.Description("Measures what a chat costs over polling and over push."),
		kong.Writers(stdout, stderr),
		kong.Exit(func(int) { ended = true }),
		vars(),
		kong.UsageOnError(),
		kong.ConfigureHelp(kong.HelpOptions{WrapUpperBound: stdout.width()}),
	)
	if err != nil {
		panic(err) // the commands above are wrong
	}
	if len(args) == 0 {
		args = []string{"help"}
	}
	if args[0] == "help" {
		args = append(slices.Clone(args[1:]), "--help")
	}
	parsed, err := parser.Parse(args)
	if ended { // --help or --version has been answered
		return fine
	}
	if err == nil {
		err = emptyList(parsed)
	}
	unprinted := stdout.failure() // of the help text: kong hands it on
	switch {
	case err == nil:
		err = parsed.Run(&session{ctx, stdout, stderr})
	case unprinted != nil:
		err = unprinted
	default:
		err = &usageError{err}
	}
	return explain(stderr, err)
}

// emptyList refuses a flag that takes a list and was given an empty one, as by a
// variable of the shell that is not set: the command would run as if without it.
func emptyList(c *kong.Context) error {
	for _, p := range c.Path {
		if p.Flag == nil || p.Flag.Target.Kind() != reflect.Slice {
			continue
		}
		if list := p.Flag.Target; list.Len() == 0 || list.Len() == 1 && list.Index(0).String() == "" {
			return fmt.Errorf("--%s \"\": give at least one, or omit the flag", p.Flag.Name)
		}
	}
	return nil
}

// vars are what the help texts of the commands speak of.
func vars() kong.Vars {
	return kong.Vars{
		"version": "pollpush " + spoken(version()), "transports": strings.Join(transport.Names(), ", "), "calibrations": calibrations, "live": liveAddress, "scenario": scenario.Default,
	}
}

// usageError is a command line that cannot be understood.
type usageError struct{ err error }

func (e *usageError) Error() string { return e.err.Error() + " (see pollpush --help)" }
func (e *usageError) Unwrap() error { return e.err }

func usage(format string, args ...any) error { return &usageError{fmt.Errorf(format, args...)} }

// refuse is an error of the environment or the target.
func refuse(format string, args ...any) error {
	return &control.Refusal{Err: fmt.Errorf(format, args...)}
}

// findBeside is a variable for tests, whose program has a folder of its own.
var findBeside = proc.Beside

// exitError asks for an exit code. Its message, if any, has not been printed.
type exitError struct {
	code int
	text string
}

func (e *exitError) Error() string { return e.text }

// explain prints an error and returns its exit code.
func explain(stderr io.Writer, err error) int {
	if err == nil {
		return fine
	}
	if text := err.Error(); text != "" {
		fmt.Fprintf(stderr, "pollpush: %s\n", text)
	}
	asked, ok := errors.AsType[*exitError](err)
	switch {
	case ok:
		return asked.code
	case errors.Is(err, result.ErrMissing):
		return refused
	case causedBy[*usageError](err), causedBy[*scenario.Error](err), causedBy[*result.FileError](err), causedBy[*calibration.FileError](err):
		return badInput
	case causedBy[*control.Refusal](err):
		return refused
	}
	return invalidRun
}

func causedBy[E error](err error) bool {
	_, ok := errors.AsType[E](err)
	return ok
}
