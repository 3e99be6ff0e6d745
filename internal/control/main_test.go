package control

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// The programs that a run starts, built for the tests.
var chatserver, shardProgram string

func TestMain(m *testing.M) {
	flag.Parse()
	// Trials mostly wait, so more of them than there are cores can run at once.
	if f := flag.Lookup("test.parallel"); f.Value.String() == f.DefValue {
		_ = f.Value.Set("8")
	}
	dir, err := os.MkdirTemp("", "pollpush-control")
	if err == nil {
		build := exec.Command("go", "build", "-o", dir, "github.com/pollpush/pollpush/cmd/chatserver", "github.com/pollpush/pollpush/cmd/loadgen")
		build.Stderr = os.Stderr
		err = build.Run()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	chatserver, shardProgram = filepath.Join(dir, "chatserver"), filepath.Join(dir, "loadgen")
	code := m.Run()
	os.RemoveAll(dir)
	os.Exit(code)
}
