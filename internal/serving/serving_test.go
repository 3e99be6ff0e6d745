package serving

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"testing"

	"gotest.tools/v3/assert"
)

func TestRun(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	assert.NilError(t, err)
	defer taken.Close()
	asked, cancel := context.WithCancel(t.Context())
	cancel()
	breaks := func() error { return errors.New("broke") }
	for _, c := range []struct {
		args   string
		ctx    context.Context
		serve  func() error // nil serves until it is closed
		start  error
		code   int
		stdout string // what is printed contains these
		stderr string
		closed int
	}{
		{"--listen=127.0.0.1:0", asked, nil, nil, Fine, `{"url":"http://x","pid":`, "", 1},
		{"--listen=127.0.0.1:0 --exit-with-stdin", t.Context(), nil, nil, Fine, `{"url":"http://x","pid":`, "", 1},
		{"--listen=127.0.0.1:0", t.Context(), breaks, nil, Broken, `{"url":`, "echo: serving failed: broke\n", 1},
		{"--listen=127.0.0.1:0", t.Context(), nil, errors.New("no key"), Cannot, "", "echo: no key\n", 0},
		{"--listen=" + taken.Addr().String(), t.Context(), nil, nil, Cannot, "", "in use; choose another address with --listen\n", 0},
		{"--help", t.Context(), nil, nil, Fine, "Echoes.", "", 0},
		{"--lisen=x", t.Context(), nil, nil, Usage, "", `did you mean "--listen"? (see echo --help)`, 0},
	} {
		var flags struct {
			Listen        string
			ExitWithStdin bool
		}
		closed, ended := 0, make(chan struct{})
		serve := c.serve
		if serve == nil {
			serve = func() error { <-ended; return nil }
		}
		p := Program{Name: "echo", Description: "Echoes.", Flags: &flags, Listen: &flags.Listen, ExitWithStdin: &flags.ExitWithStdin,
			Start: func(net.Listener, io.Writer) (Server, error) {
				return Server{Line: Line{URL: "http://x"}, Serve: serve, Close: func() { closed++; close(ended) }}, c.start
			}}
		var stdout, stderr bytes.Buffer
		code := p.Run(c.ctx, strings.NewReader(""), &stdout, &stderr, strings.Fields(c.args))
		if code != c.code || closed != c.closed || !strings.Contains(stdout.String(), c.stdout) || !strings.Contains(stderr.String(), c.stderr) {
			t.Errorf("%s: exit code %d, closed %d times, stdout %q, stderr %q; want %+v", c.args, code, closed, &stdout, &stderr, c)
		}
		var line Line
		if closed > 0 && (json.Unmarshal(stdout.Bytes(), &line) != nil || line.PID != os.Getpid()) {
			t.Errorf("%s: the first line is %q", c.args, &stdout)
		}
	}
}
