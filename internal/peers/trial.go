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
	if s.Load == ours {
		t, err = r.shard(ctx)
	} else {
		t, err = r.foreign(ctx)
	}
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

// window reads both processes at two instants.
func (r *running) window(ctx context.Context, from, to int64, operations func() (int64, error)) (t Trial, err error) {
	load, err := proc.Group(r.load.Pid())
	if err != nil {
		return t, err
	}
	others := time.Duration(0)
	// read adds the change since from to t: what was there is taken off at first.
	read := func(sign int64) error {
		began := clock.Now()
		n, err := operations()
		at := clock.Now()
		host, hostErr := proc.ReadHost()
		l, loadErr := usage(load)
		s, serverErr := usage([]int{r.server.Pid()})
		t.Operations += sign * n
		t.Seconds += float64(sign) * float64(at-from) / 1e9
		t.LoadCPU += sign * int64(l.CPU)
		t.ServerCPU += sign * int64(s.CPU)
		t.LoadRSS, t.ServerRSS = l.RSSBytes, s.RSSBytes
		others += time.Duration(sign) * (host.Busy - l.CPU - s.CPU)
		if took := clock.Now() - began; took > (to-from)/20 {
			return fmt.Errorf("the machine is too busy: reading what was used took %v", time.Duration(took))
		}
		return errors.Join(err, hostErr, loadErr, serverErr)
	}
	for i, at := range []int64{from, to} {
		select {
		case <-time.After(time.Duration(at - clock.Now())):
		case <-ctx.Done():
			return t, context.Cause(ctx)
		}
		if err := read(int64(2*i - 1)); err != nil {
			return t, err
		}
	}
	t.Others = max(0, others.Seconds()/t.Seconds)
	return t, nil
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
