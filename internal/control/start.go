package control

import (
	"context"
	"crypto/x509"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/pollpush/pollpush/internal/localhost"
	"github.com/pollpush/pollpush/internal/proc"
	"github.com/pollpush/pollpush/internal/result"
)

// Start is how a target is started for each trial: by a command of the shell that
// does not end before the server does.
type Start struct {
	Command string
	Ready   string        // URL with a port; the server is ready once it answers 200 to 299
	Within  time.Duration // longest wait for that
}

// up starts the target, which f ends, and waits until it is ready. It returns the
// processes that its cost is read from: all of the command's process group, or none
// where another process has the port, as with a container.
func (s *Start) up(ctx context.Context, f *fleet, roots *x509.CertPool) (pids []int, err error) {
	if err := s.vacant(ctx); err != nil {
		return nil, err
	}
	p, err := proc.StartCommand(s.Command)
	if err != nil {
		return nil, refuse("the server could not be started: %w", err)
	}
	f.servers = append(f.servers, p)
	if err := s.ready(ctx, p, roots); err != nil {
		return nil, err
	}
	pids, err = proc.Group(p.Pid())
	if err != nil || !slices.ContainsFunc(ports([]string{s.Ready}), func(port uint16) bool { return proc.Listens(pids, port) }) {
		return nil, err
	}
	return pids, nil
}

// vacant refuses a port that somebody listens on, as that would be measured in
// the command's place. A server that has just ended may need a moment to leave it.
func (s *Start) vacant(ctx context.Context) error {
	const patience, pause = 3 * time.Second, 50 * time.Millisecond
	u, err := url.Parse(s.Ready)
	if err != nil {
		return refuse("the address of --ready: %w", err)
	}
	for end := time.Now().Add(patience); ; {
		conn, err := localhost.Dial(ctx, &net.Dialer{Timeout: tryTimeout}, "tcp", u.Host)
		if err != nil {
			return ctx.Err()
		}
		conn.Close()
		if time.Now().After(end) {
			return refuse("another server already listens on %s: stop it, or let %q listen elsewhere", u.Host, s.Command)
		}
		if !sleep(ctx, pause) {
			return ctx.Err()
		}
	}
}

// sleep reports whether ctx has left it undisturbed.
func sleep(ctx context.Context, d time.Duration) bool {
	select {
	case <-time.After(d):
		return true
	case <-ctx.Done():
		return false
	}
}

// ready waits until the server answers well.
func (s *Start) ready(ctx context.Context, p *proc.Process, roots *x509.CertPool) error {
	const pause = 50 * time.Millisecond
	client := localhost.Client(roots)
	client.Timeout = tryTimeout
	within, cancel := context.WithTimeout(ctx, s.Within)
	defer cancel()
	last := fmt.Errorf("%s does not answer", s.Ready)
	for {
		err := s.ask(within, client)
		if within.Err() == nil {
			last = err
		}
		select {
		case <-p.Ended():
			return refuse("the start command ended, but it must stay in the foreground while its server runs: %w", ended(p))
		default:
		}
		switch {
		case err == nil:
			return nil
		case !sleep(within, pause) && ctx.Err() == nil:
			return refuse("%q was not ready within %v: %w%s", s.Command, s.Within, last, said(p))
		case ctx.Err() != nil:
			return ctx.Err()
		}
	}
}

// ask asks the server once whether it is ready.
func (s *Start) ask(ctx context.Context, client *http.Client) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, s.Ready, nil)
	if err != nil {
		return err
	}
	answer, err := client.Do(request)
	if err != nil {
		return fmt.Errorf("%s does not answer: %w", s.Ready, causeOf(err))
	}
	defer answer.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(answer.Body, 1<<20))
	if answer.StatusCode < 200 || answer.StatusCode > 299 {
		return fmt.Errorf("%s answers %s", s.Ready, answer.Status)
	}
	return nil
}

// ended reports how a command ended, with the last of what it said.
func ended(p *proc.Process) error {
	if err := p.Err(); err != nil {
		return err
	}
	return fmt.Errorf("%s: exit status 0%s", p.Name, said(p))
}

// said is the last of what a process printed, as the end of a sentence.
func said(p *proc.Process) string {
	if log := p.Log(); log != "" {
		return "; it printed: " + log
	}
	return ""
}

// judge doubts the cost of a process that is hardly the server's, and that of
// servers that have started processes since they were ready: their CPU and memory
// are missing from it.
func (s served) judge(t *result.Trial, servers []*proc.Process) {
	if s.strange != "" {
		t.Doubt(result.NoServerCPU, result.Suspect, "%s", s.strange)
	}
	if len(s.pids) == 0 {
		return
	}
	late := 0
	for _, p := range servers {
		now, _ := proc.Group(p.Pid())
		for _, pid := range now {
			if !slices.Contains(s.pids, pid) {
				late++
			}
		}
	}
	if late > 0 {
		t.Doubt(result.NoServerCPU, result.Suspect, "the server has started %d processes since it was ready: the numbers do not include their CPU and memory", late)
	}
}
