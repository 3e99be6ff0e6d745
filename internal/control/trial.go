package control

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"time"

	"github.com/pollpush/pollpush/internal/clock"
	"github.com/pollpush/pollpush/internal/proc"
	"github.com/pollpush/pollpush/internal/result"
	"github.com/pollpush/pollpush/internal/scenario"
	"github.com/pollpush/pollpush/internal/shard"
	"github.com/pollpush/pollpush/loadgen"
)

// measure runs a trial's processes through its phases and fills in t. It
// fills in what there is when it fails, too.
func (r *runner) measure(ctx context.Context, t *result.Trial) (err error) {
	f := &fleet{onTick: func(shard.Second) {}}
	defer func() {
		if ended := f.end(ctx, endGrace); err == nil {
			err = ended
		}
	}()
	name := r.label(t.Transport, t.Trial)
	r.say.status("%s: starting", name)
	servers, err := r.serve(ctx, f)
	if err != nil {
		return err
	}
	defer func() { servers.judge(t, f.servers) }()
	roots, err := loadgen.Roots(servers.certificates)
	if err != nil {
		return err
	}
	metrics := newScrapers(servers.urls, roots)
	defer metrics.close()
	base := metrics.scrape(ctx)
	if !base.ok {
		metrics = nil // the target offers none
	}

	plans := r.plans(t.Transport, servers)
	plan := plans[0]
	profiler := newProfiler(servers.profiles, r.Dir, t)
	watch := newWatch(plan, servers.pids, metrics, base)
	watch.profiler, watch.limits, watch.page = profiler, r.machine.Limits, r.Page
	if err := f.start(r.Loadgen, plans); err != nil {
		return err
	}
	for _, m := range f.shards {
		watch.shards = append(watch.shards, m.Pid())
	}
	watching, unwatch := context.WithCancel(ctx)
	var watchers sync.WaitGroup
	watch.start(watching, &watchers)
	freeze := &freeze{watch: watch, asked: r.Scenario.Server, servers: f.servers}
	freeze.start(watching, &watchers)
	defer func() {
		unwatch()
		watchers.Wait()
		freeze.judge(t)
		gather(t, f.shards, watch, plan)
	}()
	f.onTick = func(s shard.Second) {
		if now, whole := watch.tick(s); whole {
			m := r.moment(t, watch, s.K, now)
			r.say.moment(name, m)
			r.tell(News{Second: m})
		}
	}
	err = r.phases(ctx, f, plan, watch, func(totals result.Totals) {
		t.Totals = totals
		if last := metrics.settled(ctx, base, totals.Requests); last.ok && last.exact && base.ok {
			own := result.Sub(last.own, base.own)
			t.Totals, t.TotalsAfter = result.Add(totals, own), own // the shards' are added to this
			counted := result.Sub(last.counted(), base.counted())
			t.ServerTotals = &counted
		}
	})
	if err != nil {
		f.salvage(2 * time.Second)
		return err
	}
	if t.Profiles, err = profiler.wait(ctx); err != nil && ctx.Err() == nil {
		r.say.line("%s: no profiles: %v", name, err)
	}
	return nil
}

// phases leads the shards through a trial.
func (r *runner) phases(ctx context.Context, f *fleet, plan shard.Plan, watch *watch, drained func(result.Totals)) error {
	const margin = 15 * time.Second // for what waits for dials and answers
	if err := f.await(ctx, shard.Connected, plan.RampUp+2*margin, nil); err != nil {
		return fmt.Errorf("ramp-up: %w", err)
	}
	watch.connected(ctx)
	// On the grid of seconds, and far enough off to reach all shards before.
	start := plan.RampStart
	for start < clock.Now()+int64(200*time.Millisecond) {
		start += int64(time.Second)
	}
	watch.begin(start)
	f.tell(shard.Command{Do: shard.Start, At: start})

	published := make([]int64, len(plan.Rooms))
	err := f.await(ctx, shard.Published, plan.WarmUp+plan.Steady+plan.Drain+margin, func(e shard.Event) {
		for room, n := range e.Published {
			published[room] += n
		}
	})
	if err != nil {
		return fmt.Errorf("steady state: %w", err)
	}
	f.tell(shard.Command{Do: shard.Expect, Published: published})
	var totals result.Totals
	if err := f.await(ctx, shard.Drained, plan.Drain+margin, func(e shard.Event) { totals = result.Add(totals, *e.Totals) }); err != nil {
		return fmt.Errorf("drain: %w", err)
	}
	drained(totals)
	f.tell(shard.Command{Do: shard.Close})
	if err := f.await(ctx, shard.Done, margin, nil); err != nil {
		return fmt.Errorf("result: %w", err)
	}
	return nil
}

// served is what a trial is run against.
type served struct {
	urls         []string
	pids         []int    // empty where the server's process is not known
	certificates string   // in PEM, that the servers are trusted by; "" means the system's
	strange      string   // why the process can hardly be the server's; empty where nothing is known against it
	profiles     []string // where the servers offer their profiles; empty where they are not asked to
}

// serve starts a trial's servers, or names the target.
func (r *runner) serve(ctx context.Context, f *fleet) (served, error) {
	if r.Target != "" {
		return r.serveTarget(ctx, f)
	}
	var s served
	for range r.size.servers {
		args := []string{"--listen", "127.0.0.1:0", "--exit-with-stdin",
			"--history", strconv.Itoa(r.Scenario.Server.History), "--idle", idle(r.Scenario).String(),
			"--deflate", "--batch", r.Scenario.Server.Batch.String()}
		if r.Profile {
			args = append(args, "--pprof", "127.0.0.1:0")
		}
		if r.Scenario.TLS {
			args = append(args, "--tls")
		}
		p, err := proc.Start(r.Chatserver, args...)
		if err != nil {
			return s, fmt.Errorf("the server could not be started: %w", err)
		}
		f.servers = append(f.servers, p)
		said, err := announced(ctx, p)
		if err != nil {
			return s, err
		}
		s.urls = append(s.urls, said.URL)
		s.certificates += said.Certificate
		if r.Profile {
			s.profiles = append(s.profiles, said.Pprof)
		}
		s.pids = append(s.pids, p.Pid())
	}
	return s, nil
}

// serveTarget names the target, and starts it if it is to be.
func (r *runner) serveTarget(ctx context.Context, f *fleet) (served, error) {
	s := served{urls: []string{r.Target}, certificates: r.TargetCA}
	if r.TargetPID != 0 {
		s.pids, s.strange = []int{r.TargetPID}, strange(r.Target, r.TargetPID)
	}
	if r.Start == nil {
		return s, nil
	}
	roots, err := loadgen.Roots(r.TargetCA)
	if err == nil {
		s.pids, err = r.Start.up(ctx, f, roots)
	}
	return s, err
}

// idle is how long a server leaves idle connections open: well beyond the time
// between two polls, or two messages of one publisher.
func idle(s scenario.Scenario) time.Duration {
	const least, most = 2 * time.Minute, 24 * time.Hour
	quiet := s.Poll.Interval.Seconds()
	if s.Publish.Rate > 0 {
		gap := float64(s.Publish.Publishers) / s.Publish.Rate
		if s.Publish.Arrivals == "poisson" {
			gap *= 10 // so that hardly any gap is longer
		}
		quiet = max(quiet, gap)
	}
	return max(least, time.Duration(min(2*quiet, most.Seconds())*float64(time.Second)))
}

// announcement is the line by which a server says where it listens.
type announcement struct {
	URL         string `json:"url"`
	Certificate string `json:"certificate"` // in PEM, of https
	Pprof       string `json:"pprof"`       // where its profiles are, if it offers them
}

// announced waits for that line.
func announced(ctx context.Context, p *proc.Process) (line announcement, err error) {
	const patience = 10 * time.Second
	ctx, cancel := context.WithTimeoutCause(ctx, patience, fmt.Errorf("the server did not print its address within %v", patience))
	defer cancel()
	read := make(chan error, 1)
	go func() { read <- json.NewDecoder(p.Stdout).Decode(&line) }()
	select {
	case err := <-read:
		if err == nil {
			return line, nil
		}
		return line, fmt.Errorf("the server did not print its address: %w", errors.Join(err, p.WaitOrKill(time.Second)))
	case <-ctx.Done():
		return announcement{}, context.Cause(ctx)
	}
}

// plans makes the shards' plans. The ramp-up begins when they are likely to
// have started.
func (r *runner) plans(transport string, servers served) []shard.Plan {
	s := r.Scenario
	word := nonce()
	rooms := make([]string, s.Rooms)
	for i := range rooms {
		rooms[i] = fmt.Sprintf("pollpush-%s-%d", word, i)
	}
	plan := shard.Plan{
		Transport: transport, Servers: servers.urls, Certificates: servers.certificates, Rooms: rooms,
		Shards: r.size.shards, Loops: r.size.loops, Clients: s.Clients, Loopback: loopback(servers.urls),
		Publishers: s.Publish.Publishers, Rate: s.Publish.Rate, Arrivals: s.Publish.Arrivals,
		Payload: s.Payload, PollInterval: s.Poll.Interval, PollWait: s.Poll.Wait, Seed: s.Seed, Nonce: word,
		RampStart: clock.Now() + int64(150*time.Millisecond),
		RampUp:    s.Phases.RampUp, WarmUp: s.Phases.WarmUp, Steady: s.Phases.Steady, Drain: s.Phases.Drain,
	}
	plans := make([]shard.Plan, plan.Shards)
	for i := range plans {
		plans[i] = plan
		plans[i].Shard = i
	}
	return plans
}
