package report

import (
	"fmt"
	"math"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"gotest.tools/v3/assert"

	"github.com/pollpush/pollpush/internal/result"
	"github.com/pollpush/pollpush/internal/stat"
	"github.com/pollpush/pollpush/report/internal/fixture"
)

// constant is what may stand on a page without being any trial's number.
type constant struct {
	pattern *regexp.Regexp
	reason  string
}

var constants = []constant{
	{regexp.MustCompile(`p99 needs 1,000, p99\.9 needs 10,000`), "the rule of samples"},
	{regexp.MustCompile(`fewer than 20 deliveries`), "the same"},
	{regexp.MustCompile(`part by more than 10 %|differences above 10 %|agree within 10 %`), "from where on model and measurement part"},
	{regexp.MustCompile(`up to 64 KiB`), "the largest segment on loopback"},
	{regexp.MustCompile(`packets of 1,500 bytes|1,500-byte`), "a network's packets"},
	{regexp.MustCompile(`±0\.5 ms`), "what a leg may be off by"},
	{regexp.MustCompile(`ticks of 10 ms`), "the kernel's clock of user and system time"},
	{regexp.MustCompile(`uniform on 0 to T`), "the model of polling, in words"},
	{regexp.MustCompile(`60/T|60 ÷ interval`), "a formula"},
	{regexp.MustCompile(`fewer than 10 seconds`), "the fewest that a fit takes"},
	{regexp.MustCompile(`by the medians of \d transports`), "how many may be compared"},
	{regexp.MustCompile(`below 2 %, 10 %, 25 %, and more|50 µs high up to 0\.4 ms, at most 25 % above`), "shades and buckets"},
	{regexp.MustCompile(`model, uniform on 0 to`), "where the model's range begins"},
}

// numbersRun is a run that has everything: each transport, doubts, trials that
// are set aside, bytes of TLS, compression, and answers of every kind.
func numbersRun() []result.Trial {
	f := fixture.Usual()
	f.Steady = 120
	trials := f.Run(fixture.Nine...)
	for i := range trials {
		t := &trials[i]
		t.Asked.FreezeAtS, t.Asked.FreezeS = 8, 1.5
		t.Env.CPUQuota, t.Env.MemoryLimitBytes, t.Env.Throttling = 1.75, 3<<29, &result.Throttling{Periods: 1173, Throttled: int64(t.Trial)}
		t.Asked.TLS, t.Connections.Handshakes, t.Connections.TLS = true, t.Connections.Opened, "TLS 1.3, TLS_AES_128_GCM_SHA256"
		for _, l := range []*result.Layer{&t.Bytes.Layers.In, &t.Bytes.Layers.Out} {
			tls := l.Protocol / 10
			l.TLS, l.Protocol = tls, l.Protocol-tls
		}
		t.PhaseBytes[2].Bytes = t.Bytes
		if t.Transport == "poll-etag" {
			t.Requests.ByStatus["304"], t.Requests.ByStatus["200"] = t.Requests.Empty, t.Requests.ByStatus["200"]-t.Requests.Empty
		}
		late := 0.0002 * float64(t.Trial)
		t.ScheduleLate.Publish = &result.Quantiles{N: 120, P50: &late, P90: &late, Max: 3 * late, Mean: late}
		t.DeliveryLeg, t.DeliveryLegHDR = t.Latency, t.LatencyHDR
		t.Fanout.T99, t.Fanout.T100 = *t.Latency.P99, *t.Latency.P99*1.001
		for _, p := range t.PhaseBytes {
			t.Totals.BytesIn, t.Totals.BytesOut = t.Totals.BytesIn+p.In, t.Totals.BytesOut+p.Out
		}
		for _, s := range t.Series {
			t.Totals.Requests += s.Requests
		}
		t.Totals.Requests = max(t.Totals.Requests, t.Requests.Total)
		if t.Asked.Paced {
			t.ScheduleLate.Poll = &result.Quantiles{N: 120000, P50: &late, P90: &late, P99: &late, P999: &late, Max: 4 * late, Mean: late}
		}
		switch {
		case t.Transport == "sse" && t.Trial == 2:
			fixture.Doubt(t, result.Suspect, "steal", "0.34 cores were stolen, where 0.1 is allowed")
		case t.Transport == "poll" && t.Trial == 3:
			fixture.Doubt(t, result.Invalid, "poll_late", "polls were 210 ms late (p99), where 50 ms is allowed")
		case t.Transport == "socketio-ws":
			t.Offered, t.Sent, t.Published = t.Offered+1, t.Sent+1, t.Published+1 // to all clients but these
			t.Lost = int64(t.Clients)
			t.Expected += t.Lost
			fixture.Doubt(t, result.Suspect, "messages_lost", "deliveries were lost")
		}
	}
	return trials
}

// TestEveryNumber holds every number on the page and in its charts against the
// formulas in docs/formulas.md, worked out from the lines of trials.jsonl.
func TestEveryNumber(t *testing.T) {
	made := filepath.Join(t.TempDir(), result.FileName)
	for _, trial := range numbersRun() {
		trial.WindowPublished = trial.Published
		assert.NilError(t, result.Append(made, &trial))
	}
	a := newAudit(t, rawTrials(t, made))
	page := audited(t, a, made)
	sound := readDocument(t, page)
	for _, plant := range plants {
		planted := plant.replace(page)
		if slices.Equal(planted, page) {
			t.Errorf("there is no place to plant %s", plant.what)
			continue
		}
		faults := a.check(readDocument(t, planted).besides(sound))
		assert.Check(t, len(faults) != 0, "%s was taken for a number of the trials", plant.what)
	}
}

// TestEveryMeasuredNumber does the same for the run that is kept as a baseline.
func TestEveryMeasuredNumber(t *testing.T) {
	const measured = "../results/baseline/short/" + result.FileName
	audited(t, newAudit(t, rawTrials(t, measured)), measured)
}

// audited makes the report of a results file, and returns its page if there is
// nothing wrong with it.
func audited(t *testing.T, a *audit, path string) []byte {
	t.Helper()
	trials, err := result.ReadDir(path)
	assert.NilError(t, err)
	files := written(t, "audited", trials)
	for name, content := range files {
		if !strings.HasSuffix(name, ".md") {
			for _, fault := range a.check(readDocument(t, content)) {
				t.Errorf("%s: %s", name, fault)
			}
		}
	}
	if t.Failed() {
		t.FailNow()
	}
	return files["report.html"]
}

// plant puts a number on the page that is no trial's.
type plant struct {
	what    string
	after   string // from where on
	pattern string
	by      func(found string) string
}

func (p plant) replace(page []byte) []byte {
	head, rest, _ := strings.Cut(string(page), p.after)
	at := regexp.MustCompile(p.pattern).FindStringIndex(rest)
	if at == nil {
		return page
	}
	return []byte(head + p.after + rest[:at[0]] + p.by(rest[at[0]:at[1]]) + rest[at[1]:])
}

// upper makes the last digit of a number another one.
func upper(s string) string {
	i := strings.LastIndexAny(s, "0123456789")
	return s[:i] + string('0'+(s[i]-'0'+1)%10) + s[i+1:]
}

var plants = []plant{
	{"a wrong median", `<th scope="row">bytes per delivery, in</th>`, `>\d+ B`, upper},
	{"another transport's median", `<th scope="row">requests per client</th>`, `>0/min`, func(string) string { return ">60.1/min" }},
	{"a wrong range", `<th scope="row">server CPU per delivery</th>`, `\(\d+`, upper},
	{"a wrong sum", `<th scope="row">lost</th>`, `>0<`, upper},
	{"a number where none is known", `<th scope="row">empty polls</th>`, `>–<`, func(string) string { return ">36.8 %<" }},
	{"none where a number is known", `<th scope="row">delivery latency, p50</th>`, `>\d[^<]*<`, func(string) string { return ">–<" }},
	{"a row without a formula", `<th scope="row">`, `connections per client`, func(string) string { return "connections" }},
	{"a wrong layer", `<th scope="row">protocol, in</th>`, `>\d+ B`, upper},
	{"a wrong unit cost", `<h3>Unit costs</h3>`, `>\d+ ±`, upper},
	{"a wrong standard error", `<h3>Unit costs</h3>`, `± [\d.]+`, upper},
	{"a wrong model", `>60/T</td>`, `>60\.0/min`, func(string) string { return ">61.0/min" }},
	{"a wrong difference", `>λN</td>`, `0 %`, func(string) string { return "+2.0 %" }},
	{"a wrong factor in the verdict", `aria-label="Verdict"`, `CPU ÷ [\d.]+`, upper},
	{"a wrong factor on a tile", `aria-label="Headline"`, `÷ \d+`, upper},
	{"a wrong number on a tile", `aria-label="Headline"`, `poll \d+ ms`, func(string) string { return "poll 42.7 ms" }},
	{"a foreign number in a sentence", `aria-label="Verdict">`, `<p`, func(s string) string { return "<p>It took 42.7 ms.</p>" + s }},
	{"a wrong count in a sentence", `<h1>`, `1,000 clients`, func(string) string { return "1,200 clients" }},
	{"a wrong label in a chart", `Requests per client and minute`, `>60\.\d`, upper},
	{"another transport's label in a chart", `aria-label="What it costs the server"`, `>\d+ µs<`, func(string) string { return ">21.7 µs<" }},
	{"a wrong percentile to point at", `&#xA;99 % of deliveries`, `within [\d.]+`, upper},
	{"a wrong second to point at", `<title>4`, `poll \d[\d,]*`, upper},
	{"a wrong bucket to point at", `aria-label="Latency of one trial of each transport, second by second"`, `p50 [\d.]+`, upper},
	{"a wrong share to point at", `aria-label="How latencies are spread"`, `: [\d.]+ % of deliveries`, upper},
	{"a wrong bar to point at", `&#xA;server CPU per delivery`, `: \d+`, upper},
	{"a wrong tick", `aria-label="Requests per client and minute"`, `>40<`, func(string) string { return ">50<" }},
	{"a wrong tick on a logarithmic axis", `aria-label="How long a message takes to reach a client"`, `>10 ms<`, func(string) string { return ">20 ms<" }},
	{"a wrong percentile on its axis", `aria-label="How long a message takes to reach a client"`, `>99\.9 %<`, func(string) string { return ">99.5 %<" }},
}

// audit holds a page against the raw lines of a run.
type audit struct {
	formulas map[string]documentedFormula
	order    []string                    // of the transports
	used     map[string][]map[string]any // the trials whose numbers enter, by transport
	trials   map[string][]*result.Trial  // the same
	all      []map[string]any
	strings  []string                       // of the lines, the longest first
	pools    map[string][]float64           // every value that a formula gives, by unit
	ratios   map[string][]float64           // to polling, and the other way round, by formula
	fits     map[string]costFit             // by transport
	shares   map[string]map[float64]float64 // of deliveries by latency, by transport
	faults   []string
}

func newAudit(t *testing.T, lines []map[string]any) *audit {
	t.Helper()
	a := &audit{formulas: documented(t), used: map[string][]map[string]any{}, all: lines, pools: map[string][]float64{}, ratios: map[string][]float64{}, fits: map[string]costFit{}, trials: map[string][]*result.Trial{}, shares: map[string]map[float64]float64{}}
	for _, line := range lines {
		name := line["transport"].(string)
		if !slices.Contains(a.order, name) {
			a.order = append(a.order, name)
		}
		if line["status"] == "complete" && line["validity"] != "invalid" {
			a.used[name] = append(a.used[name], line)
		}
		a.collect(line)
	}
	for _, line := range lines { // invalid ones enter, stamped, where there is nothing else
		name := line["transport"].(string)
		if line["status"] == "complete" && (len(a.used[name]) == 0 || a.used[name][0]["validity"] == "invalid") {
			a.used[name] = append(a.used[name], line)
		}
	}
	for name, lines := range a.used {
		for _, line := range lines {
			a.trials[name] = append(a.trials[name], typed[result.Trial](line))
		}
	}
	slices.SortFunc(a.strings, func(x, y string) int { return len(y) - len(x) })
	a.strings = slices.Compact(a.strings)

	for _, f := range a.formulas {
		medians := map[string]float64{}
		for _, transport := range a.order {
			if v := a.values(f, transport); len(v) > 0 {
				low, high := stat.Range(v)
				a.pools[f.unit] = append(a.pools[f.unit], middleOf(f, v), low, high)
				medians[transport] = middleOf(f, v)
			}
		}
		for _, v := range medians {
			for _, scale := range []float64{1, 1 << 10, 1 << 20} { // as they are printed
				to, from := threeDigits(v/scale)*scale, threeDigits(medians["poll"]/scale)*scale
				a.ratios[f.name] = append(a.ratios[f.name], to/from, from/to)
			}
		}
	}
	total := 0
	for _, trials := range a.used {
		total += len(trials)
		a.pools["1"] = append(a.pools["1"], float64(len(trials)))
	}
	a.pools["1"] = append(a.pools["1"], float64(total), float64(len(a.order)))
	for _, transport := range a.order {
		gone, expected := a.values(a.formulas["lost"], transport), a.values(a.formulas["expected deliveries"], transport)
		a.pools["%"] = append(a.pools["%"], stat.Sum(gone)/stat.Sum(expected))
	}
	highest := 0.0
	for _, transport := range a.order {
		a.shares[transport] = a.bars(transport)
		for _, share := range a.shares[transport] {
			highest = max(highest, share)
		}
	}
	a.pools["%"] = append(a.pools["%"], highest)
	return a
}

// collect takes the strings of a line that hold a number.
func (a *audit) collect(v any) {
	switch v := v.(type) {
	case string:
		if strings.ContainsAny(v, "0123456789") {
			a.strings = append(a.strings, v)
		}
	case []any:
		for _, each := range v {
			a.collect(each)
		}
	case map[string]any:
		for key, each := range v {
			if list, ok := each.([]any); ok && key == "flags" { // printed in one
				each = strings.Trim(fmt.Sprint(list), "[]")
			}
			a.collect(each)
		}
	}
}

// values are a formula's, one for each used trial that knows it.
func (a *audit) values(f documentedFormula, transport string) (list []float64) {
	if f.of == nil {
		return nil
	}
	for _, trial := range a.trials[transport] {
		if v := f.of(trial); !math.IsNaN(v) {
			list = append(list, v)
		}
	}
	return list
}

// middleOf is what a table shows of a formula's values.
func middleOf(f documentedFormula, values []float64) float64 {
	if f.over == "sum" {
		return stat.Sum(values)
	}
	return stat.Median(values)
}

func (a *audit) fault(format string, args ...any) {
	a.faults = append(a.faults, fmt.Sprintf(format, args...))
}
