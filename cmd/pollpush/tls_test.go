package main

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"net/http"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/pollpush/pollpush/internal/result"
)

// With TLS too all that is counted is exact, the bytes of its records among it.
func TestMeasuredByTLS(t *testing.T) {
	t.Parallel()
	transports := []string{"poll", "sse", "ws", "socketio-ws"}
	for _, secured := range []string{"true", "false"} {
		t.Run(secured, func(t *testing.T) {
			t.Parallel()
			dir := workplace(t)
			e := pollpush(t, dir, "run", "tiny.yaml", "--out", "run", "--transports", strings.Join(transports, ","), "--tls", secured)
			for _, trial := range wantMeasured(t, dir, e, "run", expectation{clients: 20, publishers: 4, messages: 40, transports: transports}) {
				wantTLS(t, &trial, secured == "true")
			}
		})
	}
}

// wantTLS checks whether a trial was by TLS, and that its bytes add up.
func wantTLS(t *testing.T, trial *result.Trial, secured bool) {
	t.Helper()
	in, out, c := trial.Bytes.Layers.In, trial.Bytes.Layers.Out, trial.Connections
	if in.Sum() != trial.Bytes.In || out.Sum() != trial.Bytes.Out {
		t.Errorf("%s: layers %+v and %+v of %d and %d bytes", trial.Transport, in, out, trial.Bytes.In, trial.Bytes.Out)
	}
	if trial.Asked.TLS != secured {
		t.Errorf("%s: asked for TLS: %v", trial.Transport, trial.Asked.TLS)
	}
	if secured && (in.TLS <= 0 || out.TLS <= 0 || c.Handshakes != c.Opened || !strings.HasPrefix(c.TLS, "TLS 1.3, TLS_")) ||
		!secured && (in.TLS != 0 || out.TLS != 0 || c.Handshakes != 0 || c.TLS != "") {
		t.Errorf("%s: %d bytes of TLS in, %d out, %d handshakes of %d connections, %q", trial.Transport, in.TLS, out.TLS, c.Handshakes, c.Opened, c.TLS)
	}
}

// serveTLS starts a chatserver of https, and writes its certificate to a file.
func serveTLS(t *testing.T) (url, file string) {
	t.Helper()
	p := launch(t, t.TempDir(), program(t, "chatserver"), "--listen", "127.0.0.1:0", "--tls")
	p.awaitIn(&p.stdout, "\n")
	var line struct{ URL, Certificate string }
	if err := json.Unmarshal([]byte(p.stdout.String()), &line); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		p.signal(syscall.SIGTERM)
		if e := p.end(); e.code != fine {
			t.Errorf("the chatserver ended with %d: %s", e.code, e.stderr)
		}
	})
	file = filepath.Join(t.TempDir(), "server.pem")
	write(t, file, line.Certificate)
	return line.URL, file
}

func TestTargetByTLS(t *testing.T) {
	t.Parallel()
	dir := workplace(t)
	url, file := serveTLS(t)

	untrusted := "target " + url + " is not trusted: tls: failed to verify certificate: x509: certificate signed by unknown authority"
	wantNoRun(t, dir, pollpush(t, dir, "run", "tiny.yaml", "--target", url), untrusted, "--target-ca FILE")

	e := pollpush(t, dir, "run", "tiny.yaml", "--out", "run", "--target", url, "--target-ca", file)
	for _, trial := range wantMeasured(t, dir, e, "run", expectation{clients: 20, publishers: 4, messages: 40}) {
		wantTLS(t, &trial, true)
	}
}

func TestCheckAndProbeByTLS(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	url, file := serveTLS(t)
	pollpush(t, dir, "check", url, "--transports", "poll,ws", "--ca", file).wantExit(t, fine)
	pollpush(t, dir, "check", url).wantExit(t, refused, "certificate signed by unknown authority")

	pollpush(t, dir, "probe", "ws", url).wantExit(t, refused, "certificate signed by unknown authority", "--ca FILE")
	p := launch(t, dir, program(t, "pollpush"), "probe", "ws", url, "--ca", file, "--after", "0")
	_, roots, err := readTrust("--ca", file)
	if err != nil {
		t.Fatal(err)
	}
	sayByTLS(t, url, roots)
	p.awaitIn(&p.stdout, "over and out")
	p.signal(syscall.SIGINT)
	p.end().wantExit(t, fine)
}

// sayByTLS posts a message in the room lobby.
func sayByTLS(t *testing.T, url string, roots *x509.CertPool) {
	t.Helper()
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}}}
	defer client.CloseIdleConnections()
	r, err := client.Post(url+"/api/rooms/lobby/messages", "application/json", strings.NewReader(`{"user":"ada","text":"over and out"}`))
	if err != nil {
		t.Fatal(err)
	}
	r.Body.Close()
	if r.StatusCode != http.StatusCreated {
		t.Fatal(r.Status)
	}
}

func TestBadTrust(t *testing.T) {
	dir := workplace(t)
	write(t, filepath.Join(dir, "empty.pem"), "")
	const target = "https://127.0.0.1:1"
	for _, c := range []struct {
		args []string
		said string
	}{
		{[]string{"run", "tiny.yaml", "--target-ca", "tiny.yaml"}, "--target-ca tiny.yaml: goes with --target"},
		{[]string{"run", "tiny.yaml", "--target", target, "--target-ca", "tiny.yaml"}, "--target-ca tiny.yaml: found no certificate"},
		{[]string{"run", "tiny.yaml", "--target", target, "--tls", "true"}, "--tls true: does not go with --target, whose URL says it"},
		{[]string{"check", target, "--ca", "empty.pem"}, "--ca empty.pem: the file is empty"},
		{[]string{"probe", "ws", target, "--ca", "nowhere.pem"}, "nowhere.pem: no such file"},
	} {
		pollpush(t, dir, c.args...).wantExit(t, badInput, c.said)
	}
}
