package gate

import (
	"bytes"
	"encoding/xml"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/pollpush/pollpush/internal/result"
	"github.com/pollpush/pollpush/report/internal/compare"
	"github.com/pollpush/pollpush/report/internal/fixture"
	"github.com/pollpush/pollpush/report/internal/metric"
)

// six are enough for an interval.
func six(transports ...string) []result.Trial { return fixture.TrialsOf(6, transports...) }

func compared(t *testing.T, o Options, base []result.Trial, change func([]result.Trial) []result.Trial) *Comparison {
	t.Helper()
	next := slices.Clone(base)
	for i := range next {
		next[i] = fixture.Copied(next[i])
	}
	c, err := Compare(base, change(next), o)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func only(transport string, f func(*result.Trial)) func([]result.Trial) []result.Trial {
	return fixture.Each(func(t *result.Trial) {
		if t.Transport == transport {
			f(t)
		}
	})
}

func (c *Comparison) row(transport, name string) *row {
	for _, r := range c.rows() {
		if r.Transport == transport && r.Metric.Name == name {
			return &r
		}
	}
	return nil
}

func dearer(by float64) func(*result.Trial) {
	return func(t *result.Trial) { t.Server.CPUUserS *= by; t.Server.CPUSysS *= by }
}

// moreIn adds protocol bytes to the answers of a trial.
func moreIn(t *result.Trial, n int64) {
	t.Bytes.In += n
	t.Bytes.Layers.In.Protocol += n
}

func TestCompare(t *testing.T) {
	base := six("poll", "ws")
	for _, tt := range []struct {
		name      string
		change    func([]result.Trial) []result.Trial
		transport string
		metric    string
		want      compare.Verdict // of that row
		fails     string          // in a regression; empty for none at all
		warns     string
	}{
		{"nothing changed", fixture.Each(func(*result.Trial) {}), "ws", "bytes per delivery, in", compare.Same, "", ""},
		{"3 % more requests", only("poll", func(t *result.Trial) { t.Requests.Total += t.Requests.Total * 3 / 100 }), "poll", "requests per client", compare.Worse,
			"poll: requests per client went from 60.1/min to 61.9/min (+1.8/min, +3.0 %, limit 2 %)", ""},
		{"1 % more requests", only("poll", func(t *result.Trial) { t.Requests.Total += t.Requests.Total / 100 }), "poll", "requests per client", compare.Same, "", ""},
		{"requests from none", only("ws", func(t *result.Trial) { t.Requests.Total = 50 }), "ws", "requests per client", compare.Worse, "from zero", ""},
		{"fewer bytes", only("ws", func(t *result.Trial) { t.Bytes.In /= 2 }), "ws", "bytes per delivery, in", compare.Better, "", ""},
		{"deliveries lost in one trial", only("ws", func(t *result.Trial) { t.Lost = 3 * int64(t.Trial/6) }), "ws", "lost", compare.Worse, "ws: lost went from 0 to 0.5 (+0.5, from zero, limit 0 %)", ""},
		{"a connection gone", only("ws", func(t *result.Trial) { t.Connections.HeldMean -= 2 }), "ws", "connections per client", compare.Worse, "limit ±0.1 %", ""},
		{"a count gone", only("ws", func(t *result.Trial) { t.WindowDeliveries = 0 }), "ws", "bytes per delivery, in", compare.Worse, "ws: bytes per delivery, in is missing: no trial of the new run tells it (it was 154 B)", "ws: server CPU per delivery is missing"},
		{"twice the CPU", only("ws", dearer(2)), "ws", "server CPU per delivery", compare.Worse, "ws: server CPU per delivery went from ", ""},
		{"half the CPU", only("ws", dearer(0.5)), "ws", "server CPU per delivery", compare.Better, "", ""},
		{"CPU of half of the trials", only("ws", func(t *result.Trial) {
			if t.Trial%2 == 0 {
				dearer(2)(t)
			}
		}), "ws", "server CPU per delivery", compare.Same, "", ""},
		{"5 % more CPU, within the limit", only("ws", dearer(1.05)), "ws", "server CPU per delivery", compare.Same, "", ""},
		{"twice the CPU, elsewhere", fixture.Each(func(t *result.Trial) { dearer(2)(t); t.Env.Kernel = "6.13.0" }), "ws", "server CPU per delivery", compare.Worse, "", "ws: server CPU per delivery went from"},
		{"twice the CPU, elsewhere, of ws alone", fixture.Each(func(t *result.Trial) {
			if t.Env.Kernel = "6.13.0"; t.Transport == "ws" {
				dearer(2)(t)
			}
		}), "ws", "server CPU per delivery, to poll", compare.Worse, "", "ws: server CPU per delivery, to poll went from"},
		{"twice the CPU, profiled", fixture.Each(func(t *result.Trial) { dearer(2)(t); t.Profiles = &result.Profiles{} }), "ws", "server CPU per delivery", compare.Worse, "", "ws: server CPU per delivery"},
		{"times gone", only("ws", func(t *result.Trial) { t.Latency = nil }), "ws", "delivery latency, p50", compare.Untested, "", "delivery latency, p50 is missing"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := compared(t, Options{}, base, tt.change)
			if row := c.row(tt.transport, tt.metric); row == nil || row.Verdict != tt.want {
				t.Errorf("%s of %s is %+v, want %s", tt.metric, tt.transport, row, tt.want)
			}
			for _, list := range []struct{ got, want string }{{strings.Join(c.Regressions(), "\n"), tt.fails}, {strings.Join(c.Warnings(), "\n"), tt.warns}} {
				if (list.want == "") != (list.got == "") || !strings.Contains(list.got, list.want) {
					t.Errorf("found %q, want %q among it", list.got, list.want)
				}
			}
		})
	}
}

// wide are limits beyond what falls on the edges of these trials.
var wide = map[string]float64{"requests-per-client": 0.04, "bytes-per-delivery-out": 0.04}

func TestCompareFewTrials(t *testing.T) {
	three := fixture.TrialsOf(3, "poll", "ws")
	c := compared(t, Options{Limits: wide}, three, fixture.Each(func(t *result.Trial) { dearer(5)(t); t.Requests.Total *= 2 }))
	if row := c.row("ws", "server CPU per delivery"); row.Verdict != compare.Untested || row.Tested() {
		t.Errorf("three trials tell %+v", row)
	}
	if r := c.Regressions(); len(r) != 1 || !strings.HasPrefix(r[0], "poll: requests per client") {
		t.Errorf("regressions %q, want that of the requests alone", r)
	}
	if got := c.conclusion(); got != "REGRESSION: 1 finding. Times: not tested (needs 4 trials per side; here 3 and 3)." {
		t.Errorf("it concludes %q", got)
	}
}

// Where the trials are so few that one row alone cannot be told from chance
// after the correction, that is said.
func TestCompareSaysWhatItCannotTell(t *testing.T) {
	base := six("poll", "ws")
	c := compared(t, Options{Limits: wide}, base, only("ws", func(t *result.Trial) { t.Server.RSSPeakBytes *= 2 }))
	if row := c.row("ws", "server memory, peak"); row.Verdict != compare.Untested || row.P > 0.01 {
		t.Errorf("one row alone is %+v", row)
	}
	if got, want := c.conclusion(), "No regression in what was tested. Times: 1 of 26 rows not tested (needs 7 trials per side for one row alone: ws server-memory-peak)."; got != want {
		t.Errorf("it concludes %q, want %q", got, want)
	}
	if notes := strings.Join(c.notes(), "\n"); !strings.Contains(notes, "2 of them have to change together; 7 trials on each side tell one alone") {
		t.Errorf("notes: %s", notes)
	}
}

func TestCompareLimits(t *testing.T) {
	scenario := fixture.Each(func(t *result.Trial) {
		t.Limits = map[string]float64{"requests-per-client": 0.5, "bytes-per-delivery-in": 0.2}
		t.Requests.Total += t.Requests.Total / 10
		moreIn(t, t.Bytes.In/10)
	})
	c := compared(t, Options{Limits: map[string]float64{"bytes-per-delivery-in": 0.05}}, six("poll"), scenario)
	for id, want := range map[string]float64{"requests-per-client": 0.5, "bytes-per-delivery-in": 0.05, "bytes-per-delivery-out": 0.02} {
		for _, ch := range c.Changes {
			if ch.ID == id && ch.Limit != want {
				t.Errorf("%s has the limit %v, want %v", id, ch.Limit, want)
			}
		}
	}
	if r := c.Regressions(); len(r) != 2 || !strings.Contains(r[0], "bytes per delivery, in") || !strings.Contains(r[1], "protocol bytes per poll") {
		t.Errorf("regressions %q", r)
	}
	if !strings.Contains(strings.Join(c.notes(), " "), "limits are not the same") {
		t.Errorf("notes %q", c.notes())
	}
	for _, o := range []Options{{Limits: map[string]float64{"latency": 1}}} {
		if _, err := Compare(six("poll"), six("poll"), o); err == nil || !strings.Contains(err.Error(), `"latency", which is no metric; there are requests-per-client`) {
			t.Errorf("an unknown metric's limit: %v", err)
		}
	}
}

func TestCompareCountsOnly(t *testing.T) {
	late := fixture.Each(func(t *result.Trial) {
		fixture.Doubt(t, result.Invalid, result.PollLate, "polls were late")
		dearer(9)(t)
		t.Requests.Total *= 2
	})
	base := six("poll", "ws")
	if _, err := Compare(base, late(six("poll", "ws")), Options{}); err == nil || !strings.Contains(err.Error(), "new run: poll trial 1 is invalid for its timing (polls were late)") {
		t.Errorf("invalid trials: %v", err)
	}
	c := compared(t, Options{CountsOnly: true}, base, late)
	for _, ch := range c.Changes {
		if ch.Gates != (ch.Metric.Kind == metric.Exact) || (ch.Verdict == compare.Untested) == ch.Gates {
			t.Errorf("%s of %s is compared", ch.ID, ch.Transport)
		}
	}
	if row := c.row("ws", "server CPU per delivery"); row.New.N > 0 {
		t.Errorf("a trial that is invalid for its timing tells %+v", row)
	}
	c = compared(t, Options{CountsOnly: true}, base, only("ws", dearer(9)))
	if row := c.row("ws", "server CPU per delivery"); row == nil || row.Verdict != compare.Untested || row.change() != "+800 %" || row.Tested() {
		t.Errorf("what is not compared is not shown: %+v", row)
	}
	c = compared(t, Options{CountsOnly: true}, base, late)
	if r := c.Regressions(); len(r) != 1 || !strings.Contains(r[0], "poll: requests per client") {
		t.Errorf("regressions %q", r)
	}
}

// A clean second attempt hides no loss of the first; a loss that the base has
// as well is none.
func TestCompareCountsAttemptsSetAside(t *testing.T) {
	repeated := func(trials []result.Trial) []result.Trial {
		var out []result.Trial
		for _, t := range trials {
			if t.Transport == "ws" && t.Trial == 2 {
				first := t
				first.Lost, first.Duplicated = 3, 6
				fixture.Doubt(&first, result.Suspect, "messages_lost", "3 deliveries were lost")
				t.Attempt = 2
				out = append(out, first)
			}
			out = append(out, t)
		}
		return out
	}
	c := compared(t, Options{}, six("poll", "ws"), repeated)
	for mt, want := range map[string]float64{"lost": 0.5, "duplicated": 1} { // for each of six trials
		if row := c.row("ws", mt); row.Base.Value != 0 || row.New.Value != want || row.Verdict != compare.Worse {
			t.Errorf("%s: %+v, want %v and a regression", mt, row, want)
		}
	}
	if want := "ws: 3 of 420,000 deliveries lost and 6 of 420,000 deliveries repeated in the new run"; !slices.Equal(c.headlines(), []string{want}) {
		t.Errorf("headlines %q, want %q", c.headlines(), want)
	}
	c, err := Compare(repeated(six("poll", "ws")), repeated(six("poll", "ws")), Options{})
	if err != nil || len(c.Regressions()) > 0 {
		t.Errorf("the same losses are a regression: %v, %q", err, c.Regressions())
	}
}

func TestCompareRefuses(t *testing.T) {
	fine := func() []result.Trial { return fixture.TrialsOf(3, "poll", "ws") }
	broken := func(f func(*result.Trial)) []result.Trial {
		return only("ws", func(t *result.Trial) {
			if t.Trial == 2 {
				f(t)
			}
		})(fine())
	}
	failed := broken(func(t *result.Trial) {
		t.Status = result.Failed
		fixture.Doubt(t, result.Invalid, result.NotComplete, "the server died")
	})
	died := broken(func(t *result.Trial) { fixture.Doubt(t, result.Invalid, result.Mismatch, "counts differ") })
	late := broken(func(t *result.Trial) { fixture.Doubt(t, result.Invalid, result.PublishLate, "80 ms late") })
	other := fixture.Each(func(t *result.Trial) { t.ScenarioHash = "0" })(fine())
	for _, tt := range []struct {
		name       string
		base, next []result.Trial
		countsOnly bool
		said       []string
	}{
		{"no base", nil, fine(), false, []string{"base: "}},
		{"no new", fine(), nil, false, []string{"new run: "}},
		{"failed base", failed, fine(), true, []string{"base: ws trial 2 is failed (the server died): it cannot be compared"}},
		{"failed new", fine(), failed, false, []string{"new run: ws trial 2 is failed"}},
		{"broken new", fine(), died, true, []string{"ws trial 2 is invalid (counts differ)"}},
		{"late base", late, fine(), false, []string{"base: ws trial 2 is invalid for its timing (80 ms late)", "--counts-only"}},
		{"a trial is missing", fine(), fine()[:5], true, []string{"new run: ws has 2 of 3 trials: the run is partial", "--resume"}},
		{"other scenario", fine(), other, false, []string{"nothing in common", "hash 9f2c41d07a55", "hash 0)", "`make baseline`"}},
		{"other transports", fixture.TrialsOf(3, "poll"), fixture.TrialsOf(3, "ws"), false, []string{"nothing in common"}},
	} {
		_, err := Compare(tt.base, tt.next, Options{CountsOnly: tt.countsOnly})
		if err == nil {
			t.Errorf("%s: Compare took them", tt.name)
			continue
		}
		for _, text := range tt.said {
			if !strings.Contains(err.Error(), text) {
				t.Errorf("%s: %v, want %q", tt.name, err, text)
			}
		}
	}
}

func TestCompareTransportsThatDiffer(t *testing.T) {
	c, err := Compare(fixture.TrialsOf(3, "poll", "ws"), fixture.TrialsOf(3, "poll"), Options{})
	if err != nil || !slices.Equal(c.Regressions(), []string{"ws: the new run has no trial of it"}) {
		t.Errorf("a transport that went missing: %v, %q", err, c.Regressions())
	}
	c, err = Compare(fixture.TrialsOf(3, "poll"), fixture.TrialsOf(3, "poll", "ws"), Options{})
	if err != nil || len(c.Regressions()) > 0 || !strings.HasSuffix(c.conclusion(), " Not compared: ws is new: the base has no trial of it.") {
		t.Errorf("a transport that is new: %v, %q, %q", err, c.Regressions(), c.conclusion())
	}
}

func TestCompareSweeps(t *testing.T) {
	next := fixture.ByClients(1000, 300, 500)
	for i := range next {
		if next[i].Clients == 300 && next[i].Transport == "ws" {
			moreIn(&next[i], next[i].Bytes.In/20)
		}
	}
	c, err := Compare(fixture.ByClients(100, 300, 1000), next, Options{})
	if err != nil {
		t.Fatal(err)
	}
	r := c.Regressions()
	if len(r) != 2 || r[0] != "100 clients: the new run has no trial at this point" || !strings.HasPrefix(r[1], "ws at 300 clients: bytes per delivery, in went from ") {
		t.Errorf("regressions %q", r)
	}
	if got := c.conclusion(); !strings.HasSuffix(got, " Not compared: 500 clients is new: the base has no trial at this point.") {
		t.Errorf("it concludes %q", got)
	}
}

func TestCompareHeaders(t *testing.T) {
	head := func(more map[string]int64) func(*result.Trial) {
		return func(t *result.Trial) {
			t.AnswerHeaders = map[string]int64{"": 17, "Content-Type": 32, "Content-Length": 18 + int64(t.Trial%2), "Date": 37}
			for name, n := range more {
				if t.AnswerHeaders[name] = n; n == 0 {
					delete(t.AnswerHeaders, name)
				}
			}
		}
	}
	base := only("poll", head(nil))(six("poll", "ws"))
	polls := base[0].Requests.ByStatus["200"]
	for _, tt := range []struct {
		name   string
		more   map[string]int64
		bytes  int64
		reason string // among the regressions
		note   string
	}{
		{"a new one", map[string]int64{"X-Trace": 30}, 30, "poll: answers have a new header X-Trace of 30 bytes", ""},
		{"a larger one", map[string]int64{"Date": 67}, 30, "poll: the header Date of answers grew from 37 bytes to 67 bytes", ""},
		{"a new one of a byte or two", map[string]int64{"X": 5}, 0, "", "poll: answers have a new header X of 5 bytes."},
		{"one gone", map[string]int64{"Date": 0}, -37, "", "poll: answers have no header Date of 37 bytes any more."},
		{"the status line", map[string]int64{"": 15}, -2, "", "poll: the status line of answers shrank from 17 bytes to 15 bytes."},
		{"none", nil, 0, "", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := compared(t, Options{}, base, only("poll", func(t *result.Trial) {
				head(tt.more)(t)
				moreIn(t, tt.bytes*polls)
			}))
			r, notes := strings.Join(c.Regressions(), "\n"), strings.Join(c.notes(), "\n")
			if (tt.reason == "") != (r == "") || !strings.Contains(r, tt.reason) {
				t.Errorf("regressions %q, want %q", r, tt.reason)
			}
			if tt.reason != "" && !strings.Contains(r, "poll: protocol bytes per poll, in went from") {
				t.Errorf("the bytes of each poll's answer are no regression: %q", r)
			}
			if strings.Contains(notes, "answers") != (tt.note != "") || !strings.Contains(notes, tt.note) {
				t.Errorf("notes %q, want %q", notes, tt.note)
			}
		})
	}
	headless := only("poll", func(t *result.Trial) { t.AnswerHeaders = nil })
	larger := only("poll", func(t *result.Trial) { moreIn(t, 30*polls) })
	for _, tt := range []struct {
		name       string
		base, next []result.Trial
		note       string
	}{
		{"the base has none", headless(again(base)), larger(again(base)), "poll: the base is of an older pollpush, and holds no header lines of answers, so that none can be named: renew it with `make baseline`."},
		{"the new run has none", again(base), headless(larger(again(base))), "poll: the new run holds no header lines"},
		{"the base has none, and nothing is worse", headless(again(base)), again(base), ""},
	} {
		c, err := Compare(tt.base, tt.next, Options{})
		if err != nil {
			t.Fatal(err)
		}
		if notes := strings.Join(c.notes(), "\n"); !strings.Contains(notes, tt.note) || strings.Contains(notes, "header lines") != (tt.note != "") {
			t.Errorf("%s: notes %q, want %q", tt.name, notes, tt.note)
		}
	}
}

// noisy is a run whose times stray: each trial as a whole by half of the noise,
// and each number by itself by the rest.
func noisy(of []result.Trial, r *rand.Rand, sigma float64) []result.Trial {
	out := make([]result.Trial, len(of))
	for i := range of {
		whole := math.Exp(sigma / 2 * r.NormFloat64())
		by := func() float64 { return whole * math.Exp(sigma*math.Sqrt(0.75)*r.NormFloat64()) }
		t := fixture.Copied(of[i])
		t.Latency, t.PublishLatency, t.PollResponse = fixture.Scaled(t.Latency, by()), fixture.Scaled(t.PublishLatency, by()), fixture.Scaled(t.PollResponse, by())
		t.Fanout.T100 *= by()
		t.StaleShare = min(1, t.StaleShare*by())
		dearer(by())(&t)
		t.Server.RSSStartBytes = t.Server.RSSIdleBytes + int64(float64(t.Server.RSSStartBytes-t.Server.RSSIdleBytes)*by())
		t.Server.RSSPeakBytes = int64(float64(t.Server.RSSPeakBytes) * by())
		t.Requests.Empty = min(t.Requests.ByStatus["200"], int64(float64(t.Requests.Empty)*by()))
		out[i] = t
	}
	return out
}

// alikeTrials are six of each transport, one like the other.
func alikeTrials() []result.Trial {
	var out []result.Trial
	for _, name := range []string{"poll", "ws"} {
		t := six(name)[0]
		for n := 1; n <= 6; n++ {
			t.Trial = n
			out = append(out, t)
		}
	}
	return out
}

// Where nothing has changed, false alarms stay within what is promised; what
// has changed is found.
func TestCompareBySimulation(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 11))
	base := alikeTrials()
	none := map[string]float64{} // any change counts, so that chance alone decides
	for i := range metric.ComparedMetrics {
		none[metric.ComparedMetrics[i].ID()] = 0
	}
	const rounds = 1000
	alarms, told := 0, 0
	for range rounds {
		before, after := noisy(base, r, 0.1), noisy(base, r, 0.1)
		for _, count := range []struct {
			limits map[string]float64
			says   func(compare.Change) bool
			n      *int
		}{
			{nil, func(c compare.Change) bool { return c.Regressed() }, &alarms},
			{none, func(c compare.Change) bool { return c.Verdict == compare.Worse || c.Verdict == compare.Better }, &told},
		} {
			c, err := Compare(before, after, Options{Limits: count.limits})
			if err != nil {
				t.Fatal(err)
			}
			if slices.ContainsFunc(c.Changes, count.says) {
				*count.n++
			}
		}
	}
	if alarms > rounds/20 || told > rounds/20 {
		t.Errorf("%d false alarms in %d comparisons of equal runs, %d without any limit; at most 5 %% are promised", alarms, rounds, told)
	}
	t.Logf("%d false alarms in %d, %d without limits", alarms, rounds, told)
	missed := 0
	const changed = 200
	for range changed {
		c, err := Compare(noisy(base, r, 0.03), only("ws", dearer(1.15))(noisy(base, r, 0.03)), Options{})
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(strings.Join(c.Regressions(), "\n"), "ws: server CPU per delivery") {
			missed++
		}
	}
	if missed > changed/20 {
		t.Errorf("%d of %d times 15 %% more CPU was not found", missed, changed)
	}
	t.Logf("missed %d of %d", missed, changed)
}

func TestCompareGolden(t *testing.T) {
	for _, tt := range []struct {
		name   string
		base   []result.Trial
		change func([]result.Trial) []result.Trial
	}{
		{"compare", six("poll", "ws", "sse"), fixture.Each(func(t *result.Trial) {
			switch t.Transport {
			case "ws":
				dearer(1.5)(t)
				moreIn(t, t.Bytes.In/10)
			case "sse":
				dearer(0.7)(t)
			}
		})},
		{"compare-elsewhere", six("poll", "socketio-polling"), fixture.Each(func(t *result.Trial) {
			t.Env.Kernel, t.Env.Commit = "6.13.0", "77aa001"
			if t.Transport == "socketio-polling" {
				dearer(1.5)(t)
				t.Latency = fixture.Scaled(t.Latency, 0.5)
			}
		})},
		{"compare-sweep", fixture.ByClients(100, 300), only("ws", func(t *result.Trial) {
			if t.Clients == 300 {
				t.Lost = 2
				fixture.Doubt(t, result.Suspect, result.Losses, "2 deliveries were lost")
			}
		})},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := compared(t, Options{}, tt.base, tt.change)
			var text, whole, markdown, junit bytes.Buffer
			for _, err := range []error{c.Text(&text, false), c.Text(&whole, true), c.Markdown(&markdown), c.JUnit(&junit)} {
				if err != nil {
					t.Fatal(err)
				}
			}
			for _, line := range strings.Split(text.String()+whole.String(), "\n") {
				if n := utf8.RuneCountInString(line); n > 100 {
					t.Errorf("a line of %d columns: %s", n, line)
				}
			}
			wantJUnit(t, junit.Bytes(), c)
			fixture.Golden(t, tt.name+".txt", text.Bytes())
			fixture.Golden(t, tt.name+".all.txt", whole.Bytes())
			fixture.Golden(t, tt.name+".md", markdown.Bytes())
			fixture.Golden(t, tt.name+".junit.xml", junit.Bytes())
		})
	}
}

// wantJUnit reads JUnit's XML as a CI system does, and holds its counts against
// its cases, and those against the comparison.
func wantJUnit(t *testing.T, text []byte, c *Comparison) {
	t.Helper()
	type element struct {
		XMLName  xml.Name
		Name     string    `xml:"name,attr"`
		Class    string    `xml:"classname,attr"`
		Tests    int       `xml:"tests,attr"`
		Failures int       `xml:"failures,attr"`
		Skipped  int       `xml:"skipped,attr"`
		Message  string    `xml:"message,attr"`
		Inside   []element `xml:",any"`
	}
	var all element
	if err := xml.Unmarshal(text, &all); err != nil {
		t.Fatal(err)
	}
	if all.XMLName.Local != "testsuites" || all.Tests != len(c.Changes)+len(c.Missing)+len(c.Fresh) {
		t.Errorf("%s of %d tests, want %d", all.XMLName.Local, all.Tests, len(c.Changes)+len(c.Missing)+len(c.Fresh))
	}
	seen := map[string]bool{}
	failures := 0
	for _, suite := range all.Inside {
		tests := map[string]int{}
		for _, test := range suite.Inside {
			tests[test.XMLName.Local]++
			if name := test.Class + "/" + test.Name; test.XMLName.Local == "testcase" {
				if seen[name] || test.Class == "" || test.Name == "" {
					t.Errorf("test %q stands twice, or has no name", name)
				}
				seen[name] = true
			}
			for _, outcome := range test.Inside {
				tests[outcome.XMLName.Local]++
				if outcome.XMLName.Local == "failure" && !slices.Contains(c.Regressions(), outcome.Message) {
					t.Errorf("fails for %q, which is no regression", outcome.Message)
				}
			}
		}
		if tests["testcase"] != suite.Tests || tests["failure"] != suite.Failures || tests["skipped"] != suite.Skipped {
			t.Errorf("%s says %d tests, %d failures, %d skipped, and has %v", suite.Name, suite.Tests, suite.Failures, suite.Skipped, tests)
		}
		failures += suite.Failures
	}
	if failures != all.Failures || failures != len(c.Regressions()) {
		t.Errorf("%d failures, %d said, %d regressions", failures, all.Failures, len(c.Regressions()))
	}
}
