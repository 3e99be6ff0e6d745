package control

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/http/httptrace"
	"net/netip"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/pollpush/pollpush/internal/contract"
	"github.com/pollpush/pollpush/internal/localhost"
	"github.com/pollpush/pollpush/internal/proc"
	"github.com/pollpush/pollpush/internal/result"
	"github.com/pollpush/pollpush/loadgen"
)

// tryTimeout bounds how long a target may take to answer before the load.
const tryTimeout = 5 * time.Second

// checkTarget asks a target for a page of messages, and refuses it if what
// comes back is not one. A target of https is trusted by roots; nil is the
// system's.
func checkTarget(ctx context.Context, target string, roots *x509.CertPool) error {
	base, err := contract.Base(target)
	if err != nil {
		return refuse("%w", err)
	}
	var shaking atomic.Bool
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		TLSHandshakeStart: func() { shaking.Store(true) },
		TLSHandshakeDone:  func(_ tls.ConnectionState, err error) { shaking.Store(err != nil) },
	})
	ask := fmt.Sprintf("%s/api/rooms/pollpush-%s/messages?after=0&limit=1", base, nonce())
	ctx, cancel := context.WithTimeout(ctx, tryTimeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, ask, nil)
	if err != nil {
		return refuse("target %s: %w", target, err)
	}
	answer, err := localhost.Client(roots).Do(request) // the load follows no redirect either
	if err != nil {
		err = causeOf(err)
		if untrusted := (*tls.CertificateVerificationError)(nil); errors.As(err, &untrusted) {
			return refuse("target %s is not trusted: %w; give its certificate, or that of the authority that signed it, with --target-ca FILE", target, err)
		}
		if shaking.Load() && (errors.Is(err, context.DeadlineExceeded) || errors.Is(err, io.EOF) || errors.Is(err, syscall.ECONNRESET)) {
			return refuse("target %s does not answer the TLS handshake; does it serve http, not https?", target)
		}
		if strings.HasPrefix(target, "http:") && errors.Is(err, io.EOF) {
			return refuse("target %s closes the connection without an answer; is the server running there, and does it serve http, not https?", target)
		}
		return refuse("target %s does not answer: %w; is the server running there?", target, err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(io.LimitReader(answer.Body, 1<<20))
	if err != nil {
		return refuse("target %s broke off its answer: %w", target, err)
	}
	const remedy = "it must speak the chat contract (" + contract.Page + ")"
	if to, err := answer.Location(); err == nil && answer.StatusCode/100 == 3 {
		return refuse("target %s redirects GET %s to %s: redirects are not followed, since each would be measured; give the final address", target, request.URL.Path, to)
	}
	kind, _, _ := mime.ParseMediaType(answer.Header.Get("Content-Type"))
	if kind == "text/html" {
		return refuse("target %s is not a chat server: GET %s answered %s with HTML; %s", target, request.URL.Path, answer.Status, remedy)
	}
	var page struct {
		Messages *[]json.RawMessage `json:"messages"`
		Last     *uint64            `json:"last"`
	}
	if answer.StatusCode != http.StatusOK || json.Unmarshal(body, &page) != nil || page.Messages == nil || page.Last == nil {
		return refuse("target %s is not a chat server: GET %s answered %s with %.80q instead of a page of messages; %s",
			target, request.URL.Path, answer.Status, bytes.TrimSpace(body), remedy)
	}
	return nil
}

// causeOf is err without the method and the URL, where it is a *[url.Error].
func causeOf(err error) error {
	if cause, ok := errors.AsType[*url.Error](err); ok {
		return cause.Err
	}
	return err
}

// checkTransports opens a client by each of the transports, and refuses a
// target that does not let it in.
func checkTransports(ctx context.Context, target string, roots *x509.CertPool, names []string) error {
	metrics := newScrapers([]string{target}, roots)
	defer metrics.close()
	before := metrics.scrape(ctx)
	for _, name := range names {
		if err := try(ctx, target, roots, name); err != nil {
			return refuse("target %s does not offer the transport %s: %w; omit it from --transports, or see %s", target, name, err, contract.Page)
		}
	}
	// A target that offers its counts has to see the tried connections end: what
	// came of them is no part of a trial.
	metrics.until(ctx, func(now sample) bool {
		return !before.ok || now.metrics[metricPrefix+"websockets"] <= before.metrics[metricPrefix+"websockets"] &&
			now.metrics[metricPrefix+"connections"] <= before.metrics[metricPrefix+"connections"]
	})
	return nil
}

// try opens one client, and has it poll once if it is one that does.
func try(ctx context.Context, target string, roots *x509.CertPool, transport string) error {
	ctx, cancel := context.WithTimeoutCause(ctx, tryTimeout, fmt.Errorf("no answer within %v", tryTimeout))
	defer cancel()
	word := nonce()
	client, err := loadgen.Dial(ctx, transport, loadgen.Target{URL: target, Room: "pollpush-" + word, User: "pollpush-" + word, Roots: roots, Cookies: &loadgen.Cookies{}})
	if err == nil {
		defer client.Close()
		defer context.AfterFunc(ctx, func() { client.Close() })()
		if client.Polls() {
			client.Poll()
			_, err = client.Receive()
		}
	}
	if err != nil && ctx.Err() != nil {
		return context.Cause(ctx) // what it was closed for
	}
	return err
}

// loopback reports whether all servers are named by an address in 127.0.0.0/8,
// any of which a client may dial from.
func loopback(servers []string) bool {
	return !slices.ContainsFunc(servers, func(server string) bool {
		u, err := url.Parse(server)
		if err != nil {
			return true
		}
		addr, err := netip.ParseAddr(u.Hostname())
		return err != nil || !addr.Is4() || !addr.IsLoopback()
	})
}

// Arm is a server that trials are run against. Of several all are of a kind:
// programs, targets that run already, or started ones. Targets all speak TLS, or
// none does.
type Arm struct {
	Chatserver string // path of the program
	Target     string // base URL of a server that somebody else runs; "" starts one per trial
	TargetPID  int    // its process, if it is on this host; 0 leaves its cost out
	Start      *Start // starts the target for each trial; nil where it is running already
	Dir        string // the run's folder: made if it is not there, refused if it holds anything
	Commit     string // of the server, or of pollpush where it is a target
}

// name is the run's: that of its folder.
func (a Arm) name() string {
	if path, err := filepath.Abs(a.Dir); err == nil {
		return filepath.Base(path)
	}
	return filepath.Base(a.Dir)
}

// fitTarget sees that an arm's target, if it is one, can be loaded.
func (r *runner) fitTarget(ctx context.Context, arm *Arm, roots *x509.CertPool) (err error) {
	if arm.Target == "" {
		return nil
	}
	if arm.Start != nil {
		f := &fleet{}
		defer func() { err = errors.Join(err, f.end(ctx, endGrace)) }()
		pids, err := arm.Start.up(ctx, f, roots)
		if err != nil {
			return err
		}
		if len(pids) == 0 {
			r.say.line("%s: CPU and memory of the server are not measured: no process of %q listens on its port", arm.name(), arm.Start.Command)
		}
	}
	if err := checkTarget(ctx, arm.Target, roots); err != nil {
		return err
	}
	arm.Target, _ = contract.Base(arm.Target) // checked
	if err := checkTransports(ctx, arm.Target, roots, r.Grid.Transports()); err != nil {
		return err
	}
	if arm.TargetPID != 0 {
		if _, err := proc.Read(arm.TargetPID); err != nil {
			return refuse("--target-pid: %w; give the id of the server's process on this host, or omit the flag", err)
		}
		if text := strange(arm.Target, arm.TargetPID); text != "" {
			r.say.line("%s: %s", arm.name(), text)
		}
	}
	return nil
}

// strange says that another process than the one that is named as the target's
// listens on the target's port of this host; it is empty where that is not seen.
func strange(target string, pid int) string {
	if here := (result.Env{Target: target}); pid == 0 || !here.TargetIsLocal() {
		return ""
	}
	port := uint16(80)
	if strings.HasPrefix(target, "https:") {
		port = 443
	}
	for _, given := range ports([]string{target}) {
		port = given
	}
	if other := proc.Stranger(pid, port); other != 0 {
		return fmt.Sprintf("process %d listens on port %d of the target, not process %d of --target-pid: CPU and memory are probably not the target's", other, port, pid)
	}
	return ""
}
