package foreign

import (
	"bytes"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"gotest.tools/v3/assert"

	"github.com/pollpush/pollpush/internal/testkit"
)

// nginx starts nginx with an http block and returns its URL. In the block,
// LISTEN is the address to listen on.
func nginx(t testing.TB, block string) string {
	t.Helper()
	dir := t.TempDir()
	return front(t, "nginx", func(address string) []string {
		var temp strings.Builder
		for _, kind := range []string{"client_body", "proxy", "fastcgi", "uwsgi", "scgi"} {
			temp.WriteString(kind + "_temp_path " + dir + ";\n")
		}
		config := "daemon off;\npid " + dir + "/pid;\nerror_log stderr;\nevents {}\nhttp {\naccess_log off;\n" +
			temp.String() + strings.ReplaceAll(block, "LISTEN", address) + "\n}\n"
		return []string{"-e", "stderr", "-p", dir, "-c", write(t, dir, config)}
	})
}

// haproxy starts HAProxy with a configuration and returns its URL. In the
// configuration, `bind fd@3` is what it listens on.
func haproxy(t testing.TB, config string) string {
	t.Helper()
	return front(t, "haproxy", func(string) []string {
		return []string{"-db", "-f", write(t, t.TempDir(), config)}
	})
}

func write(t testing.TB, dir, config string) string {
	t.Helper()
	path := filepath.Join(dir, "config")
	assert.NilError(t, os.WriteFile(path, []byte(config), 0o600))
	return path
}

// front starts a program that inherits a listener as descriptor 3, so that no
// port is chosen twice and none is dialled too early.
func front(t testing.TB, name string, args func(address string) []string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		path = "/usr/sbin/" + name // not in everybody's PATH
		if _, err := os.Stat(path); err != nil {
			testkit.Missing(t, name+" is not installed: apt-get install "+name)
		}
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	assert.NilError(t, err)
	defer l.Close()
	inherited, err := l.(*net.TCPListener).File()
	assert.NilError(t, err)
	defer inherited.Close()
	cmd := exec.Command(path, args(l.Addr().String())...)
	var output bytes.Buffer
	cmd.Stdout, cmd.Stderr = &output, &output
	cmd.ExtraFiles = []*os.File{inherited}
	cmd.Env = append(os.Environ(), "NGINX=3;") // how nginx gets it
	assert.NilError(t, cmd.Start())
	over := make(chan error, 1)
	go func() { over <- cmd.Wait() }()
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM) // it may have ended by itself
		select {
		case <-over:
		case <-time.After(patience):
			_ = cmd.Process.Kill()
			<-over
			t.Errorf("%s did not end and was killed", name)
		}
		if t.Failed() {
			t.Logf("%s said:\n%s", name, output.Bytes())
		}
	})
	return "http://" + l.Addr().String()
}
