package published

import (
	"io/fs"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
	"go.yaml.in/yaml/v4"
	"gotest.tools/v3/assert"

	"github.com/pollpush/pollpush/internal/result"
	"github.com/pollpush/pollpush/report/internal/fixture"
	"github.com/pollpush/pollpush/report/internal/metric"
	"github.com/pollpush/pollpush/report/internal/trials"
	"github.com/pollpush/pollpush/scenarios"
)

// paperRun is made-up trials of a scenario: change sets what its claims read.
func paperRun(t *testing.T, scenario string, change func(*result.Trial), transports ...string) *trials.Point {
	t.Helper()
	f := fixture.Usual()
	f.Trials = 1
	list := f.Run(transports...)
	for i := range list {
		list[i].Scenario = scenario
		change(&list[i])
	}
	r, err := trials.NewPoint(list)
	assert.NilError(t, err)
	return r
}

func cellsOf(t *testing.T, r *trials.Point, what string) (theirs, measured string) {
	t.Helper()
	table, _ := Table(r)
	for _, row := range table.Rows {
		if row[0].Text == what {
			return row[1].Text, row[2].String()
		}
	}
	t.Fatalf("no row %q in %v", what, table.Rows)
	return "", ""
}

func TestEveryPaperHasAScenario(t *testing.T) {
	page, err := os.ReadFile("../../../docs/papers.md")
	assert.NilError(t, err)
	files, err := fs.ReadDir(scenarios.FS, "published")
	assert.NilError(t, err)
	for _, file := range files {
		name := strings.TrimSuffix(file.Name(), ".yaml")
		assert.Check(t, slices.Contains(scenarios.Names, name), "published/%s.yaml belongs to no scenario", name)
	}
	for _, name := range scenarios.Names {
		if !strings.HasPrefix(name, "paper-") {
			continue
		}
		var asked struct{ Transports []string }
		source, err := scenarios.FS.ReadFile(name + ".yaml")
		assert.NilError(t, err)
		assert.NilError(t, yaml.Load(source, &asked))
		p, ok := publicationOf(name)
		if !ok || p.Source == "" || p.Setting == "" || len(p.Claims) == 0 {
			t.Errorf("%s: source %q, setting %q, %d claims", name, p.Source, p.Setting, len(p.Claims))
		}
		var whats []string
		for _, c := range p.Claims {
			if c.What == "" || c.Published == "" || slices.Contains(whats, c.What) {
				t.Errorf("%s: a claim %q, published %q", name, c.What, c.Published)
			}
			assert.Check(t, c.Unit == "" || paperUnits[c.Unit] != nil, "%s, %q: no unit %q", name, c.What, c.Unit)
			for _, o := range []*operand{&c.Measured, c.Over} {
				if o == nil {
					continue
				}
				metric.Named(o.Number) // panics where there is none
				assert.Check(t, slices.Contains(asked.Transports, o.Transport), "%s, %q: the scenario has no transport %q", name, c.What, o.Transport)
			}
			whats = append(whats, c.What)
		}
		for _, edge := range []string{"generated", "end"} {
			if mark := "\n<!-- " + edge + ": " + name + " -->\n"; !strings.Contains(string(page), mark) {
				t.Errorf("docs/papers.md has no line %q", strings.TrimSpace(mark))
			}
		}
	}
}

func TestPublishedBesideMeasured(t *testing.T) {
	layered := func(tr *result.Trial) {
		tr.Clients, tr.WindowS, tr.WindowDeliveries = 1000, 20, 20_000
		tr.Requests.Total = 20_000
		switch tr.Transport {
		case "poll": // 871 bytes around each of 20,000 polls
			tr.Bytes = result.Bytes{In: 8_000_000, Out: 10_000_000, Layers: result.Layers{
				In: result.Layer{Text: 1_000_000, Protocol: 7_420_000 - 420_000}, Out: result.Layer{Protocol: 10_420_000}}}
		case "ws": // 2 bytes around each of 20,000 deliveries
			tr.Bytes = result.Bytes{In: 1_040_000, Layers: result.Layers{In: result.Layer{Text: 1_000_000, Protocol: 40_000}}}
		}
	}
	cost := func(tr *result.Trial) {
		tr.Clients, tr.WindowS = 5000, 10
		tr.Requests.ByStatus = map[string]int64{"200": 8_000, "304": 2_000, "201": 2}
		tr.Server = &result.Cost{CPUUserS: 1, CPUSysS: 1} // a fifth of a core
		if tr.Transport == "sse" {
			tr.Server.CPUUserS, tr.Server.CPUSysS = 0.3, 0.1 // a 25th
		}
	}
	frozen := func(tr *result.Trial) {
		tr.WindowS, tr.Asked.FreezeS = 20, 1.4
		tr.PollResponse = &result.Quantiles{N: 40_000, P99: new(1.24), Max: 1.41}
		tr.PollService = &result.Quantiles{N: 40_000, P99: new(0.0062), Max: 1.40}
	}
	silent := func(tr *result.Trial) {
		tr.Clients, tr.WindowS = 1000, 30
		tr.Requests.Total = 30_000
		tr.Bytes = result.Bytes{In: 6_000_000, Out: 4_000_000}
		if tr.Transport == "ws" {
			tr.Requests.Total, tr.Bytes = 0, result.Bytes{In: 2_000, Out: 6_000}
		}
	}
	crowded := func(tr *result.Trial) {
		tr.LatencyHDR = uniformHDR(t, 100)
		tr.WindowDeliveries, tr.WindowPublished = 6_000, 30
		tr.Requests.Empty, tr.Requests.ByStatus = 10, map[string]int64{"200": 2_040}
	}
	tests := []struct {
		scenario   string
		change     func(*result.Trial)
		what       string
		published  string
		measured   string
		transports []string
	}{
		{"paper-tutorial", silent, "requests of a client that polls every second", "60/min", "60.0/min", nil},
		{"paper-tutorial", silent, "connections of 1,000 push clients", "1,000", "1,000", nil},
		{"paper-tutorial", silent, "requests of a push client, once connected", "0", "0/min", nil},
		{"paper-tutorial", silent, "bytes of a push client while nobody publishes", "0 B/min", "16.0 B/min", nil},
		{"paper-tutorial", silent, "bytes of a polling client while nobody publishes", "–", "20.0 kB/min", nil},
		{"paper-tutorial", silent, "requests of 100,000 polling clients, by arithmetic", "“millions” a minute", "6,000,000/min", nil},
		{"paper-tutorial", silent, "bytes of a push client while nobody publishes", "0 B/min", "–", []string{"poll"}},

		{"paper-lubbers", layered, "bytes around one poll", "871 B", "871 B", nil},
		{"paper-lubbers", layered, "bytes around one message over WebSocket", "2 B", "2.00 B", nil},
		{"paper-lubbers", layered, "overhead of polling ÷ overhead of WebSocket", "436×", "436×", nil},
		{"paper-lubbers", layered, "polling, 1,000 clients", "6.6 Mbit/s", "6.65 Mbit/s", nil},
		{"paper-lubbers", layered, "polling, 100,000 clients, by arithmetic", "665 Mbit/s", "665 Mbit/s", nil},
		{"paper-lubbers", layered, "WebSocket, 1,000 clients", "0.015 Mbit/s", "0.0153 Mbit/s", nil},
		{"paper-lubbers", layered, "WebSocket, 100,000 clients, by arithmetic", "1.526 Mbit/s", "1.53 Mbit/s", nil},
		{"paper-lubbers", layered, "overhead of polling ÷ overhead of WebSocket", "436×", "–", []string{"ws"}},
		{"paper-lubbers", func(tr *result.Trial) { tr.Schema = 2 }, "bytes around one poll", "871 B", "–", nil},

		{"paper-vandevyvere", cost, "clients per core, polling", "2,000 well, 5,000 at most", "25,000", nil},
		{"paper-vandevyvere", cost, "clients per core, SSE", "25,000", "125,000", nil},
		{"paper-vandevyvere", cost, "clients with SSE ÷ clients with polling", "5×", "5×", nil},
		{"paper-vandevyvere", cost, "polls per core", "2,520/s", "5,000/s", nil},
		{"paper-vandevyvere", cost, "clients per core by the paper's rule, at a latency of 5 s", "12,600", "25,000", nil},
		{"paper-vandevyvere", cost, "latency at which polling serves as many clients as SSE", "10 s", "25.0 s", nil},
		{"paper-vandevyvere", func(tr *result.Trial) { tr.Server = nil }, "clients per core, polling", "2,000 well, 5,000 at most", "–", nil},

		{"paper-wrk2-freeze", frozen, "p99, from due to answered", "1.27 s", "1.24 s", nil},
		{"paper-wrk2-freeze", frozen, "p99, from sent to answered", "6.04 ms", "6.20 ms", nil},
		{"paper-wrk2-freeze", frozen, "the first ÷ the second", "200×", "200×", nil},
		{"paper-wrk2-freeze", frozen, "smallest possible p99: the freeze less 1 % of the window", "1.20 s", "1.20 s", nil},
		{"paper-wrk2-freeze", func(*result.Trial) {}, "smallest possible p99: the freeze less 1 % of the window", "1.20 s", "–", nil},

		{"paper-etherpad", crowded, "p95, Socket.IO over WebSocket only", "82 ms", "–", nil},
		{"paper-etherpad", crowded, "p95, WebSocket", "–", "–", nil}, // 5 of 100 lie beyond
		{"paper-etherpad", func(tr *result.Trial) { tr.LatencyHDR = uniformHDR(t, 1000) }, "p95, WebSocket", "–", "950 ms", nil},
		{"paper-etherpad", crowded, "messages per answer, Socket.IO over polling", "–", "3", []string{"socketio-polling"}},
	}
	for _, test := range tests {
		transports := test.transports
		if transports == nil {
			transports = []string{"poll", "sse", "ws"}
		}
		published, measured := cellsOf(t, paperRun(t, test.scenario, test.change, transports...), test.what)
		if published != test.published || measured != test.measured {
			t.Errorf("%s, %s: published %q, measured %q; want %q and %q", test.scenario, test.what, published, measured, test.published, test.measured)
		}
	}
}

func TestDoubtsStandBesideWhatWasMeasured(t *testing.T) {
	r := paperRun(t, "paper-lubbers", func(tr *result.Trial) {
		tr.Bytes.Layers.In.Protocol = 1_000_000
		if tr.Transport == "ws" {
			fixture.Doubt(tr, result.Invalid, result.GeneratorCPU, "saturated")
		}
		tr.Flags = []string{"--clients", "10"}
	}, "poll", "ws")
	for what, doubted := range map[string]bool{
		"bytes around one poll":                       false,
		"bytes around one message over WebSocket":     true,
		"overhead of polling ÷ overhead of WebSocket": true,
	} {
		_, measured := cellsOf(t, r, what)
		assert.Check(t, strings.HasSuffix(measured, " ⚠ invalid") == doubted, "%s: %q", what, measured)
	}
	_, notes := Table(r)
	if !strings.Contains(notes[0], "Lubbers and Greco") || !strings.Contains(notes[1], "(--clients 10)") {
		t.Errorf("notes begin %q", notes[:2])
	}
}

func TestNothingWasPublishedOfOtherScenarios(t *testing.T) {
	table, notes := Table(paperRun(t, "chat", func(*result.Trial) {}, "poll", "ws"))
	assert.Check(t, len(table.Rows) == 0 && notes == nil, "%v, %v", table, notes)
}

// uniformHDR is a histogram of one sample for each of n milliseconds.
func uniformHDR(t *testing.T, n int64) string {
	t.Helper()
	h := hdrhistogram.New(1, int64(time.Hour), 3)
	for i := range n {
		assert.NilError(t, h.RecordValue((i+1)*1e6))
	}
	text, err := h.Encode(hdrhistogram.V2CompressedEncodingCookieBase)
	assert.NilError(t, err)
	return string(text)
}
