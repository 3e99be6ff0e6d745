package control

import (
	"encoding/binary"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
	"gotest.tools/v3/assert"

	"github.com/pollpush/pollpush/internal/proc"
	"github.com/pollpush/pollpush/internal/result"
	"github.com/pollpush/pollpush/internal/shard"
)

// gathered is the trial that shards' results make.
func gathered(plan shard.Plan, results ...*shard.Result) *result.Trial {
	t := &result.Trial{Status: result.Complete, Errors: map[string]int64{}}
	var members []*member
	for _, r := range results {
		members = append(members, &member{result: r})
	}
	gather(t, members, newWatch(plan, nil, nil, sample{}), plan)
	return t
}

func histogramText(t *testing.T, highest time.Duration, values ...int64) string {
	t.Helper()
	h := hdrhistogram.New(1, int64(highest), 3)
	for _, v := range values {
		assert.NilError(t, h.RecordValue(v))
	}
	text, err := h.Encode(hdrhistogram.V2CompressedEncodingCookieBase)
	assert.NilError(t, err)
	return string(text)
}

// message is one as a shard reports it; latencies are in µs, ascending.
func messageOf(room int, seq int64, latencies ...int64) shard.Message {
	m := shard.Message{Room: room, Seq: seq}
	var last int64
	for _, v := range latencies {
		m.Latencies = binary.AppendUvarint(m.Latencies, uint64(v-last))
		last = v
	}
	return m
}

// from1 is 1…n, in units of step.
func from1(n, step int64) (v []int64) {
	for i := range n {
		v = append(v, (i+1)*step)
	}
	return v
}

var (
	sample1 = result.Bytes{In: 1000, Out: 2000, Layers: result.Layers{In: result.Layer{Text: 600, Envelope: 300, Protocol: 100}}}
	sample2 = result.Bytes{In: 10, Out: 20, Layers: result.Layers{Out: result.Layer{Compression: -5, TLS: 25}}}
)

func TestGatherSumsUp(t *testing.T) {
	a := &shard.Result{
		Joined: 4, From: 5e9, To: 15e9,
		Counts: result.Counts{
			Offered: 10, Sent: 9, NotSent: 1, Published: 8, Expected: 80, Delivered: 82, Lost: 1, Duplicated: 3, Reordered: 4, WindowDeliveries: 70,
			Requests:    result.Requests{Total: 110, ByStatus: map[string]int64{"200": 100, "201": 8}, Errors: 2, Empty: 60},
			Connections: result.Connections{Held: 5, Opened: 6, Failed: 1, Lost: 2},
		},
		TCP:   &result.TCP{In: result.Segments{Segments: 9, DataSegments: 6, HeaderBytes: 468}, Retransmits: 1},
		Bytes: [4]result.Bytes{2: sample1}, Errors: map[string]int64{"reset": 2}, StaleShares: []float64{0.5, 1},
	}
	b := &shard.Result{
		Joined: 4, From: 5e9, To: 15.5e9,
		Counts: result.Counts{
			Offered: 20, Sent: 20, Published: 20, Expected: 200, Delivered: 199, Lost: 2, Duplicated: 1, Reordered: 1, WindowDeliveries: 190,
			Requests:    result.Requests{Total: 52, ByStatus: map[string]int64{"200": 50, "503": 1}, Errors: 1, Empty: 30},
			Connections: result.Connections{Held: 4, Opened: 4, Lost: 1},
		},
		TCP:   &result.TCP{In: result.Segments{Segments: 1}},
		Bytes: [4]result.Bytes{1: {In: 5}, 2: sample2}, Errors: map[string]int64{"reset": 1, "timeout": 7}, StaleShares: []float64{0.5, 0},
		FirstError: "GET /: reset",
	}
	plan := shard.Plan{Clients: 8, Rooms: []string{"r"}, Shards: 3}
	got := gathered(plan, a, nil, b) // one shard has died without a result
	want := &result.Trial{
		Status: result.Complete, WindowS: 10.5,
		Counts: result.Counts{
			Offered: 30, Sent: 29, NotSent: 1, Published: 28, Expected: 280, Delivered: 281, Lost: 3, Duplicated: 4, Reordered: 5, WindowDeliveries: 260,
			Requests:    result.Requests{Total: 162, ByStatus: map[string]int64{"200": 150, "201": 8, "503": 1}, Errors: 3, Empty: 90},
			Connections: result.Connections{Held: 9, Opened: 10, Failed: 1, Lost: 3},
		},
		Errors: map[string]int64{"reset": 3, "timeout": 7}, Bytes: result.Add(sample1, sample2), StaleShare: 0.25, StaleShareClients: &result.Quantiles{Max: 1, Mean: 0.5, N: 4},
		PhaseBytes: []result.PhaseBytes{{Phase: "ramp-up"}, {Phase: "warm-up", Bytes: result.Bytes{In: 5}}, {Phase: "steady", Bytes: result.Add(sample1, sample2)}, {Phase: "drain"}},
		Series:     []result.Second{},
		TCP:        &result.TCP{In: result.Segments{Segments: 10, DataSegments: 6, HeaderBytes: 468}, Retransmits: 1},
		Reasons:    []result.Reason{{Code: result.Errors, Validity: result.Suspect, Text: "the first error was: GET /: reset"}},
	}
	assert.Check(t, reflect.DeepEqual(got, want), "gathered %+v\nwant     %+v", got, want)
}

// What two shards have seen is, merged, what one would have seen of it all.
func TestMergedHistogramsAreThatOfAllValues(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	kinds := []struct {
		name string
		in   func(*shard.Result) *string
		out  func(*result.Trial) (*result.Quantiles, string)
	}{
		{"latency", func(r *shard.Result) *string { return &r.Latency }, func(t *result.Trial) (*result.Quantiles, string) { return t.Latency, t.LatencyHDR }},
		{"publish latency", func(r *shard.Result) *string { return &r.PublishLatency },
			func(t *result.Trial) (*result.Quantiles, string) { return t.PublishLatency, t.PublishLatencyHDR }},
		{"publish service", func(r *shard.Result) *string { return &r.PublishService },
			func(t *result.Trial) (*result.Quantiles, string) { return t.PublishService, t.PublishServiceHDR }},
		{"poll response", func(r *shard.Result) *string { return &r.PollResponse },
			func(t *result.Trial) (*result.Quantiles, string) { return t.PollResponse, t.PollResponseHDR }},
		{"poll service", func(r *shard.Result) *string { return &r.PollService },
			func(t *result.Trial) (*result.Quantiles, string) { return t.PollService, t.PollServiceHDR }},
		{"publish late", func(r *shard.Result) *string { return &r.PublishLate },
			func(t *result.Trial) (*result.Quantiles, string) { return t.ScheduleLate.Publish, "" }},
		{"poll late", func(r *shard.Result) *string { return &r.PollLate },
			func(t *result.Trial) (*result.Quantiles, string) { return t.ScheduleLate.Poll, "" }},
	}
	shards := []*shard.Result{{}, {}, {}}
	all := map[string][]int64{}
	for _, kind := range kinds {
		for i, s := range shards {
			var values []int64
			for range 100 + r.IntN(2000) {
				values = append(values, 1+int64(math.Exp(r.Float64()*math.Log(float64(time.Minute))))+int64(i))
			}
			*kind.in(s) = histogramText(t, time.Hour, values...)
			all[kind.name] = append(all[kind.name], values...)
		}
	}
	got := gathered(shard.Plan{Clients: 1, Rooms: []string{"r"}}, shards...)
	assert.Check(t, len(got.Reasons) == 0, "doubts: %+v", got.Reasons)
	for _, kind := range kinds {
		want, err := result.DecodeHistogram(histogramText(t, time.Hour, all[kind.name]...))
		assert.NilError(t, err)
		q, text := kind.out(got)
		if !reflect.DeepEqual(q, result.Summarize(want)) {
			t.Errorf("%s: %+v, want %+v", kind.name, q, result.Summarize(want))
		}
		if text == "" {
			continue
		}
		h, err := result.DecodeHistogram(text)
		assert.Check(t, err == nil && h.Equals(want), "%s: the histogram is not that of all values (%v)", kind.name, err)
	}
}

// What is not whole says so.
func TestGatherDoubts(t *testing.T) {
	broken := func(text string) []result.Reason {
		return []result.Reason{{Code: result.Broken, Validity: result.Invalid, Text: text}}
	}
	hour, day := histogramText(t, time.Hour, 1e6), histogramText(t, 24*time.Hour, 1e6, int64(3*time.Hour), int64(3*time.Hour))
	for _, c := range []struct {
		name   string
		shards []*shard.Result
		want   []result.Reason
	}{
		{"nothing", []*shard.Result{{Latency: hour}, {Latency: hour}}, nil},
		{"dropped by the shards", []*shard.Result{{Dropped: 3}, {Dropped: 4}}, broken("7 samples exceeded the range of a histogram")},
		{"dropped by merging", []*shard.Result{{Latency: hour, Dropped: 1}, {Latency: day}}, broken("3 samples exceeded the range of a histogram")},
		{"garbage", []*shard.Result{{Latency: hour}, {PollLate: "?"}},
			broken("a shard's histogram: is not a histogram: illegal base64 data at input byte 0")},
		{"latencies cut off", []*shard.Result{{Messages: []shard.Message{{Room: 2, Seq: 7, Latencies: []byte{1, 0x80}}}}},
			broken("a shard's latencies of message 7 in room 2 cannot be read")},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := gathered(shard.Plan{Clients: 1, Rooms: []string{"a", "b", "c"}}, c.shards...)
			assert.Check(t, reflect.DeepEqual(got.Reasons, c.want), "reasons %+v, want %+v", got.Reasons, c.want)
		})
	}
}

func TestFanout(t *testing.T) {
	const ms = 1000
	one := shard.Plan{Clients: 10, Rooms: []string{"r"}}
	for _, c := range []struct {
		name string
		plan shard.Plan
		a, b []shard.Message // of two shards
		want *result.Fanout
	}{
		{"no message", one, nil, nil, nil},
		{"shards interleaved", one,
			[]shard.Message{messageOf(0, 1, 1*ms, 3*ms, 5*ms, 7*ms, 9*ms, 1000*ms)}, []shard.Message{messageOf(0, 1, 2*ms, 4*ms, 6*ms, 8*ms)},
			&result.Fanout{T50: .005, T99: 1, T100: 1, T100Max: 1, Messages: 1}},
		{"to the microsecond", shard.Plan{Clients: 2, Rooms: []string{"r"}},
			[]shard.Message{messageOf(0, 1, 1)}, []shard.Message{messageOf(0, 1, 123_456_789)},
			&result.Fanout{T50: 1e-6, T99: 123.456789, T100: 123.456789, T100Max: 123.456789, Messages: 1}},
		{"the 99th of 100", shard.Plan{Clients: 100, Rooms: []string{"r"}},
			[]shard.Message{messageOf(0, 1, from1(60, ms)...)}, []shard.Message{messageOf(0, 1, slices.Repeat([]int64{60_500}, 39)...), messageOf(0, 1, 99_000)},
			&result.Fanout{T50: .05, T99: .0605, T100: .099, T100Max: .099, Messages: 1}},
		{"the 199th of 200", shard.Plan{Clients: 200, Rooms: []string{"r"}},
			[]shard.Message{messageOf(0, 1, from1(200, ms)...)}, nil,
			&result.Fanout{T50: .1, T99: .198, T100: .2, T100Max: .2, Messages: 1}},
		{"incomplete", one, []shard.Message{messageOf(0, 1, from1(5, ms)...)}, []shard.Message{messageOf(0, 1, from1(4, ms)...)}, nil},
		{"incomplete beside complete", one,
			[]shard.Message{messageOf(0, 1, from1(9, 900*ms)...), messageOf(0, 2, from1(5, ms)...)}, []shard.Message{messageOf(0, 2, from1(5, ms)...)},
			&result.Fanout{T50: .003, T99: .005, T100: .005, T100Max: .005, Messages: 1}},
		{"medians, and the worst", shard.Plan{Clients: 1, Rooms: []string{"r"}},
			[]shard.Message{messageOf(0, 1, 1*ms), messageOf(0, 2, 100*ms), messageOf(0, 3, 3*ms)}, []shard.Message{messageOf(0, 4, 5*ms)},
			&result.Fanout{T50: .004, T99: .004, T100: .004, T100Max: .1, Messages: 4}},
		{"rooms of their own size", shard.Plan{Clients: 3, Rooms: []string{"a", "b"}}, // two and one
			[]shard.Message{messageOf(0, 1, 1*ms), messageOf(1, 1, 7*ms)}, nil,
			&result.Fanout{T50: .007, T99: .007, T100: .007, T100Max: .007, Messages: 1}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := gathered(c.plan, &shard.Result{Messages: c.a}, &shard.Result{Messages: c.b}).Fanout
			assert.Check(t, reflect.DeepEqual(got, c.want), "%+v, want %+v", got, c.want)
		})
	}
}

func TestCost(t *testing.T) {
	const s, ms = time.Second, time.Millisecond
	for _, c := range []struct {
		name     string
		from, to []proc.Usage
		want     result.Cost
	}{
		{"none", nil, nil, result.Cost{}},
		{"the exact total, shared as the ticks are",
			[]proc.Usage{{CPU: 1 * s, User: 800 * ms, System: 200 * ms, RSSBytes: 10, Peak: 99}},
			[]proc.Usage{{CPU: 5 * s, User: 3800 * ms, System: 1200 * ms, RSSBytes: 20, Peak: 30}},
			result.Cost{Processes: 1, CPUUserS: 3, CPUSysS: 1, RSSStartBytes: 10, RSSPeakBytes: 30}},
		{"less than a tick",
			[]proc.Usage{{CPU: 1 * s, User: 1 * s}}, []proc.Usage{{CPU: 1*s + 2*ms, User: 1 * s}},
			result.Cost{Processes: 1, CPUUserS: .002}},
		{"in the kernel only",
			[]proc.Usage{{}}, []proc.Usage{{CPU: 30 * ms, System: 20 * ms}},
			result.Cost{Processes: 1, CPUSysS: .03}},
		{"two processes, each by its own share",
			[]proc.Usage{{RSSBytes: 1, Peak: 5}, {RSSBytes: 2, Peak: 6}},
			[]proc.Usage{{CPU: 1 * s, User: 1 * s, Peak: 7}, {CPU: 2 * s, System: 1 * s, Peak: 8}},
			result.Cost{Processes: 2, CPUUserS: 1, CPUSysS: 2, RSSStartBytes: 3, RSSPeakBytes: 15}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := cost(c.from, c.to)
			if math.Abs(got.CPUUserS-c.want.CPUUserS) > 1e-9 || math.Abs(got.CPUSysS-c.want.CPUSysS) > 1e-9 {
				t.Errorf("user %v, system %v, want %v and %v", got.CPUUserS, got.CPUSysS, c.want.CPUUserS, c.want.CPUSysS)
			}
			got.CPUUserS, got.CPUSysS = c.want.CPUUserS, c.want.CPUSysS
			assert.Check(t, got == c.want, "%+v, want %+v", got, c.want)
		})
	}
}
