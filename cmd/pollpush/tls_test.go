package main

import (
	"crypto/tls"
	"crypto/x509"
	"net/http"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"gotest.tools/v3/assert"
)

// serveTLS starts a chatserver of https, and writes its certificate to a file.
func serveTLS(t *testing.T) (url, file string) {
	t.Helper()
	line := serveBy(t, "--tls")
	file = filepath.Join(t.TempDir(), "server.pem")
	write(t, file, line.Certificate)
	return line.URL, file
}

func TestTargetByTLS(t *testing.T) {
	t.Parallel()
	dir := workplace(t)
	url, file := serveTLS(t)

	untrusted := "target " + url + " is not trusted: tls: failed to verify certificate: x509: certificate signed by unknown authority"
	pollpush(t, dir, "run", "tiny.yaml", "--target", url).wantExit(t, refused, untrusted, "--target-ca FILE")

	e := pollpush(t, dir, "run", "tiny.yaml", "--transports", "ws", "--out", "run", "--target", url, "--target-ca", file)
	for _, trial := range wantMeasured(t, dir, e, "run", expectation{clients: 20, publishers: 4, messages: 20, transports: []string{"ws"}}) {
		if wantTLS(t, &trial, true); trial.Server != nil {
			t.Errorf("the cost of an unknown process is %+v", trial.Server)
		}
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
	assert.NilError(t, err)
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
	assert.NilError(t, err)
	r.Body.Close()
	assert.Assert(t, r.StatusCode == http.StatusCreated, r.Status)
}
