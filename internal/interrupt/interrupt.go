// Package interrupt has the signals that end the programs of this module.
package interrupt

import (
	"context"
	"os"
	"os/signal"
	"slices"
	"syscall"
)

// Context is done at the first SIGINT, SIGTERM or SIGHUP. A SIGINT or SIGHUP that
// was ignored when the program began stays ignored, by the program and by those
// that it starts: so nohup asks for it. Until stop is called, further signals do
// nothing; afterwards they end the program at once.
//
// From now on a write to a pipe that nobody reads is an error, which no longer
// ends the program (SIGPIPE). Programs that it starts are not changed by that.
func Context(parent context.Context) (ctx context.Context, stop context.CancelFunc) {
	signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE) // signal.Ignore would be inherited
	signals := slices.DeleteFunc([]os.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP}, signal.Ignored)
	return signal.NotifyContext(parent, signals...) // never without any, which would be all: Go takes SIGTERM in spite of its being ignored
}
