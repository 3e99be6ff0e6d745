// Pollpush compares what one chat costs by polling and by push.
package main

import (
	"context"
	"io"
	"log"
	"os"

	"github.com/pollpush/pollpush/internal/interrupt"
)

func main() {
	log.SetOutput(io.Discard) // to which net/http writes of servers that do not keep to HTTP
	ctx, stop := interrupt.Context(context.Background())
	context.AfterFunc(ctx, stop) // a second interrupt ends it at once
	os.Exit(run(ctx, newOutput(os.Stdout), newOutput(os.Stderr), os.Args[1:]))
}
