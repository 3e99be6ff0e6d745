package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
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
func (w *window) shard(ctx context.Context) (err error) {
	r := w.running
	if r.load, err = r.start(ctx, "bin/loadgen"); err != nil {
		return err
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
		return cmp.Or(c.err, fmt.Errorf("%d of %d clients connected", e.Clients, r.clients))
	}
	start := clock.Now() + int64(200*time.Millisecond)
	c.say(shard.Command{Do: shard.Start, At: start})
	from, _ := plan.Window(start)
	if err := w.between(ctx, from, func() (int64, error) { return 0, nil }); err != nil {
		return err
	}
	published := make([]int64, len(plan.Rooms)) // an event leaves zeros out
	copy(published, c.await(shard.Published).Published)
	c.say(shard.Command{Do: shard.Expect, Published: published})
	c.await(shard.Drained)
	c.say(shard.Command{Do: shard.Close})
	e := c.await(shard.Done)
	switch {
	case c.err != nil:
		return c.err
	case e.Result.FirstError != "" || e.Result.Lost > 0:
		return fmt.Errorf("%d deliveries lost, errors %v: %s", e.Result.Lost, e.Result.Errors, e.Result.FirstError)
	}
	if w.Operations = e.Result.WindowDeliveries; r.spec.Work != ws {
		w.Operations = e.Result.Requests.Total
	}
	return nil
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

// foreign runs somebody else's generator. Our server counts what it asks for and is
// sent.
func (w *window) foreign(ctx context.Context) (err error) {
	r := w.running
	if r.api, err = freeAddress(); err != nil {
		return err
	}
	path, args := r.command()
	if r.load, err = r.start(ctx, path, args...); err != nil {
		return err
	}
	if r.spec.Load != node {
		go func() { _, _ = io.Copy(io.Discard, r.load.Stdout) }()
	}
	if r.spec.Load == vegeta {
		fmt.Fprintln(r.load.Stdin, "GET "+r.pollURL())
		r.load.Stdin.Close()
	}
	if err := r.connected(ctx); err != nil {
		return err
	}
	if r.spec.Work != ws {
		return w.between(ctx, clock.Now()+int64(warmUp), func() (int64, error) { return r.read("pollpush_http_requests_total") })
	}
	// A generator may lag behind what it is sent, and go on for long: the window
	// begins when it has read all of the warm-up, and ends when it has read all else.
	if _, err = r.publish(ctx, warmUp); err != nil {
		return err
	}
	sent, err := r.read("pollpush_deliveries_total")
	if err == nil {
		err = w.read(begin, sent)
	}
	began := clock.Now()
	if err != nil {
		return err
	}
	done, err := r.publish(ctx, r.steady)
	if err != nil {
		return err
	}
	if sent, err = r.read("pollpush_deliveries_total"); err == nil {
		err = w.read(end, sent)
	}
	w.Seconds = float64(done-began) / 1e9
	n, askErr := r.received()
	if n > 0 && n < sent*9/10 {
		return fmt.Errorf("%s has read %d of %d messages", r.spec.Load, n, sent)
	}
	return errors.Join(err, askErr)
}

// publish posts messages for so long, as our own generator would, and waits until
// the load has read them. It returns since when that is so.
func (r *running) publish(ctx context.Context, d time.Duration) (done int64, err error) {
	gap := int64(float64(time.Second) / r.spec.rate())
	start := clock.Now()
	for due := int64(0); due < int64(d); due += gap {
		if err := sleep(ctx, start+due); err != nil {
			return 0, err
		}
		text := loadgen.Text(room, 1, 0, loadgen.Tag{Due: time.Duration(due)}, payload)
		body, _ := json.Marshal(map[string]string{"user": "ada", "text": text})
		answer, err := http.Post(r.url+"/api/rooms/"+room+"/messages", "application/json", bytes.NewReader(body))
		if err != nil {
			return 0, err
		}
		answer.Body.Close()
	}
	if err := sleep(ctx, start+int64(d)); err != nil {
		return 0, err
	}
	for before := int64(-1); ; {
		n, err := r.received()
		if err != nil || n == before {
			return done, err
		}
		before, done = n, clock.Now()
		if err := sleep(ctx, done+int64(300*time.Millisecond)); err != nil {
			return 0, err
		}
	}
}

// received is how many messages the load has read, by its own count; a sink has
// none, and never lags.
func (r *running) received() (n int64, err error) {
	switch r.spec.Load {
	case node:
		if _, err = fmt.Fprintln(r.load.Stdin); err == nil {
			_, err = fmt.Fscanln(r.load.Stdout, &n)
		}
	case k6, k6least:
		var metric struct {
			Data struct {
				Attributes struct{ Sample struct{ Count float64 } }
			}
		}
		answer, err := http.Get("http://" + r.api + "/v1/metrics/ws_msgs_received")
		if err != nil {
			return 0, err
		}
		defer answer.Body.Close()
		err = json.NewDecoder(answer.Body).Decode(&metric)
		return int64(metric.Data.Attributes.Sample.Count), err
	}
	return n, err
}

func freeAddress() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}

func (r *running) pollURL() string {
	return fmt.Sprintf("%s/api/rooms/%s/messages?after=0&limit=1000", r.url, room)
}

// command is that of a load, which would end by itself after some minutes.
func (r *running) command() (path string, args []string) {
	n := strconv.Itoa(r.clients)
	switch path = r.tools.paths[r.spec.Load]; r.spec.Load {
	case k6, k6least:
		script := map[string]string{k6 + ws: "websockets", k6least + ws: "least", k6 + poll: "poll"}[r.spec.Load+r.spec.Work]
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
