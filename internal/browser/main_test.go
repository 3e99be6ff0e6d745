// Package browser has tests only. A real Chromium uses the chat page, and the
// server without the page, as it is served by the real process.
package browser

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/pollpush/pollpush/internal/testkit"
)

// patience bounds every wait; no test measures time but from below.
const patience = 2 * time.Minute

var (
	chatserver, pollpush string // the paths of the programs; loadgen is beside them

	chromium context.Context // nil where there is none
)

func TestMain(m *testing.M) {
	testkit.AtOnce(6)
	end := func() {}
	testkit.Main(m, func(folder string) {
		chatserver, pollpush = filepath.Join(folder, "chatserver"), filepath.Join(folder, "pollpush")
		end = startChromium()
	}, func() { end() }, "cmd/chatserver", "cmd/pollpush", "cmd/loadgen")
}

// startChromium starts it, if it is there, and returns what ends it.
func startChromium() (end func()) {
	path := findChromium()
	if path == "" {
		return func() {}
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path))
	if os.Geteuid() == 0 {
		options = append(options, chromedp.NoSandbox)
	}
	allocator, cancel := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, forget := chromedp.NewContext(allocator)
	if err := chromedp.Do(ctx); err != nil { // starts it, without a deadline
		panic(err)
	}
	chromium = ctx
	return func() {
		chromedp.Cancel(chromium)
		forget()
		cancel()
	}
}

func findChromium() string {
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	return ""
}

func hasSocketIO() bool {
	_, err := os.Stat("../../server/page/vendor/socket.io.esm.min.js")
	return err == nil
}

func needSocketIO(t *testing.T) {
	t.Helper()
	if !hasSocketIO() {
		testkit.Missing(t, "the official Socket.IO client is not here: make deps fetches it")
	}
}
