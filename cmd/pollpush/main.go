// Pollpush compares what one chat costs by polling and by push.
package main

import (
	"context"
	"os"
)

func main() {
	ctx, stop := untilInterrupted(context.Background())
	defer stop()
	os.Exit(run(ctx, os.Stdout, os.Stderr, os.Args[1:]))
}
