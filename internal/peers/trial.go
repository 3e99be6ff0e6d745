package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/pollpush/pollpush/internal/clock"
	"github.com/pollpush/pollpush/internal/proc"
	"github.com/pollpush/pollpush/internal/shard"
	"github.com/pollpush/pollpush/loadgen"
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
	url          string
	server, load *proc.Process
	cancel       context.CancelCauseFunc
}

const (
	room    = "peers"
	payload = 200
	warmUp  = 2 * time.Second
	patient = 90 * time.Second // k6 takes long to make its users
)

// trial runs one cell, with processes of its own.
func (b *bench) trial(ctx context.Context, s Spec, clients int) (t Trial, err error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	r := &running{bench: b, spec: s, clients: clients, cancel: cancel}
	defer func() {
		for _, p := range []*proc.Process{r.load, r.server} {
			if p != nil {
				p.Kill()
				<-p.Ended()
			}
		}
		if cause := context.Cause(ctx); err != nil && cause != nil {
			err = cause
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

// edge is what has been used up to an instant.
type edge struct {
	at           int64
	load, server proc.Usage
	operations   int64
}

// window reads both processes at two instants.
func (r *running) window(ctx context.Context, from, to int64, operations func() (int64, error)) (t Trial, err error) {
	var edges [2]edge
	for i, at := range []int64{from, to} {
		select {
		case <-time.After(time.Duration(at - clock.Now())):
		case <-ctx.Done():
			return t, context.Cause(ctx)
		}
		if edges[i], err = r.edge(i == 0, operations); err != nil {
			return t, err
		}
	}
	a, b := edges[0], edges[1]
	return Trial{
		Operations: b.operations - a.operations, Seconds: float64(b.at-a.at) / 1e9,
		LoadCPU: int64(b.load.CPU - a.load.CPU), ServerCPU: int64(b.server.CPU - a.server.CPU),
		LoadRSS: b.load.RSSBytes, ServerRSS: b.server.RSSBytes,
	}, nil
}

// edge keeps what asking for the operations costs the server out of the window.
func (r *running) edge(first bool, operations func() (int64, error)) (e edge, err error) {
	if first {
		if e.operations, err = operations(); err != nil {
			return e, err
		}
	}
	e.at = clock.Now()
	if e.load, err = usage(r.load.Pid()); err != nil {
		return e, err
	}
	if e.server, err = usage(r.server.Pid()); err != nil || first {
		return e, err
	}
	e.operations, err = operations()
	return e, err
}

// usage is that of a process, and of those that it has started.
func usage(pid int) (sum proc.Usage, err error) {
	pids, err := proc.Group(pid)
	if err != nil {
		return sum, err
	}
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

// shard runs our generator, by the protocol of its standard input and output. It
// counts the operations itself, within the same window.
func (r *running) shard(ctx context.Context) (t Trial, err error) {
	if r.load, err = r.start(ctx, "bin/loadgen"); err != nil {
		return t, err
	}
	say, events := json.NewEncoder(r.load.Stdin), json.NewDecoder(r.load.Stdout)
	await := func(is string) (e shard.Event, err error) {
		for e.Is != is && err == nil {
			e = shard.Event{}
			err = events.Decode(&e)
		}
		return e, err
	}
	plan := shard.Plan{
		Transport: "ws", Servers: []string{r.url}, Rooms: []string{room}, Shards: 1, Clients: r.clients, Loopback: true,
		Publishers: 1, Rate: r.spec.rate(), Arrivals: loadgen.Constant, Payload: payload, PollInterval: time.Second, Seed: 1, Nonce: room,
		RampStart: clock.Now(), RampUp: time.Duration(r.clients) * 400 * time.Microsecond, WarmUp: warmUp, Steady: r.steady, Drain: time.Second,
	}
	if r.spec.Work != ws {
		plan.Transport = "poll"
	}
	if r.spec.Work == closed {
		plan.PollInterval = r.busy
	}
	if err := say.Encode(plan); err != nil {
		return t, err
	}
	e, err := await(shard.Connected)
	if err != nil {
		return t, err
	}
	if plan.Transport == "ws" && e.Clients != int64(r.clients) {
		return t, fmt.Errorf("%d of %d clients connected", e.Clients, r.clients)
	}
	start := clock.Now() + int64(200*time.Millisecond)
	if err := say.Encode(shard.Command{Do: shard.Start, At: start}); err != nil {
		return t, err
	}
	from, to := plan.Window(start)
	if t, err = r.window(ctx, from, to, func() (int64, error) { return 0, nil }); err != nil {
		return t, err
	}
	if e, err = await(shard.Published); err != nil {
		return t, err
	}
	published := make([]int64, len(plan.Rooms)) // an event leaves zeros out
	copy(published, e.Published)
	if err := say.Encode(shard.Command{Do: shard.Expect, Published: published}); err != nil {
		return t, err
	}
	if _, err = await(shard.Drained); err != nil {
		return t, err
	}
	if err := say.Encode(shard.Command{Do: shard.Close}); err != nil {
		return t, err
	}
	if e, err = await(shard.Done); err != nil {
		return t, err
	}
	if e.Result.FirstError != "" || e.Result.Lost > 0 {
		return t, fmt.Errorf("%d deliveries lost, errors %v: %s", e.Result.Lost, e.Result.Errors, e.Result.FirstError)
	}
	if t.Operations = e.Result.WindowDeliveries; r.spec.Work != ws {
		t.Operations = e.Result.Requests.Total
	}
	return t, nil
}

// foreign runs a generator that our server counts the operations of.
func (r *running) foreign(ctx context.Context) (t Trial, err error) {
	path, args := r.command()
	if r.load, err = r.start(ctx, path, args...); err != nil {
		return t, err
	}
	go io.Copy(io.Discard, r.load.Stdout) //nolint:errcheck // it ends with the process
	if r.spec.Load == vegeta {
		fmt.Fprintln(r.load.Stdin, "GET "+r.pollURL())
		r.load.Stdin.Close()
	}
	if err := r.connected(ctx); err != nil {
		return t, err
	}
	gap := int64(r.steady)
	start := clock.Now()
	counter := "pollpush_http_requests_total"
	if r.spec.Work == ws {
		counter = "pollpush_deliveries_total"
		gap = int64(float64(time.Second) / r.spec.rate())
		go r.publish(ctx, start, gap)
	}
	// The edges are half a gap away from the messages next to them.
	from := start + int64(warmUp)/gap*gap + gap/2
	if r.spec.Work != ws {
		from = start + int64(warmUp)
	}
	return r.window(ctx, from, from+int64(r.steady), func() (int64, error) { return r.read(counter) })
}

func (r *running) pollURL() string {
	return fmt.Sprintf("%s/api/rooms/%s/messages?after=0&limit=1000", r.url, room)
}

// command is that of a load, which would end by itself after some minutes.
func (r *running) command() (path string, args []string) {
	n := strconv.Itoa(r.clients)
	switch path = r.tools.paths[r.spec.Load]; r.spec.Load {
	case k6:
		return path, []string{"run", "--quiet", "--no-usage-report", "--no-summary", "--address", "",
			"-e", "URL=" + r.url, "-e", "ROOM=" + room, "-e", "CLIENTS=" + n, filepath.Join(home, "k6", r.spec.Work+".js")}
	case vegeta:
		return path, []string{"attack", "-rate", n + "/1s", "-duration", "5m", "-output", "/dev/null"}
	case wrk:
		return path, []string{"-t", "1", "-c", n, "-d", "300", "-H", "Accept: application/json", r.pollURL()}
	case node:
		return path, []string{filepath.Join(home, "node/client.mjs"), r.url, room, n}
	default:
		return path, []string{r.spec.Work, r.url[strings.LastIndexByte(r.url, ':')+1:], room, n}
	}
}

// connected waits until all clients are. Vegeta and wrk hold as many connections
// as they like.
func (r *running) connected(ctx context.Context) error {
	gauge, want := "pollpush_websockets", int64(r.clients)
	if r.spec.Work != ws {
		gauge, want = "pollpush_connections", want+1 // and the one that asks
	}
	if r.spec.Load == vegeta || r.spec.Load == wrk {
		return nil
	}
	ctx, cancel := context.WithTimeoutCause(ctx, patient, fmt.Errorf("not all of %d clients have connected after %v", r.clients, patient))
	defer cancel()
	for {
		if n, err := r.read(gauge); err != nil || n >= want {
			return err
		}
		select {
		case <-time.After(200 * time.Millisecond):
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// publish posts messages as our own generator would, one each gap.
func (r *running) publish(ctx context.Context, start, gap int64) {
	for seq := int64(0); ; seq++ {
		select {
		case <-time.After(time.Duration(start + seq*gap - clock.Now())):
		case <-ctx.Done():
			return
		}
		text := loadgen.Text(room, 1, 0, loadgen.Tag{Seq: seq}, payload)
		body, _ := json.Marshal(map[string]string{"user": "ada", "text": text})
		answer, err := http.Post(r.url+"/api/rooms/"+room+"/messages", "application/json", bytes.NewReader(body))
		if err == nil {
			err = answer.Body.Close()
		}
		if err != nil {
			r.cancel(fmt.Errorf("publishing: %w", err))
			return
		}
	}
}

// read reads one number of the server's metrics.
func (r *running) read(name string) (int64, error) {
	answer, err := http.Get(r.url + "/metrics")
	if err != nil {
		return 0, err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		return 0, err
	}
	return metric(string(text), name)
}

func metric(text, name string) (int64, error) {
	for line := range strings.Lines(text) {
		if value, ok := strings.CutPrefix(line, name+" "); ok {
			v, err := strconv.ParseFloat(strings.TrimSpace(value), 64)
			return int64(v), err
		}
	}
	return 0, fmt.Errorf("/metrics has no %s", name)
}
