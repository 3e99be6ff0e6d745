// Loadgen runs one shard of a trial's clients. It is started by pollpush and
// told what to do on its standard input; see internal/shard.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"

	"github.com/pollpush/pollpush/internal/shard"
	"github.com/pollpush/pollpush/loadgen"
)

func main() {
	if err := run(context.Background(), os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "loadgen:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, stdin io.Reader, stdout io.Writer) error {
	// An interrupt at the terminal goes to pollpush, which tells its shards.
	signal.Ignore(syscall.SIGINT)
	// Nearly all memory is what clients hold, and little is thrown away: collecting
	// often costs no CPU to speak of, and keeps the heap near what they hold.
	debug.SetGCPercent(25)
	in := json.NewDecoder(bufio.NewReader(stdin))
	var plan shard.Plan
	if err := in.Decode(&plan); err != nil {
		return fmt.Errorf("no plan on standard input (only pollpush runs loadgen, and sends it a plan): %w", err)
	}
	commands := make(chan shard.Command)
	go func() {
		defer close(commands)
		for {
			var c shard.Command
			if in.Decode(&c) != nil {
				return
			}
			commands <- c
		}
	}()
	out := json.NewEncoder(stdout)
	return loadgen.Run(ctx, plan, commands, func(e shard.Event) {
		_ = out.Encode(e) // a controller that does not listen has closed the commands too
	})
}
