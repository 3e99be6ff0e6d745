package control

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/pollpush/pollpush/internal/clock"
	"github.com/pollpush/pollpush/internal/proc"
	"github.com/pollpush/pollpush/internal/result"
	"github.com/pollpush/pollpush/internal/scenario"
	"github.com/pollpush/pollpush/internal/shard"
)

// measure runs a trial's processes through its phases and fills in t. It
// fills in what there is when it fails, too.
func (r *runner) measure(ctx context.Context, t *result.Trial) (err error) {
	f := &fleet{onTick: func(shard.Second) {}}
	defer func() {
		if ended := f.end(ctx, 5*time.Second); err == nil {
			err = ended
		}
	}()
	name := r.label(t.Transport, t.Trial)
	r.say.status("%s: starting", name)
	servers, err := r.serve(ctx, f)
	if err != nil {
		return err
	}
	metrics := newScrapers(servers.urls)
	defer metrics.close()
	base := metrics.scrape(ctx)
	if !base.ok {
		metrics = nil // the target offers none
	}

	plans := r.plans(t.Transport, servers.urls)
	plan := plans[0]
	watch := newWatch(plan, servers.pids, metrics)
	if err := f.start(r.Loadgen, plans); err != nil {
		return err
	}
	for _, m := range f.shards {
		watch.shards = append(watch.shards, m.Pid())
	}
	watching, unwatch := context.WithCancel(ctx)
	ended := watch.start(watching)
	defer func() {
		unwatch()
		<-ended
		gather(t, f.shards, watch, plan)
	}()
	f.onTick = func(s shard.Second) {
		if now, whole := watch.tick(s); whole {
			r.say.status("%s: %s %.0f s, %d clients, %d requests/s, %d deliveries/s",
				name, now.Phase, now.T, now.Clients, now.Requests, now.Deliveries)
		}
	}
	err = r.phases(ctx, f, plan, watch, func(totals result.Totals) {
		t.Totals = totals
		if last := metrics.settled(ctx, base, totals.Requests); last.ok && last.exact && base.ok {
			own := minus(last.own, base.own)
			t.Totals, t.TotalsAfter = add(totals, own), own // the shards' are added to this
			counted := minus(last.counted(), base.counted())
			t.ServerTotals = &counted
		}
	})
	if err != nil {
		f.salvage(2 * time.Second)
	}
	return err
}

// phases leads the shards through a trial.
func (r *runner) phases(ctx context.Context, f *fleet, plan shard.Plan, watch *watch, drained func(result.Totals)) error {
	const margin = 15 * time.Second // for what waits for dials and answers
	if err := f.await(ctx, shard.Connected, plan.RampUp+2*margin, nil); err != nil {
		return fmt.Errorf("ramp-up: %w", err)
	}
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
	if err := f.await(ctx, shard.Drained, plan.Drain+margin, func(e shard.Event) { totals = add(totals, *e.Totals) }); err != nil {
		return fmt.Errorf("drain: %w", err)
	}
	drained(totals)
	f.tell(shard.Command{Do: shard.Close})
	if err := f.await(ctx, shard.Done, margin, nil); err != nil {
		return fmt.Errorf("result: %w", err)
	}
	return nil
}

func add(a, b result.Totals) result.Totals {
	return result.Totals{
		Requests: a.Requests + b.Requests, Connections: a.Connections + b.Connections,
		FramesIn: a.FramesIn + b.FramesIn, FramesOut: a.FramesOut + b.FramesOut,
		BytesIn: a.BytesIn + b.BytesIn, BytesOut: a.BytesOut + b.BytesOut,
	}
}

// served is what a trial is run against.
type served struct {
	urls []string
	pids []int // empty where the server's process is not known
}

// serve starts a trial's servers, or names the target.
func (r *runner) serve(ctx context.Context, f *fleet) (served, error) {
	if r.Target != "" {
		s := served{urls: []string{r.Target}}
		if r.TargetPID != 0 {
			s.pids = []int{r.TargetPID}
		}
		return s, nil
	}
	var s served
	for range r.size.servers {
		p, err := proc.Start(r.Chatserver, "--listen", "127.0.0.1:0", "--exit-with-stdin",
			"--history", strconv.Itoa(r.Scenario.Server.History), "--idle", idle(r.Scenario).String(),
			"--deflate", "--batch", r.Scenario.Server.Batch.String())
		if err != nil {
			return s, fmt.Errorf("the server could not be started: %w", err)
		}
		f.servers = append(f.servers, p)
		url, err := announced(ctx, p)
		if err != nil {
			return s, err
		}
		s.urls = append(s.urls, url)
		s.pids = append(s.pids, p.Pid())
	}
	return s, nil
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

// announced waits for the line by which a server says where it listens.
func announced(ctx context.Context, p *proc.Process) (string, error) {
	const patience = 10 * time.Second
	var line struct {
		URL string `json:"url"`
	}
	read := make(chan error, 1)
	go func() { read <- json.NewDecoder(p.Stdout).Decode(&line) }()
	timeout := time.NewTimer(patience)
	defer timeout.Stop()
	select {
	case err := <-read:
		if err == nil {
			return line.URL, nil
		}
		return "", fmt.Errorf("the server did not say where it listens: %w", errors.Join(err, p.WaitOrKill(time.Second)))
	case <-timeout.C:
		return "", fmt.Errorf("the server did not say within %v where it listens", patience)
	case <-ctx.Done():
		return "", ctx.Err()
	}
}

// plans makes the shards' plans. The ramp-up begins when they are likely to
// have started.
func (r *runner) plans(transport string, servers []string) []shard.Plan {
	s := r.Scenario
	word := nonce()
	rooms := make([]string, s.Rooms)
	for i := range rooms {
		rooms[i] = fmt.Sprintf("pollpush-%s-%d", word, i)
	}
	plan := shard.Plan{
		Transport: transport, Servers: servers, Rooms: rooms,
		Shards: r.size.shards, Clients: s.Clients,
		Publishers: s.Publish.Publishers, Rate: s.Publish.Rate, Arrivals: s.Publish.Arrivals,
		Payload: s.Payload, PollInterval: s.Poll.Interval, Seed: s.Seed, Nonce: word,
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
