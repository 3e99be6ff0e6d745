// Command nulltarget is a chat server that does as little as it can, with a
// known delay and known faults: what the load generator reports of it is known
// beforehand, and what it takes to serve is next to nothing. `pollpush
// calibrate` runs it.
package main

import (
	"context"
	"os"

	"github.com/pollpush/pollpush/internal/interrupt"
)

func main() {
	ctx, stop := interrupt.Context(context.Background())
	code := run(ctx, os.Stdin, os.Stdout, os.Stderr, os.Args[1:])
	stop()
	os.Exit(code)
}
