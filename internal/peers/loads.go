package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/pollpush/pollpush/internal/clock"
	"github.com/pollpush/pollpush/internal/shard"
	"github.com/pollpush/pollpush/loadgen"
)

const (
	room    = "peers"
	payload = 200
	warmUp  = 2 * time.Second
	patient = 90 * time.Second // k6 takes long to make its users
)

// shard runs our generator, by the protocol of its standard input and output. It
// counts the operations itself, within the same window.
func (r *running) shard(ctx context.Context) (t Trial, err error) {
	if r.load, err = r.start(ctx, "bin/loadgen"); err != nil {
		return t, err
	}
	c := conversation{out: json.NewEncoder(r.load.Stdin), in: json.NewDecoder(r.load.Stdout)}
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
	c.say(plan)
	if e := c.await(shard.Connected); c.err != nil || r.spec.Work == ws && e.Clients != int64(r.clients) {
		return t, cmp.Or(c.err, fmt.Errorf("%d of %d clients connected", e.Clients, r.clients))
	}
	start := clock.Now() + int64(200*time.Millisecond)
	c.say(shard.Command{Do: shard.Start, At: start})
	from, to := plan.Window(start)
	if t, err = r.window(ctx, from, to, func() (int64, error) { return 0, nil }); err != nil {
		return t, err
	}
	published := make([]int64, len(plan.Rooms)) // an event leaves zeros out
	copy(published, c.await(shard.Published).Published)
	c.say(shard.Command{Do: shard.Expect, Published: published})
	c.await(shard.Drained)
	c.say(shard.Command{Do: shard.Close})
	e := c.await(shard.Done)
	switch {
	case c.err != nil:
		return t, c.err
	case e.Result.FirstError != "" || e.Result.Lost > 0:
		return t, fmt.Errorf("%d deliveries lost, errors %v: %s", e.Result.Lost, e.Result.Errors, e.Result.FirstError)
	}
	if t.Operations = e.Result.WindowDeliveries; r.spec.Work != ws {
		t.Operations = e.Result.Requests.Total
	}
	return t, nil
}

// conversation is one with a shard, up to its first error.
type conversation struct {
	out *json.Encoder
	in  *json.Decoder
	err error
}

func (c *conversation) say(v any) {
	if c.err == nil {
		c.err = c.out.Encode(v)
	}
}

func (c *conversation) await(is string) (e shard.Event) {
	for c.err == nil && e.Is != is {
		e = shard.Event{}
		c.err = c.in.Decode(&e)
	}
	return e
}

// foreign runs somebody else's generator. How many messages it has read it says
// itself, since it may lag behind what it was sent; answers are counted by the
// server, as are the messages of a sink, which cannot count.
func (r *running) foreign(ctx context.Context) (t Trial, err error) {
	if r.api, err = freeAddress(); err != nil {
		return t, err
	}
	path, args := r.command()
	if r.load, err = r.start(ctx, path, args...); err != nil {
		return t, err
	}
	operations := func() (int64, error) { return r.read("pollpush_http_requests_total") }
	if r.spec.Work == ws {
		operations = func() (int64, error) { return r.read("pollpush_deliveries_total") }
	}
	switch r.spec.Load {
	case node:
		operations = r.askNode
	case k6, k6ws:
		go func() { _, _ = io.Copy(io.Discard, r.load.Stdout) }()
		if r.spec.Work == ws {
			operations = r.askK6
		}
	case vegeta:
		fmt.Fprintln(r.load.Stdin, "GET "+r.pollURL())
		r.load.Stdin.Close()
	}
	if err := r.connected(ctx); err != nil {
		return t, err
	}
	start := clock.Now()
	from := start + int64(warmUp)
	if r.spec.Work == ws {
		gap := int64(float64(time.Second) / r.spec.rate())
		go r.publish(ctx, start, gap)
		from = start + int64(warmUp)/gap*gap + gap/2 // half a gap away from the messages next to it
	}
	return r.window(ctx, from, from+int64(r.steady), operations)
}

func freeAddress() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}

// askK6 asks how many messages the scripts of the virtual users have been given.
func (r *running) askK6() (int64, error) {
	answer, err := http.Get("http://" + r.api + "/v1/metrics/ws_msgs_received")
	if err != nil {
		return 0, err
	}
	defer answer.Body.Close()
	var metric struct {
		Data struct {
			Attributes struct{ Sample struct{ Count float64 } }
		}
	}
	err = json.NewDecoder(answer.Body).Decode(&metric)
	return int64(metric.Data.Attributes.Sample.Count), err
}

func (r *running) askNode() (n int64, err error) {
	if _, err = fmt.Fprintln(r.load.Stdin); err == nil {
		_, err = fmt.Fscanln(r.load.Stdout, &n)
	}
	return n, err
}

func (r *running) pollURL() string {
	return fmt.Sprintf("%s/api/rooms/%s/messages?after=0&limit=1000", r.url, room)
}

// command is that of a load, which would end by itself after some minutes.
func (r *running) command() (path string, args []string) {
	n := strconv.Itoa(r.clients)
	switch path = r.tools.paths[r.spec.Load]; r.spec.Load {
	case k6, k6ws:
		script := map[string]string{k6 + ws: "websockets", k6ws + ws: "ws", k6 + poll: "poll"}[r.spec.Load+r.spec.Work]
		return path, []string{"run", "--quiet", "--no-usage-report", "--no-summary", "--address", r.api,
			"-e", "URL=" + r.url, "-e", "ROOM=" + room, "-e", "CLIENTS=" + n, filepath.Join(home, "k6", script+".js")}
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
