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
	servers []string // where each offers its profiles; none is asked where there are none
	dir     string   // the run's folder
	name    string   // of the trial, in names of files
	taken   chan error
}

func newProfiler(servers []string, dir string, t *result.Trial) *profiler {
	return &profiler{servers, dir, fmt.Sprintf("%s-%d-%d", t.Transport, t.Trial, t.Attempt), make(chan error, 1)}
}

// take begins at once, and does not wait. Of a steady state that is not a whole
// number of seconds the rest is left out.
func (p *profiler) take(ctx context.Context, steady time.Duration) {
	if p == nil || len(p.servers) == 0 {
		return
	}
	seconds := int(steady / time.Second)
	asked := make([]int, len(p.servers))
	for i := range asked {
		asked[i] = i
	}
	go func() {
		p.taken <- each(asked, func(i int) error {
			return errors.Join(
				p.save(ctx, p.servers[i]+fmt.Sprintf("/debug/pprof/profile?seconds=%d", seconds), p.files(i).CPU),
				p.save(ctx, p.servers[i]+"/debug/pprof/heap", p.files(i).Heap))
		})
	}()
}

// files are those of a server, by paths within the run's folder. The first
// server's have the trial's name alone.
func (p *profiler) files(server int) result.Profiles {
	name := p.name
	if server > 0 {
		name += fmt.Sprintf(".server%d", server+1)
	}
	return result.Profiles{
		CPU:  filepath.Join(profilesDir, name+".cpu.pb.gz"),
		Heap: filepath.Join(profilesDir, name+".heap.pb.gz"),
	}
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
		first := p.files(0)
		return &first, nil
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}
