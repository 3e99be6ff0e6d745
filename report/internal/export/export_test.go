package export

import (
	"bytes"
	"encoding/csv"
	"encoding/xml"
	"math"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus/testutil/promlint"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
	"golang.org/x/perf/benchfmt"
	"gotest.tools/v3/assert"
	is "gotest.tools/v3/assert/cmp"
	"gotest.tools/v3/golden"

	"github.com/pollpush/pollpush/internal/result"
	"github.com/pollpush/pollpush/report/internal/fixture"
	"github.com/pollpush/pollpush/report/internal/junit"
	"github.com/pollpush/pollpush/report/internal/metric"
	"github.com/pollpush/pollpush/report/internal/trials"
)

// swept is a run of two points, in which a trial is invalid, one suspect, one
// lost messages, and one has been interrupted.
func swept() (list []result.Trial) {
	for i, clients := range []int{100, 1000} {
		f := fixture.Usual()
		f.Clients, f.Trials = clients, 2
		point := f.Run("poll", "ws")
		for j := range point {
			point[j].Swept, point[j].ScenarioHash = []string{"clients"}, []string{"0123456789ab", "ba9876543210"}[i]
		}
		list = append(list, point...)
	}
	fixture.Doubt(&list[0], result.Invalid, "poll_late", "polls were 210 ms late (p99), where 50 ms is allowed")
	fixture.Doubt(&list[1], result.Suspect, "steal", "0.34 cores were stolen, where 0.1 is allowed")
	list[5].Lost, list[5].Delivered = 12, list[5].Expected-12
	last := &list[7]
	last.Status = result.Partial
	fixture.Doubt(last, result.Invalid, "not_complete", "the trial is partial: its numbers cover what was measured until then")
	return list
}

func exportsOf(t testing.TB, list []result.Trial) (*trials.Set, map[string][]byte) {
	t.Helper()
	s, err := trials.NewSet(list)
	assert.NilError(t, err)
	files, err := Files(s)
	assert.NilError(t, err)
	return s, files
}

func TestExports(t *testing.T) {
	_, files := exportsOf(t, swept())
	_, again := exportsOf(t, swept())
	for name, content := range files {
		assert.Check(t, bytes.Equal(content, again[name]), "%s is another one when it is made again", name)
	}
	for _, name := range []string{"summary.csv", "bench.txt", "junit.xml", "metrics.prom", "histograms/ws-clients=100.hgrm"} {
		golden.AssertBytes(t, files[name], "exports/"+filepath.Base(name))
	}
	assert.Check(t, is.Equal(len(files), 4+4), "files")
}

// Whatever a run is like, all programs can read what they are given, and find
// in it what is in the report.
func TestExportsAreRead(t *testing.T) {
	runs := fixture.Cases()
	runs["swept"] = swept()
	for name, list := range runs {
		t.Run(name, func(t *testing.T) {
			s, files := exportsOf(t, list)
			readAll(t, s, files)
		})
	}
}

// Whatever a target or a scenario calls itself, every reader reads the files.
func TestExportsBearAnyName(t *testing.T) {
	names := []string{"poll", "=HYPERLINK(\"http://x\")", "a\"b,c\r\nd", "../../etc/passwd", "..", "", "\x00\x1b[31m]]>", `\"}`, "x 1 2 ns/op", "-8", "Unit", "\xff", "\ufffe\u2028", fixture.Attack, strings.Repeat("é", 200)}
	r := rand.New(rand.NewPCG(5, 5))
	alphabet := []rune("aZ09 \t\r\n\"'\\/,;=+-@#{}[]<>&|%`~\x00\x1b\u00e9\u2028\ufffe\U0001f600")
	for range 60 {
		text := make([]rune, r.IntN(40))
		for i := range text {
			text[i] = alphabet[r.IntN(len(alphabet))]
		}
		names = append(names, string(text))
	}
	few := fixture.Usual()
	few.Clients, few.Steady, few.Trials = 3, 10, 1
	base := few.Run("poll", "ws")
	for _, name := range names {
		list := slices.Clone(base)
		for i := range list {
			trial := &list[i]
			trial.Run, trial.Scenario, trial.Env.Commit, trial.Env.CPUModel = name, name, name, name
			if i%2 == 1 {
				trial.Transport = name
			}
			trial.Reasons = []result.Reason{{Code: name, Validity: trial.Validity, Text: name}}
		}
		s, files := exportsOf(t, list)
		if readAll(t, s, files); t.Failed() {
			t.Fatalf("with the name %q", name)
		}
	}
}

func readAll(t *testing.T, s *trials.Set, files map[string][]byte) {
	t.Helper()
	for name := range files {
		if dir, base := filepath.Split(name); !filepath.IsLocal(name) || dir != "" && dir != "histograms/" || len(base) > 200 {
			t.Errorf("a file %q", name)
		}
	}
	readCSV(t, s, files["summary.csv"])
	readBench(t, s, files["bench.txt"])
	readJUnit(t, s, files["junit.xml"])
	readPrometheus(t, s, files["metrics.prom"])
	readHistograms(t, s, files)
}

func readCSV(t *testing.T, s *trials.Set, text []byte) {
	t.Helper()
	lines, err := csv.NewReader(bytes.NewReader(text)).ReadAll()
	assert.NilError(t, err, "summary.csv")
	at := map[string]int{}
	for i, name := range lines[0] {
		at[name] = i
	}
	lines = lines[1:]
	for _, p := range s.Points {
		for i := range p.Sides {
			for j := range metric.Metrics {
				c := metric.Metrics[j].Cell(p.Sides[i].Used)
				if !c.Known() {
					continue
				}
				if len(lines) == 0 {
					t.Fatalf("summary.csv lacks %s of %s", metric.Metrics[j].Name, p.Sides[i].Transport)
				}
				line := lines[0]
				lines = lines[1:]
				for name, want := range map[string]float64{"value": c.Value, "low": c.Low, "high": c.High, "trials": float64(len(c.Values)),
					"clients": float64(p.Head.Clients), "publish_rate": p.Head.Asked.PublishRate} {
					if got, err := strconv.ParseFloat(line[at[name]], 64); got != want || err != nil {
						t.Errorf("summary.csv: %s of %s is %v, want %v", name, line, got, want)
					}
				}
				if line[at["metric"]] != metric.Metrics[j].ID() || line[at["validity"]] != string(p.Sides[i].Stamp) {
					t.Errorf("summary.csv: %q is to be of %s, %s", line, metric.Metrics[j].ID(), p.Sides[i].Stamp)
				}
				for _, text := range []string{"scenario", "scenario_hash", "transport"} {
					v := line[at[text]]
					assert.Check(t, v == "" || !strings.Contains("=+-@", v[:1]), "summary.csv: %q is a formula", v)
				}
			}
		}
	}
	assert.Check(t, len(lines) == 0, "summary.csv has %q in addition", lines)
}

// readBench reads as benchstat does: each trial that is not invalid has all its
// values in a line, and they are in base units.
func readBench(t *testing.T, s *trials.Set, text []byte) {
	t.Helper()
	var list []*result.Trial
	for _, p := range s.Points {
		for i := range p.Sides {
			if p.Sides[i].Counts() {
				for j := range p.Sides[i].Used {
					list = append(list, &p.Sides[i].Used[j])
				}
			}
		}
	}
	r := benchfmt.NewReader(bytes.NewReader(text), "bench.txt")
	for r.Scan() {
		got, ok := r.Result().(*benchfmt.Result)
		err, failed := r.Result().(*benchfmt.SyntaxError)
		assert.Assert(t, !failed, err)
		if !ok {
			continue
		}
		var want *result.Trial
		for want == nil || list != nil && len(benchValues(want)) == 0 {
			assert.Assert(t, len(list) != 0, "bench.txt has %s in addition", got.Name)
			want, list = list[0], list[1:]
		}
		base, parts := got.Name.Parts()
		if string(base) != "Chat" || len(parts) != 1+len(trials.Axes) || !strings.HasPrefix(string(parts[0]), "/transport=") || string(parts[1]) != "/clients="+strconv.Itoa(want.Clients) {
			t.Errorf("bench.txt: the name %s has parts %q", got.Name, parts)
		}
		assert.Check(t, is.Equal(got.GetConfig("scenario-hash"), want.ScenarioHash), "bench.txt: %s is of scenario", got.Name)
		values := benchValues(want)
		assert.Check(t, len(got.Values) == len(values), "bench.txt: %s has %d values, want %d", got.Name, len(got.Values), len(values))
		for _, v := range got.Values {
			if want, ok := values[v.Unit]; v.Value != want || !ok || v.OrigUnit != "" {
				t.Errorf("bench.txt: %s %v %s, want %v", got.Name, v.Value, v.Unit, want)
			}
		}
	}
	assert.NilError(t, r.Err())
	for _, left := range list {
		assert.Check(t, len(benchValues(left)) == 0, "bench.txt lacks %s, trial %d", left.Transport, left.Trial)
	}
	for i := range metric.Metrics {
		want := map[metric.Preference]int{metric.Lower: -1, metric.Higher: 1}[metric.Metrics[i].Better]
		if got := r.Units().GetBetter(benchName(&metric.Metrics[i])); got != want {
			t.Errorf("bench.txt: better is %d for %s, want %d", got, benchName(&metric.Metrics[i]), want)
		}
	}
}

func benchValues(t *result.Trial) map[string]float64 {
	values := map[string]float64{}
	for i := range metric.Metrics {
		if v := metric.Metrics[i].Of(t); !math.IsNaN(v) {
			values[benchName(&metric.Metrics[i])] = v
		}
	}
	return values
}

func readJUnit(t *testing.T, s *trials.Set, text []byte) {
	t.Helper()
	var got junit.Suites
	d := xml.NewDecoder(bytes.NewReader(text))
	assert.NilError(t, d.Decode(&got), "junit.xml")
	rest := text[d.InputOffset():]
	assert.Check(t, string(rest) == "\n", "junit.xml goes on: %q", rest)
	at := bytes.IndexFunc(text, func(r rune) bool { return r < ' ' && r != '\n' })
	assert.Check(t, at < 0, "junit.xml has a control character at %d", at)
	assert.Assert(t, len(got.Suites) == len(s.Points), "junit.xml has %d suites, want %d", len(got.Suites), len(s.Points))
	var tests, failures, errors int
	for i, p := range s.Points {
		if got := got.Suites[i]; len(got.Cases) != len(p.All) || got.Tests != len(p.All) {
			t.Errorf("junit.xml: %d cases, %d counted, want %d", len(got.Cases), got.Tests, len(p.All))
		}
		for j, c := range got.Suites[i].Cases {
			tests++
			if c.Failure != nil {
				failures++
			}
			if c.Error != nil {
				errors++
			}
			trial := &p.All[j]
			bad := trial.Status != result.Complete || trial.Validity == result.Invalid || trial.Lost > 0
			if passed := c.Failure == nil && c.Error == nil; passed == bad {
				t.Errorf("junit.xml: %s passed: %v, it is %s, %s, with %d lost", c.Name, passed, trial.Status, trial.Validity, trial.Lost)
			}
		}
	}
	if got.Tests != tests || got.Failures != failures || got.Errors != errors {
		t.Errorf("junit.xml counts %d, %d, %d: there are %d tests, %d failures and %d errors", got.Tests, got.Failures, got.Errors, tests, failures, errors)
	}
}

func readPrometheus(t *testing.T, s *trials.Set, text []byte) {
	t.Helper()
	problems, err := promlint.New(bytes.NewReader(text)).Lint()
	assert.NilError(t, err, "metrics.prom")
	for _, p := range problems {
		t.Errorf("metrics.prom: %s: %s", p.Metric, p.Text)
	}
	parser := expfmt.NewTextParser(model.LegacyValidation)
	families, err := parser.TextToMetricFamilies(bytes.NewReader(text))
	assert.NilError(t, err, "metrics.prom")
	want := map[string]float64{} // by metric and labels
	for _, p := range s.Points {
		for i := range p.Sides {
			if side := &p.Sides[i]; side.Counts() {
				for j := range metric.Metrics {
					if c := metric.Metrics[j].Cell(side.Used); c.Known() {
						u := metric.Metrics[j].Unit.Names()
						name := "pollpush_" + strings.ReplaceAll(metric.Metrics[j].ID(), "-", "_") + u.Prometheus
						want[strings.Join([]string{name, p.Head.Scenario, p.Head.ScenarioHash, side.Transport}, "\n")] = c.Value * u.Base
					}
				}
			}
		}
	}
	for name, f := range families {
		if name == "pollpush_trials_used" || name == "pollpush_suspect" {
			continue
		}
		for _, m := range f.GetMetric() {
			labels := map[string]string{}
			for _, l := range m.GetLabel() {
				labels[l.GetName()] = l.GetValue()
			}
			key := strings.Join([]string{name, labels["scenario"], labels["scenario_hash"], labels["transport"]}, "\n")
			if v, ok := want[key]; !ok || v != m.GetGauge().GetValue() || len(labels) != 3+len(trials.Axes) {
				t.Errorf("metrics.prom: %q is %v, want %v; it has labels %v", key, m.GetGauge().GetValue(), v, labels)
			}
			delete(want, key)
		}
	}
	for key := range want {
		t.Errorf("metrics.prom lacks %q", key)
	}
}

// readHistograms reads as plotters do: lines of a value, a quantile, a count
// and one more number.
func readHistograms(t *testing.T, s *trials.Set, files map[string][]byte) {
	t.Helper()
	found := 0
	for _, p := range s.Points {
		for i := range p.Sides {
			side := &p.Sides[i]
			name := histogramName(s, p, side)
			h, err := metric.Merged(side.Used)
			text := string(files[name])
			assert.Check(t, (text != "") == (h != nil && err == nil && side.Counts()), "%s: there is %d bytes of it", name, len(text))
			if text == "" {
				continue
			}
			found++
			var total int64
			for line := range strings.Lines(text) {
				fields := strings.Fields(line)
				if len(fields) != 4 || line[0] == '#' || fields[0] == "Value" {
					continue
				}
				value, err := strconv.ParseFloat(fields[0], 64)
				quantile, err2 := strconv.ParseFloat(fields[1], 64)
				if total, _ = strconv.ParseInt(fields[2], 10, 64); err != nil || err2 != nil {
					t.Fatalf("%s: %s", name, line)
				}
				// Quantiles are printed to a millionth, values to a microsecond, and
				// a rank is rounded up here and to the nearest there.
				slack := 1e-6 + 1/float64(h.TotalCount())
				low, high := float64(h.ValueAtQuantile(100*(quantile-slack)))/1e6, float64(h.ValueAtQuantile(100*(quantile+slack)))/1e6
				if value < low-1e-3 || value > high+1e-3 {
					t.Errorf("%s: %v ms at %v, the histogram has %v to %v", name, value, quantile, low, high)
				}
			}
			if total != h.TotalCount() {
				t.Errorf("%s holds %d samples, the histogram %d", name, total, h.TotalCount())
			}
		}
	}
	all := len(files) - 4
	assert.Check(t, found == all, "%d histograms, want %d", all, found)
}

func TestUnformula(t *testing.T) {
	for text, want := range map[string]string{
		"": "", "poll": "poll", "=1+1": "'=1+1", "+1": "'+1", "-1": "'-1", "@x": "'@x", "\t=1": "'\t=1", "a=b": "a=b", "é": "é",
	} {
		assert.Check(t, is.Equal(unformula(text), want), "%q became", text)
	}
}

func TestFileName(t *testing.T) {
	long := strings.Repeat("x", 101)
	seen := map[string]string{}
	for _, text := range []string{"ws", "WS", "socketio-polling", "a b", "a~20b", "..", "../x", "a/b", `a\b`, "", "é", "x=1", long, long + "x"} {
		name := fileName(text)
		before, ok := seen[name]
		assert.Check(t, !ok, "%q and %q are both %s", before, text, name)
		if seen[name] = text; len(name) > 100 || strings.ContainsAny(name, "./\\:=% ") {
			t.Errorf("%q became %q", text, name)
		}
	}
	assert.Check(t, is.Equal(fileName("socketio-polling"), "socketio-polling"), "a plain name became")
}

// Two points that say the same are told apart by nothing that a file could be
// named by.
func TestExportsRefuseAlikePoints(t *testing.T) {
	list := swept()
	for i := range list {
		list[i].Clients = 100
	}
	s, err := trials.NewSet(list)
	assert.NilError(t, err)
	const want = "histograms/poll-clients=100.hgrm is of two points of the run, which say that they are the same: report each by itself"
	_, err = Files(s)
	assert.Check(t, err != nil && err.Error() == want, "error %v, want %s", err, want)
}
