package control

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/pollpush/pollpush/internal/result"
)

// profilesDir is the folder in the run's folder that profiles are kept in.
const profilesDir = "profiles"

// profiler takes the profiles of a trial's servers: of their CPU over the
// steady state, and of their heap after it, as the last garbage collection has
// left it.
type profiler struct {
	dir     string // the run's folder
	servers []profiled
	taken   chan error
}

// profiled is a server that offers its profiles, and the files they are kept in, by
// paths within the run's folder.
type profiled struct {
	url   string
	files result.Profiles
}

// newProfiler takes profiles of these servers; none, where there are none. The
// files of the first one have the trial's name alone.
func newProfiler(servers []string, dir string, t *result.Trial) *profiler {
	p := &profiler{dir: dir, taken: make(chan error, 1)}
	for i, url := range servers {
		path := filepath.Join(profilesDir, fmt.Sprintf("%s-%d-%d", t.Transport, t.Trial, t.Attempt))
		if i > 0 {
			path += fmt.Sprintf(".server%d", i+1)
		}
		p.servers = append(p.servers, profiled{url, result.Profiles{CPU: path + ".cpu.pb.gz", Heap: path + ".heap.pb.gz"}})
	}
	return p
}

// take begins at once, and does not wait. Of a steady state that is not a whole
// number of seconds the rest is left out.
func (p *profiler) take(ctx context.Context, steady time.Duration) {
	if p == nil || len(p.servers) == 0 {
		return
	}
	go func() {
		p.taken <- each(p.servers, func(s profiled) error {
			return errors.Join(
				p.save(ctx, s.url+fmt.Sprintf("/debug/pprof/profile?seconds=%d", int(steady/time.Second)), s.files.CPU),
				p.save(ctx, s.url+"/debug/pprof/heap", s.files.Heap))
		})
	}()
}

// save asks for a profile, waits for it, and writes it.
func (p *profiler) save(ctx context.Context, url, file string) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	answer, err := client.Do(request)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	profile, err := io.ReadAll(answer.Body)
	if err != nil {
		return fmt.Errorf("GET %s: %w", url, err)
	}
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("GET %s: %s: %.80q", url, answer.Status, profile)
	}
	path := filepath.Join(p.dir, file)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return os.WriteFile(path, profile, 0o644)
}

// wait waits until the profiles are saved, and names the first server's. Without
// servers that offer any there are none.
func (p *profiler) wait(ctx context.Context) (*result.Profiles, error) {
	const patience = 15 * time.Second
	if len(p.servers) == 0 {
		return nil, nil
	}
	ctx, cancel := context.WithTimeoutCause(ctx, patience, fmt.Errorf("the server did not provide them within %v of the trial's end", patience))
	defer cancel()
	select {
	case err := <-p.taken:
		if err != nil {
			return nil, err
		}
		return &p.servers[0].files, nil
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}
