package report

import (
	"math"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"github.com/pollpush/pollpush/internal/result"
)

// fixture makes plausible trials: 1,000 clients, a message a second, polls
// every second. What it returns depends on its arguments alone.
type fixture struct {
	clients  int
	rate     float64
	interval float64
	steady   float64
	trials   int

	calibrated bool // the machine's floor is known
	plain      bool // of the histograms there are only the numbers that a sweep shows
}

func usual() fixture {
	return fixture{clients: 1000, rate: 1, interval: 1, steady: 60, trials: 3, calibrated: true}
}

// shape is how a transport of the fixture behaves.
type shape struct {
	paced     bool
	latency   distribution
	in, out   float64 // bytes per delivery
	cpu       float64 // seconds per delivery
	memory    int64   // per client
	idleBytes float64 // per poll that is empty, both ways alike
}

// distribution is of times in seconds: around a median or, where there is an
// interval, uniform within that, and the way.
type distribution struct{ median, sigma, interval float64 }

func (d distribution) draw(r *rand.Rand) float64 {
	if d.interval > 0 {
		return d.interval*r.Float64() + 0.0008*math.Exp(0.4*r.NormFloat64())
	}
	return d.median * math.Exp(d.sigma*r.NormFloat64())
}

func around(median, sigma float64) distribution { return distribution{median: median, sigma: sigma} }

func uniform(interval float64) distribution { return distribution{interval: interval} }

// chance is a source of random numbers that can go on from where another was.
type chance struct {
	*rand.Rand
	*rand.PCG
}

func newChance(seed1, seed2 uint64) chance {
	p := rand.NewPCG(seed1, seed2)
	return chance{rand.New(p), p}
}

func shapes(interval float64) map[string]shape {
	return map[string]shape{
		"poll":             {true, uniform(interval), 612, 402, 110e-6, 12 << 10, 250},
		"poll-etag":        {true, uniform(interval), 540, 460, 95e-6, 12 << 10, 180},
		"longpoll":         {false, around(0.0041, 0.5), 380, 290, 70e-6, 31 << 10, 0},
		"sse":              {false, around(0.0035, 0.45), 190, 0.4, 24e-6, 28 << 10, 0},
		"ws":               {false, around(0.0030, 0.45), 154, 0.6, 21e-6, 15 << 10, 0},
		"ws-deflate":       {false, around(0.0037, 0.5), 121, 0.6, 42e-6, 61 << 10, 0},
		"ws-batch":         {false, around(0.0290, 0.3), 149, 0.6, 9e-6, 15 << 10, 0},
		"socketio-polling": {false, around(0.0066, 0.5), 470, 410, 130e-6, 34 << 10, 0},
		"socketio-ws":      {false, around(0.0034, 0.45), 181, 0.7, 26e-6, 22 << 10, 0},
	}
}

func (f fixture) run(transports ...string) []result.Trial {
	var out []result.Trial
	for n := 1; n <= f.trials; n++ {
		for _, name := range transports {
			out = append(out, f.trial(name, n))
		}
	}
	return out
}

func (f fixture) trial(name string, n int) result.Trial {
	s, ok := shapes(f.interval)[name]
	if !ok {
		s = shapes(f.interval)["ws"]
	}
	r := newChance(uint64(n), uint64(len(name))*31+uint64(name[0]))
	noise := func(v float64) float64 { return v * (1 + 0.06*(r.Float64()-0.5)) }

	messages := int64(math.Round(f.rate * f.steady))
	deliveries := messages * int64(f.clients)
	t := result.Trial{
		Schema: result.Schema, Run: "2026-11-22T10-00-00-chat", Scenario: "chat", ScenarioHash: "9f2c41d07a55",
		Transport: name, Trial: n, Attempt: 1, Clients: f.clients,
		Asked: result.Asked{PublishRate: f.rate, Arrivals: "poisson", PayloadBytes: 120, PollIntervalS: f.interval,
			Paced: s.paced, Rooms: 1, Publishers: 10, SteadyS: f.steady, Trials: f.trials, Shards: 1, Servers: 1},
		Started: time.Date(2026, 11, 22, 10, n, 0, 0, time.UTC), WindowS: f.steady,
		Status: result.Complete, Validity: result.Valid,
		Counts: result.Counts{
			Offered: messages, Sent: messages, Published: messages, Expected: deliveries, Delivered: deliveries, WindowDeliveries: deliveries,
			Connections: result.Connections{Held: int64(f.clients), Opened: int64(f.clients)},
		},
		Errors: map[string]int64{},
		Env: result.Env{Go: "go1.26.8", Commit: "4c1d9e2", OS: "linux", Kernel: "6.12.57", CPUModel: "Example CPU @ 2.40GHz",
			Cores: 2, MemoryBytes: 8 << 30, NoFile: 20000, StealCores: 0.01, ForeignCores: new(0.02)},
	}
	switch name {
	case "longpoll":
		t.Asked.WaitS = 25
	case "socketio-polling":
		t.Asked.HeartbeatS = 25
	case "ws-batch":
		t.Asked.BatchS = 0.05
	}
	posts := int64(0)
	if s.paced || name == "sse" || name == "longpoll" || name == "socketio-polling" {
		posts = messages
		t.Connections.Held += min(10, int64(f.clients))
		t.Connections.Opened = t.Connections.Held
	}
	t.Connections.HeldMean = float64(t.Connections.Held)
	var polls, empty int64
	if s.paced {
		polls = int64(math.Round(float64(f.clients) * f.steady / f.interval))
		empty = int64(math.Round(float64(polls) * EmptyShare(f.rate, f.interval, false)))
		t.StaleShare = StaleTime(f.rate, f.interval, false)
		t.PollResponse, t.PollResponseHDR = f.histogram(r, around(0.0006, 0.5), polls)
	} else {
		t.StaleShare = 0.003 * f.rate
	}
	if name == "longpoll" || name == "socketio-polling" {
		polls = deliveries
		t.PollResponse, t.PollResponseHDR = f.histogram(r, around(0.9, 0.5), polls)
	}
	t.Requests = result.Requests{Total: polls + posts, Empty: empty,
		ByStatus: map[string]int64{"200": polls, "201": posts}}
	t.Bytes = s.bytes(deliveries, messages, empty)
	t.PhaseBytes = []result.PhaseBytes{
		{Phase: "ramp-up", Bytes: dialled(int64(f.clients))}, {Phase: "warm-up", Bytes: s.bytes(deliveries/6, messages/6, empty/6)},
		{Phase: "steady", Bytes: t.Bytes}, {Phase: "drain", Bytes: s.bytes(0, 0, empty/30)},
	}
	t.TCP = segmentsOf(polls+posts, deliveries)
	t.Latency, t.LatencyHDR = f.histogram(r, s.latency, deliveries)
	t.PublishLatency, t.PublishLatencyHDR = f.histogram(r, around(0.0009, 0.4), messages)
	more := newChance(uint64(n), uint64(len(name)))
	t.PublishService, t.PublishServiceHDR = f.histogram(more, around(0.0007, 0.3), messages)
	accept := 0.0008
	if name == "ws" {
		accept = 0.0003 // less than can be told
	}
	t.AcceptLatency, t.AcceptLatencyHDR = f.histogram(more, around(accept, 0.3), messages)
	t.DeliveryLeg, t.DeliveryLegHDR = f.histogram(more, s.latency, deliveries)
	t.StaleShareClients = &result.Quantiles{P50: new(t.StaleShare), P90: new(t.StaleShare * 1.1), P99: new(t.StaleShare * 1.3),
		Max: t.StaleShare * 1.5, Mean: t.StaleShare, N: int64(f.clients)}
	if f.clients < 1000 {
		t.StaleShareClients.P50, t.StaleShareClients.P90, t.StaleShareClients.P99 = nil, nil, nil
	}
	if messages > 0 && t.Latency.P50 != nil {
		t.Fanout = &result.Fanout{T50: *t.Latency.P50, T99: t.Latency.Max * 0.98, T100: t.Latency.Max * 0.99, T100Max: t.Latency.Max, Messages: messages}
	}
	cpu := noise(s.cpu*float64(deliveries) + 20e-6*float64(empty) + 0.05)
	idle := int64(14 << 20)
	start := idle + int64(noise(float64(s.memory)))*int64(f.clients)
	t.Server = &result.Cost{Processes: 1, CPUUserS: cpu * 0.6, CPUSysS: cpu * 0.4,
		RSSIdleBytes: idle, RSSStartBytes: start, RSSMeanBytes: start + 2<<20, RSSPeakBytes: start + 5<<20,
		Before:      &result.Memory{RSSBytes: idle, HeapBytes: 3 << 20, StackBytes: 1 << 20, SocketBytes: 4 << 10},
		Connected:   &result.Memory{RSSBytes: start, HeapBytes: 3<<20 + (start-idle)/2, StackBytes: 1<<20 + (start-idle)/4, SocketBytes: 4<<10 + int64(f.clients)*5<<10},
		CPUConnectS: 90e-6 * (1 + 0.06*more.Float64()) * float64(f.clients), Descriptors: int64(f.clients) + 9, Switches: polls/2 + messages + 300, Preemptions: 40 + int64(n),
		Goroutines: int64(f.clients) + 13, HeapBytes: 3<<20 + (start-idle)/2, StackBytes: 1<<20 + (start-idle)/4, GCPauseS: 0.0009 * (1 + 0.06*more.Float64()), GCCycles: 4}
	t.Generator = result.Cost{Processes: 1, CPUUserS: cpu * 0.3, CPUSysS: cpu * 0.6, RSSStartBytes: int64(8300+100*more.Float64()) * int64(f.clients),
		RSSMeanBytes: 9 << 20, RSSPeakBytes: 11 << 20, Descriptors: int64(f.clients) + 8, Switches: 4000, Preemptions: 12}
	if f.calibrated {
		t.Calibration = &result.Calibration{Measured: time.Date(2026, 11, 20, 8, 0, 0, 0, time.UTC), Commit: "4c1d9e2"}
		t.Calibration.Floor, _ = f.histogram(more, around(0.00014+0.00001*float64(len(name)), 0.4), 200_000)
	}
	t.Series = f.series(r, s)
	return t
}

// bytes are a phase's, by layer.
func (s shape) bytes(deliveries, messages, empty int64) result.Bytes {
	const text = 120
	idle := s.idleBytes * float64(empty)
	b := result.Bytes{In: int64(s.in*float64(deliveries) + idle), Out: int64(s.out*float64(deliveries) + idle)}
	envelope := int64(min(30, s.in-text-1))
	l := &b.Layers
	l.In = result.Layer{Text: text * deliveries, Envelope: envelope * deliveries}
	if s.in < text+2 { // compressed
		l.In.Envelope, l.In.Compression = 30*deliveries, -33*deliveries
	}
	l.In.Protocol = b.In - l.In.Sum()
	l.Out = result.Layer{Text: text * messages, Envelope: 20 * messages}
	l.Out.Protocol = b.Out - l.Out.Sum()
	return b
}

// dialled are the bytes of n connections being opened.
func dialled(n int64) result.Bytes {
	b := result.Bytes{In: 190 * n, Out: 210 * n}
	b.Layers.In.Protocol, b.Layers.Out.Protocol = b.In, b.Out
	return b
}

// segmentsOf is a segment each way for each request, and one for each delivery
// that is pushed, with its acknowledgement.
func segmentsOf(requests, deliveries int64) *result.TCP {
	n := max(requests, deliveries)
	const header = 20 + 20 + 12
	return &result.TCP{In: result.Segments{Segments: n + n/20, DataSegments: n, HeaderBytes: header * (n + n/20)},
		Out: result.Segments{Segments: n, DataSegments: requests, HeaderBytes: header * n}}
}

// histogram draws n values, or 8,000 for all of them, and encodes them as a
// trial does: in nanoseconds.
func (f fixture) histogram(r chance, of distribution, n int64) (*result.Quantiles, string) {
	from, err := r.MarshalBinary()
	if err != nil {
		panic(err)
	}
	key := drawing{string(from), of, n, f.plain}
	found, ok := drawings.Load(key)
	if !ok {
		found, _ = drawings.LoadOrStore(key, key.draw(r))
	}
	d := found.(drawnTimes)
	if err := r.UnmarshalBinary(d.then); err != nil {
		panic(err)
	}
	q := d.quantiles
	for _, p := range []**float64{&q.P50, &q.P90, &q.P99, &q.P999} {
		if *p != nil {
			*p = new(**p)
		}
	}
	return &q, d.encoded
}

// drawing is what a histogram depends on.
type drawing struct {
	from  string // the state of the source
	of    distribution
	n     int64
	plain bool
}

// drawnTimes is a histogram, and the state of the source after it.
type drawnTimes struct {
	quantiles result.Quantiles
	encoded   string
	then      []byte
}

// Many runs of the tests are made of the same trials: each histogram is drawn
// once.
var drawings sync.Map

func (d drawing) draw(r chance) drawnTimes {
	h := hdrhistogram.New(1, int64(time.Hour), 3)
	n := min(d.n, 8000)
	for i := range n {
		weight := d.n*(i+1)/n - d.n*i/n
		if err := h.RecordValues(int64(d.of.draw(r.Rand)*1e9), weight); err != nil {
			panic(err)
		}
	}
	then, err := r.MarshalBinary()
	if err != nil {
		panic(err)
	}
	made := drawnTimes{then: then}
	if !d.plain {
		encoded, err := h.Encode(hdrhistogram.V2CompressedEncodingCookieBase)
		if err != nil {
			panic(err)
		}
		made.encoded = string(encoded)
	}
	made.quantiles = quantilesOf(h)
	return made
}

func quantilesOf(h *hdrhistogram.Histogram) result.Quantiles {
	q := result.Quantiles{N: h.TotalCount(), Max: float64(h.Max()) / 1e9, Mean: h.Mean() / 1e9}
	for _, p := range []struct {
		to **float64
		p  float64
	}{{&q.P50, 50}, {&q.P90, 90}, {&q.P99, 99}, {&q.P999, 99.9}} {
		if float64(q.N)*(1-p.p/100) >= 10-1e-6 {
			v := float64(h.ValueAtQuantile(p.p)) / 1e9
			*p.to = &v
		}
	}
	return q
}

func (f fixture) series(r chance, s shape) []result.Second {
	var out []result.Second
	for sec := -5; sec < 10+int(f.steady)+2; sec++ {
		x := result.Second{T: float64(sec), Phase: "steady", SecondCounts: result.SecondCounts{Clients: int64(f.clients)}}
		switch {
		case sec < 0:
			x.Phase = "ramp-up"
			x.Clients = int64(f.clients * (sec + 6) / 5)
		case sec < 10:
			x.Phase = "warm-up"
		case float64(sec) >= 10+f.steady:
			x.Phase = "drain"
		}
		said := 0.0
		if sec >= 0 && x.Phase != "drain" {
			for range 100 {
				if r.Float64() < f.rate/100 {
					said++
				}
			}
		}
		x.Published = int64(said)
		x.Deliveries = int64(said * float64(x.Clients))
		if s.paced {
			x.Requests = int64(float64(x.Clients) / f.interval * (1 + 0.02*(r.Float64()-0.5)))
		}
		work := s.cpu * float64(x.Deliveries)
		if s.paced {
			x.Empty = int64(float64(x.Requests) * EmptyShare(said, f.interval, false))
			work = 1.6*s.cpu*float64(x.Requests-x.Empty) + 20e-6*float64(x.Empty)
		}
		x.ServerCPUS = (work + 2e-6*float64(x.Clients)) * (0.9 + 0.2*r.Float64())
		x.ServerRSSBytes = 14<<20 + s.memory*x.Clients
		out = append(out, x)
	}
	return out
}

// doubt stamps a trial.
func doubt(t *result.Trial, v result.Validity, code, text string) {
	t.Validity = v
	t.Reasons = append(t.Reasons, result.Reason{Code: code, Validity: v, Text: text})
}

var nine = []string{"poll", "poll-etag", "longpoll", "sse", "ws", "ws-deflate", "ws-batch", "socketio-polling", "socketio-ws"}
