package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"path/filepath"
	"time"

	"github.com/pollpush/pollpush/internal/clock"
	"github.com/pollpush/pollpush/internal/proc"
)

// bench measures trials.
type bench struct {
	tools  *tools
	steady time.Duration
	// busy is at which interval each client of a closed loop polls: shorter than an
	// answer takes, by the last trial of wrk, so that the next poll is always due.
	busy time.Duration
}

// running is a trial under way.
type running struct {
	*bench
	spec         Spec
	clients      int
	url          string // of the server
	api          string // address of k6's own
	server, load *proc.Process
	cancel       context.CancelCauseFunc
}

// trial runs one cell, with processes of its own.
func (b *bench) trial(ctx context.Context, s Spec, clients int) (t Trial, err error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	r := &running{bench: b, spec: s, clients: clients, cancel: cancel}
	defer func() {
		if cause := context.Cause(ctx); err != nil && cause != nil {
			err = cause
		}
		for _, p := range []*proc.Process{r.load, r.server} {
			if p != nil {
				p.Kill()
				<-p.Ended()
			}
		}
	}()
	if err := r.serve(ctx); err != nil {
		return t, err
	}
	idle, err := proc.Read(r.server.Pid())
	if err != nil {
		return t, err
	}
	w := &window{running: r}
	if s.Load == ours {
		err = w.shard(ctx)
	} else {
		err = w.foreign(ctx)
	}
	t = w.Trial
	t.Spec, t.ServerIdle = s, idle.RSSBytes
	if s.Load == wrk && err == nil {
		b.busy = time.Duration(float64(clients) / t.rate() / 1.1 * float64(time.Second))
	}
	return t, err
}

// start starts a process that the trial does not survive.
func (r *running) start(ctx context.Context, path string, args ...string) (*proc.Process, error) {
	p, err := proc.Start(path, args...)
	if err != nil {
		return nil, err
	}
	context.AfterFunc(ctx, p.Kill)
	go func() {
		<-p.Ended()
		r.cancel(errors.Join(fmt.Errorf("%s has ended before its trial", p.Name), p.Err()))
	}()
	return p, nil
}

// serve starts the server.
func (r *running) serve(ctx context.Context) (err error) {
	path, args := r.tools.paths[r.spec.Server], []string(nil)
	switch r.spec.Server {
	case ours:
		args = []string{"--listen", "127.0.0.1:0", "--exit-with-stdin"}
	case node:
		args = []string{filepath.Join(home, "node/server.mjs")}
	}
	if r.server, err = r.start(ctx, path, args...); err != nil {
		return err
	}
	var line struct{ URL string }
	if err := json.NewDecoder(r.server.Stdout).Decode(&line); err != nil {
		return fmt.Errorf("%s printed no address: %w", r.spec.Server, err)
	}
	r.url = line.URL
	answer, err := http.Get(r.url + "/healthz")
	if err != nil {
		return err
	}
	return answer.Body.Close()
}

// window is what is used between two readings of both processes.
type window struct {
	Trial
	*running
	pids   []int // of the load, with what it has started
	others time.Duration
}

// begin takes off what there was before, and end adds what there is.
const begin, end = -1, 1

func (w *window) read(sign int64, operations int64) error {
	if w.pids == nil {
		w.pids, _ = proc.Group(w.load.Pid())
	}
	began := clock.Now()
	host, hostErr := proc.ReadHost()
	load, loadErr := usage(w.pids)
	server, serverErr := usage([]int{w.server.Pid()})
	w.Operations += sign * operations
	w.Seconds += float64(sign) * float64(began) / 1e9
	w.LoadCPU += sign * int64(load.CPU)
	w.ServerCPU += sign * int64(server.CPU)
	w.LoadRSS, w.ServerRSS = load.RSSBytes, server.RSSBytes
	w.others += time.Duration(sign) * (host.Busy - load.CPU - server.CPU)
	w.Others = max(0, w.others.Seconds()/w.Seconds)
	if took := time.Duration(clock.Now() - began); took > w.steady/50 {
		return fmt.Errorf("the machine is too busy: reading what was used took %v", took)
	}
	return errors.Join(hostErr, loadErr, serverErr)
}

// between reads at two instants.
func (w *window) between(ctx context.Context, from int64, operations func() (int64, error)) error {
	for at, sign := from, int64(begin); sign <= end; at, sign = at+int64(w.steady), sign+2 {
		if err := sleep(ctx, at); err != nil {
			return err
		}
		n, err := operations()
		if err != nil {
			return err
		}
		if err := w.read(sign, n); err != nil {
			return err
		}
	}
	return nil
}

// sleep waits for an instant.
func sleep(ctx context.Context, until int64) error {
	select {
	case <-time.After(time.Duration(until - clock.Now())):
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// usage is that of a load's or server's processes: children count.
func usage(pids []int) (sum proc.Usage, err error) {
	for _, pid := range pids {
		u, err := proc.Read(pid)
		if err != nil {
			return sum, err
		}
		sum.CPU += u.CPU
		sum.RSSBytes += u.RSSBytes
	}
	return sum, nil
}
