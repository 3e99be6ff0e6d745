// Command nulltarget is a chat server that does as little as it can, with a
// known delay and known faults: what the load generator reports of it is known
// beforehand, and what it takes to serve is next to nothing. `pollpush
// calibrate` runs it.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	code := run(ctx, os.Stdin, os.Stdout, os.Stderr, os.Args[1:])
	stop()
	os.Exit(code)
}
