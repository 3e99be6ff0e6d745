package result

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"gotest.tools/v3/assert"
)

// baseline is the kept run: a trial of poll and one of ws.
const baseline = "testdata/schema4.jsonl"

// Whatever was ever written stays readable.
func TestReadOfEverySchema(t *testing.T) {
	files, err := filepath.Glob("testdata/schema*.jsonl")
	assert.Assert(t, err == nil && len(files) >= 3, "%q, %v", files, err)
	for _, path := range append(files, "../../results/baseline/short/"+FileName) {
		trials, err := ReadDir(path)
		assert.Check(t, err == nil && len(trials) == 2, "%d trials, %v", len(trials), err)
		for i := range trials {
			assert.Check(t, !trials[i].broken(), "%s:%d is stamped broken", path, i+1)
		}
	}
}

// parsed are a file's lines as JSON without a type.
func parsed(t *testing.T, path string) (lines []map[string]any) {
	t.Helper()
	text, err := os.ReadFile(path)
	assert.NilError(t, err)
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	for d.More() {
		var line map[string]any
		assert.NilError(t, d.Decode(&line))
		lines = append(lines, line)
	}
	return lines
}

// put sets what a path such as "series.3.t" leads to.
func put(t *testing.T, v any, path string, to any) {
	t.Helper()
	name, rest, more := strings.Cut(path, ".")
	if list, ok := v.([]any); ok {
		i, err := strconv.Atoi(name)
		assert.NilError(t, err)
		if more {
			put(t, list[i], rest, to)
		} else {
			list[i] = to
		}
		return
	}
	object := v.(map[string]any)
	_, ok := object[name]
	assert.Assert(t, ok, "there is no %s", name)
	if more {
		put(t, object[name], rest, to)
	} else {
		object[name] = to
	}
}

// refusal is why the line is not read; "" if it is.
func refusal(t *testing.T, line map[string]any) string {
	t.Helper()
	text, err := json.Marshal(line)
	assert.NilError(t, err)
	if _, err := Read("trials.jsonl", bytes.NewReader(text)); err != nil {
		return err.Error()
	}
	return ""
}

// An edited number is found by another one that it does not agree with.
func TestEditedNumbers(t *testing.T) {
	const poll, ws = 0, 1
	for _, c := range []struct {
		line int
		path string
		to   any
		said string // after "results trials.jsonl:1: broken invariants: "
	}{
		{ws, "latency_s.p50", -5, "latency_s.p50 = -5: below 0"},
		{ws, "latency_s.p50", 0.1, "latency_s.p50 = 0.1, but the histogram makes it 0.002"},
		{ws, "latency_s.p90", nil, "latency_s.p90 = null, but the histogram makes it 0.003"},
		{ws, "latency_s.p999", 0.007, "latency_s.p999 = 0.007, but the histogram makes it null"},
		{ws, "latency_s.max", 1e308, "latency_s.max = 1e+308: at most 2^53"},
		{ws, "latency_s.max", 0.008, "latency_s.max = 0.008, but the histogram makes it 0.0078"},
		{ws, "latency_s.mean", 0.002, "latency_s.mean = 0.002, but the histogram makes it 0.0026"},
		{ws, "latency_s.n", 2801, "latency_s.n = 2801, but the histogram holds 2800"},
		{ws, "publish_latency_s.p50", 0.002, "publish_latency_s.p50 = 0.002, but the histogram makes it null"},
		{ws, "publish_service_s.max", 0.001, "publish_service_s.max = 0.001, but the histogram makes it 0.005"},
		{poll, "poll_response_s.p99", 0.001, "poll_response_s.p99 = 0.001, but the histogram makes it 0.0019"},
		{poll, "poll_service_s.p50", 0, "poll_service_s.p50 = 0, but the histogram makes it 0.0002"},
		{ws, "accept_latency_s.mean", 0, "accept_latency_s.mean = 0, but"},
		{ws, "delivery_leg_s.p99", 1, "delivery_leg_s.p99 = 1, but"},
		{ws, "schedule_late_s.publish.mean", 1, "schedule_late_s.publish.mean = 1: must be from 0 to the maximum"},
		{ws, "schedule_late_s.publish.p50", 0, "schedule_late_s.publish.p50 = 0 of 14 samples"},
		{poll, "schedule_late_s.poll.p99", 0, "schedule_late_s.poll.p99 = 0: must be from "},
		{poll, "schedule_late_s.poll.max", 4000, "schedule_late_s.poll.max = 4000: must be from "},
		{ws, "stale_share_clients.p90", 0, "stale_share_clients.p90 = 0: must be from "},
		{ws, "stale_share", 0, "stale_share = 0, but the clients' mean is 0.0026"},

		{ws, "window_s", 1400, "window_s = 1400, but asked.steady_s is 14"},
		{ws, "window_s", 13.5, "window_s = 13.5, but asked.steady_s is 14"},
		{ws, "asked.steady_s", 28, "window_s = 13.999959688, but asked.steady_s is 28"},
		{ws, "asked.publish_rate", 100, "offered = 14, but 100/s in each of 1 rooms for 14 s make "},
		{ws, "asked.arrivals", "constant", ""}, // 14 are those of constant arrivals as well
		{ws, "asked.rooms", 0, "asked: 14 s of steady state, 0 rooms"},
		{ws, "asked.transports", []string{"poll"}, `transport "ws" is not one of those asked for`},
		{ws, "asked.points", []string{"x"}, `scenario_hash "e0ac5deccd91" belongs to no point asked for`},
		{ws, "trial", 2, "trial 2 of only 1 asked for"},
		{ws, "clients", 100, "series["},
		{ws, "clients", 300, "expected = 2800, but 14 messages were published to at least 300 clients each"},

		{ws, "reordered", 1e9, "reordered 1000000000 > delivered 2800 − duplicated 0"},
		{ws, "duplicated", 1, "expected 2800 ≠ delivered 2800 − duplicated 1 + lost 0"},
		{ws, "published", 15, "published 15 > sent 14"},
		{ws, "published", 10, "10 of 14 messages due were published, but no reason says so"},
		{ws, "window_published", 1e6, "window_published = 1000000, but at most"},
		{ws, "window_deliveries", 1, "text: 560000 bytes came, but 1 deliveries"},
		{ws, "window_deliveries", 1e6, "text: 560000 bytes came, but 1000000 deliveries"},
		{poll, "requests.empty", 1e9, "requests.empty = 1000000000, but 2800 polls were answered"},
		{poll, "requests.total", 1, "requests 1 ≠ 2814 by status + 0 errors"},
		{poll, "totals.requests", 1, "requests.total = 2814, of 1 in totals"},
		{ws, "connections.held", 201, "connections: 201 held, "},
		{ws, "errors", map[string]int{"timeout": -1}, `errors."timeout" = -1: below 0`},
		{ws, "bytes.in", 0, `bytes differ from those of the phase "steady"`},
		{ws, "phase_bytes.3.layers.out.protocol", -1, "phase_bytes[3].layers.out.protocol = -1: below 0"},
		{ws, "tcp.in.header_bytes", 1e9, "tcp: 3020 segments with 2912 of data and 1000000000 bytes of headers"},
		{ws, "server_totals.bytes_in", 1, "bytes to the clients: the generator counted "},

		{ws, "fanout_s.t50", 1, "fanout_s: t50 = 1, "},
		{ws, "fanout_s.t50", 0, "fanout_s.t50 = 0, but fewer than 700 of latency_hdr's deliveries took no longer"},
		{ws, "fanout_s.t100_max", 1, "fanout_s.t100_max = 1, but fewer than 1 of latency_hdr's deliveries took so long"},
		{ws, "fanout_s.t100_max", 0.0075, "fanout_s.t100_max = 0.0075, but a delivery took 0.0078"},
		{ws, "fanout_s.messages", 15, "fanout_s.messages = 15: must be from 1 to 14, those offered"},

		{ws, "server.cpu_user_s", -1, "server.cpu_user_s = -1: below 0"},
		{ws, "server.cpu_user_s", 1000, "server: 1000."},
		{ws, "generator.rss_mean_bytes", 1e12, "generator: rss_start_bytes = "},
		{ws, "env.memory_bytes", -1, "env.memory_bytes = -1: below 0"},
		{ws, "pause_s", -1, "pause_s = -1: below 0"},
		{ws, "series.3.t", 99, "series[3].t = 99: must be a second after the one before"},
		{ws, "series.3.phase", "drain", `series[4].phase = "steady"`},
		{ws, "series.3.bytes_in", 1e12, "series: "},
		{ws, "series.3.deliveries", -1, "series[3].deliveries = -1: below 0"},
		{ws, "reasons", []Reason{{"steal", "fine", "x"}}, `the reason "steal" makes the trial "fine": must be suspect or invalid`},
	} {
		line := parsed(t, baseline)[c.line]
		put(t, line, c.path, c.to)
		got := refusal(t, line)
		assert.Check(t, (c.said == "") == (got == "") && strings.Contains(got, c.said), "%s = %v:\n%s\nlacks %q", c.path, c.to, got, c.said)
	}
}

// Latencies that were pasted from another trial part from what else is known of
// the deliveries, even with their histogram.
func TestPastedLatencies(t *testing.T) {
	for _, c := range []struct {
		fields string
		said   string
	}{
		{"latency_s", "latency_s.p50 = 0.002535423, but the histogram makes it 0.503"},
		{"latency_hdr", "latency_s.p50 = 0.503578623, but the histogram makes it 0.002"},
		{"latency_s latency_hdr", "delivery_leg_s.p50 = "},
		{"latency_s latency_hdr", "fanout_s.t50 = "},
		{"latency_s latency_hdr delivery_leg_s delivery_leg_hdr accept_latency_s accept_latency_hdr", "fanout_s.t50 = "},
		{"fanout_s", "but a delivery took 1.001"},
		{"publish_latency_s publish_latency_hdr publish_service_s publish_service_hdr latency_s latency_hdr fanout_s", "delivery_leg_s.p50 = "},
	} {
		lines := parsed(t, baseline)
		slow, fast := lines[0], lines[1]
		for name := range strings.FieldsSeq(c.fields) {
			put(t, slow, name, fast[name])
		}
		got := refusal(t, slow)
		assert.Check(t, strings.Contains(got, c.said), "%s:\n%s\nlacks %q", c.fields, got, c.said)
	}
}
