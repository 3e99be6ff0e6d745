package foreign

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"gotest.tools/v3/assert"
)

// What OpenSSL, by curl and by Node, makes of our TLS.

func TestCurlByTLS(t *testing.T) {
	t.Parallel()
	needCurl(t)
	s := ours(t, "--tls")
	file := filepath.Join(t.TempDir(), "server.pem")
	assert.NilError(t, os.WriteFile(file, []byte(s.certificate), 0o644))
	for _, url := range []string{s.url, strings.Replace(s.url, "127.0.0.1", "localhost", 1)} {
		answer, body := curl(t, "--cacert", file, "--ipv4", "--tlsv1.3", url+"/healthz")
		assert.Check(t, answer.StatusCode == 200 && body == `{"status":"ok"}`, "%s: %s %q", url, answer.Status, body)
	}
	// 60 and 35 are curl's for a certificate that is not trusted, and for a
	// handshake that fails.
	for code, args := range map[int][]string{60: {s.url + "/healthz"}, 35: {"--cacert", file, "--tls-max", "1.2", s.url + "/healthz"}} {
		err := exec.Command("curl", append([]string{"-sS", "--max-time", fmt.Sprint(patience.Seconds())}, args...)...).Run()
		exit, ok := err.(*exec.ExitError)
		assert.Check(t, ok && exit.ExitCode() == code, "curl %v: %v, want exit code %d", args, err, code)
	}
}

// Node asks for session tickets, which our own clients do not.
func TestNodeByTLS(t *testing.T) {
	t.Parallel()
	needNode(t)
	s := ours(t, "--tls")
	options := map[string]any{"ca": s.certificate}
	maps.Copy(options, compressed)
	ada := webSocket(t, s, "lobby/ws", options)
	ada.await("open")
	text, err := json.Marshal(map[string]any{"ca": s.certificate, "query": lobby(0)})
	assert.NilError(t, err)
	bob := play(t, "socketio.mjs", s.url, string(text)) // polls, and then upgrades
	bob.await("connect")
	bob.await("upgrade")
	long := strings.Repeat("ä€😀", 300)
	ada.tell("send", said("one"))
	ada.tell("send", said(long))
	ada.awaitMessages(0, "one", long)
	for i, want := range []string{"one", long} {
		m := bob.await("message").Message
		assert.Check(t, m.Text == want && m.ID == uint64(i+1), "message %d is %+v", i+1, m)
	}
	ada.tell("close", map[string]any{"code": 1000, "reason": "bye"})
	e := ada.await("close")
	assert.Check(t, e.Code == 1000, "closed with %d", e.Code)
	s.terminate()
	e = bob.await("disconnect")
	assert.Check(t, e.Reason != "", "disconnected by %+v", e)
}
