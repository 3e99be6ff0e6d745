package main

import (
	"bytes"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/pollpush/pollpush/internal/serving"
	"gotest.tools/v3/assert"
)

func TestProfilesForThisHostOnly(t *testing.T) {
	for _, address := range []string{"0.0.0.0:0", ":0", "[::]:0", "192.0.2.1:0", "localhost:0", "127.0.0.1", "nowhere"} {
		var stdout, stderr bytes.Buffer
		code := command().Run(t.Context(), strings.NewReader(""), &stdout, &stderr, []string{"--listen", "127.0.0.1:0", "--pprof", address})
		if want := `--pprof "` + address + `": want a loopback address and a port, such as 127.0.0.1:0`; code != serving.Usage || !strings.Contains(stderr.String(), want) || stdout.Len() > 0 {
			t.Errorf("%s: exit code %d, stdout %q, stderr %q", address, code, &stdout, &stderr)
		}
	}
}

func get(t *testing.T, url string) (status int, body string) {
	t.Helper()
	res, err := http.Get(url)
	assert.NilError(t, err)
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	assert.NilError(t, err)
	return res.StatusCode, string(text)
}

func TestProfilesAreServedApart(t *testing.T) {
	p := start(t, program, "--listen", "127.0.0.1:0", "--pprof", "127.0.0.1:0", "--exit-with-stdin")
	assert.Assert(t, p.Pprof != "" && p.Pprof != p.URL, "profiles at %q, the chat at %q", p.Pprof, p.URL)
	// "\x1f\x8b" begins what is compressed by gzip, as profiles are.
	status, body := get(t, p.Pprof+"/debug/pprof/heap")
	assert.Check(t, status == 200 && strings.HasPrefix(body, "\x1f\x8b"), "the heap: %d, %.20q", status, body)
	status, body = get(t, p.Pprof+"/debug/pprof/profile?seconds=1")
	assert.Check(t, status == 200 && strings.HasPrefix(body, "\x1f\x8b"), "the CPU: %d, %.20q", status, body)
	status, _ = get(t, p.URL+"/debug/pprof/heap")
	assert.Check(t, status == 404, "the chat's own address answers %d for a profile, want 404", status)
	// The refused question and this one, and none of the profiles.
	if _, counts := get(t, p.URL+"/metrics"); !strings.Contains(counts, "pollpush_http_requests_total 2\n") || !strings.Contains(counts, "pollpush_connections_total 1\n") {
		t.Errorf("profiles are counted as the chat's:\n%s", counts)
	}
	p.stdin.Close()
	if code, _ := p.wait(t); code != 0 {
		t.Errorf("exit code %d; %s", code, p.stderr.String())
	}
}

func TestNoProfilesUnlessAskedFor(t *testing.T) {
	p := start(t, program, "--listen", "127.0.0.1:0", "--exit-with-stdin")
	assert.Check(t, p.Pprof == "", "profiles at %q", p.Pprof)
	p.stdin.Close()
	p.wait(t)
}
