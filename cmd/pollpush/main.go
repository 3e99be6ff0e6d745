// Pollpush compares what one chat costs by polling and by push.
package main

import (
	"context"
	"os"

	"github.com/pollpush/pollpush/internal/interrupt"
)

func main() {
	ctx, stop := interrupt.Context(context.Background())
	context.AfterFunc(ctx, stop) // a second interrupt ends it at once
	os.Exit(run(ctx, newOutput(os.Stdout), newOutput(os.Stderr), os.Args[1:]))
}
