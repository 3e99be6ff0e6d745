// Command chatserver serves one chat by REST polling and WebSocket push. It is
// the server under test, alone in its process.
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
