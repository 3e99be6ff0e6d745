// Package testkit is what the tests of several packages share: it builds the
// programs, puts a relay before a server, and speaks by a WebSocket.
package testkit

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
)

// AtOnce lets so many tests run at the same time, unless -parallel says
// otherwise: tests that mostly wait can be more than there are cores. It is for
// TestMain.
func AtOnce(tests int) {
	flag.Parse()
	if f := flag.Lookup("test.parallel"); f.Value.String() == f.DefValue {
		_ = f.Value.Set(strconv.Itoa(tests))
	}
}

// Main builds programs of this module, such as cmd/loadgen, beside one another,
// calls before with their folder, runs the tests, calls after unless it is nil,
// and ends the process. No program is built with the race detector: what they do
// is measured.
func Main(m *testing.M, before func(folder string), after func(), programs ...string) {
	code, err := run(m, before, after, programs)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

func run(m *testing.M, before func(folder string), after func(), programs []string) (code int, err error) {
	folder, err := os.MkdirTemp("", "pollpush-test-")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(folder)
	args := []string{"build", "-o", folder + string(filepath.Separator)}
	for _, p := range programs {
		args = append(args, "github.com/pollpush/pollpush/"+p)
	}
	if out, err := exec.Command("go", args...).CombinedOutput(); err != nil {
		return 0, fmt.Errorf("%w: %s", err, out)
	}
	before(folder)
	if after != nil {
		defer after()
	}
	return m.Run(), nil
}

// Missing skips the test for lack of what not every machine has. In CI it fails.
func Missing(t testing.TB, what string) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatal(what)
	}
	t.Skip(what)
}
