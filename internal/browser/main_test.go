// Package browser has tests only. A real Chromium uses the chat page, and the
// server without the page, as it is served by the real process.
package browser

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"gotest.tools/v3/assert"
)

// patience bounds every wait; no test measures time but from below.
const patience = 60 * time.Second

var (
	chatserver, pollpush string // the paths of the programs; loadgen is beside them

	chromium context.Context // nil where there is none
)

func TestMain(m *testing.M) {
	flag.Parse()
	// The tests mostly wait, so more of them than there are cores can run at once.
	if f := flag.Lookup("test.parallel"); f.Value.String() == f.DefValue {
		_ = f.Value.Set("6")
	}
	code, err := run(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

func run(m *testing.M) (code int, err error) {
	folder, err := os.MkdirTemp("", "browser")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(folder)
	chatserver, pollpush = filepath.Join(folder, "chatserver"), filepath.Join(folder, "pollpush")
	if out, err := exec.Command("go", "build", "-o", folder+string(filepath.Separator), "../../cmd/chatserver", "../../cmd/pollpush", "../../cmd/loadgen").CombinedOutput(); err != nil {
		return 0, errors.New(string(out))
	}
	if path := findChromium(); path != "" {
		options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path))
		if os.Geteuid() == 0 {
			options = append(options, chromedp.NoSandbox)
		}
		allocator, cancel := chromedp.NewExecAllocator(context.Background(), options...)
		defer cancel()
		chromium, cancel = chromedp.NewContext(allocator)
		defer cancel()
		if err := chromedp.Do(chromium); err != nil { // starts it, without a deadline
			return 0, err
		}
		defer chromedp.Cancel(chromium)
	}
	return m.Run(), nil
}

func findChromium() string {
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	return ""
}

// lacks skips the test for want of what not every machine has. In CI it fails.
func lacks(t *testing.T, what string) {
	t.Helper()
	assert.Assert(t, os.Getenv("CI") != "true", what)
	t.Skip(what)
}

func hasSocketIO() bool {
	_, err := os.Stat("../../server/page/vendor/socket.io.esm.min.js")
	return err == nil
}

func needSocketIO(t *testing.T) {
	t.Helper()
	if !hasSocketIO() {
		lacks(t, "the official Socket.IO client is not here: make deps fetches it")
	}
}
