package report

import (
	"bytes"
	"strings"
	"testing"

	"github.com/pollpush/pollpush/internal/result"
)

func compared(t *testing.T, change func([]result.Trial) []result.Trial) Comparison {
	t.Helper()
	c, err := Compare(cases()["usual"], change(cases()["usual"]))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func each(f func(*result.Trial)) func([]result.Trial) []result.Trial {
	return func(trials []result.Trial) []result.Trial {
		for i := range trials {
			f(&trials[i])
		}
		return trials
	}
}

func only(transport string, f func(*result.Trial)) func([]result.Trial) []result.Trial {
	return each(func(t *result.Trial) {
		if t.Transport == transport {
			f(t)
		}
	})
}

func TestCompare(t *testing.T) {
	for _, tt := range []struct {
		name      string
		change    func([]result.Trial) []result.Trial
		transport string
		metric    string
		want      string // the verdict of that row
		fails     string // in a regression; empty for none at all
	}{
		{"nothing changed", each(func(*result.Trial) {}), "ws", "bytes per delivery, in", "same", ""},
		{"3 % more requests", only("poll", func(t *result.Trial) { t.Requests.Total += t.Requests.Total * 3 / 100 }), "poll", "requests per client", "worse", "poll: requests per client"},
		{"1 % more requests", only("poll", func(t *result.Trial) { t.Requests.Total += t.Requests.Total / 100 }), "poll", "requests per client", "same", ""},
		{"requests from none", only("ws", func(t *result.Trial) { t.Requests.Total = 50 }), "ws", "requests per client", "worse", "from zero"},
		{"fewer bytes", only("ws", func(t *result.Trial) { t.Bytes.In /= 2 }), "ws", "bytes per delivery, in", "better", ""},
		{"one delivery lost", only("ws", func(t *result.Trial) { t.Lost = int64(t.Trial) / 3 }), "ws", "lost", "worse", "ws: lost went from 0 to 0.333"},
		{"a connection gone", only("ws", func(t *result.Trial) { t.Connections.Held -= 2 }), "ws", "connections per client", "worse", "ws: connections per client"},
		{"twice the CPU only warns", only("ws", func(t *result.Trial) { t.Server.CPUUserS *= 2; t.Server.CPUSysS *= 2 }), "ws", "server CPU per delivery", "warn", ""},
		{"half the CPU", only("ws", func(t *result.Trial) { t.Server.CPUUserS /= 2; t.Server.CPUSysS /= 2 }), "ws", "server CPU per delivery", "better", ""},
		{"CPU in overlapping ranges", only("ws", func(t *result.Trial) {
			if t.Trial > 1 {
				t.Server.CPUUserS *= 2
			}
		}), "ws", "server CPU per delivery", "same", ""},
		{"timing invalid still gates", only("poll", func(t *result.Trial) {
			doubt(t, result.Invalid, "poll_late", "late")
			t.Requests.Total *= 2
		}), "poll", "requests per client", "worse", "poll: requests per client"},
		{"broken is refused", only("ws", func(t *result.Trial) {
			if t.Trial == 2 {
				doubt(t, result.Invalid, "server_died", "the server died")
			}
		}), "ws", "requests per client", "same", "ws trial 2: refused, it is invalid (the server died)"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := compared(t, tt.change)
			got := "absent"
			for _, ch := range c.Changes {
				if ch.Transport == tt.transport && ch.Metric == tt.metric {
					got = ch.Verdict
				}
			}
			if got != tt.want {
				t.Errorf("%s of %s is %s, want %s", tt.metric, tt.transport, got, tt.want)
			}
			reg := strings.Join(c.Regressions(), "\n")
			if (tt.fails == "") != (reg == "") || !strings.Contains(reg, tt.fails) {
				t.Errorf("regressions are %q, want %q among them", reg, tt.fails)
			}
		})
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
				doubt(&first, result.Suspect, "messages_lost", "3 deliveries were lost")
				t.Attempt = 2
				out = append(out, first)
			}
			out = append(out, t)
		}
		return out
	}
	want := map[string]float64{"lost": 1, "duplicated": 2} // for each of three trials
	seen := 0
	c := compared(t, repeated)
	for _, ch := range c.Changes {
		if w, ok := want[ch.Metric]; ok && ch.Transport == "ws" {
			seen++
			if ch.Base != 0 || ch.New != w || ch.Verdict != "worse" {
				t.Errorf("%s went from %v to %v (%s), want %v and a regression", ch.Metric, ch.Base, ch.New, ch.Verdict, w)
			}
		}
	}
	if r := c.Regressions(); seen != 2 || len(r) != 2 {
		t.Errorf("%d rows, regressions %q", seen, r)
	}
	c, err := Compare(repeated(cases()["usual"]), repeated(cases()["usual"]))
	if err != nil || len(c.Regressions()) > 0 {
		t.Errorf("the same losses are a regression: %v, %q", err, c.Regressions())
	}
}

func TestCompareTimesOfTimingInvalid(t *testing.T) {
	c := compared(t, only("poll", func(t *result.Trial) { doubt(t, result.Invalid, "generator_cpu", "saturated") }))
	for _, ch := range c.Changes {
		if ch.Transport == "poll" && !ch.Exact && ch.Verdict != "warn" {
			t.Errorf("%s is %s, want a warning: no trial's times count", ch.Metric, ch.Verdict)
		}
	}
	if r := c.Regressions(); len(r) > 0 {
		t.Errorf("times became regressions: %v", r)
	}
}

func TestCompareRefuses(t *testing.T) {
	fine := func() []result.Trial { return cases()["usual"] }
	failed := each(func(t *result.Trial) { t.Status = result.Failed })(fine())
	died := each(func(t *result.Trial) { doubt(t, result.Invalid, "server_died", "died") })(fine())
	other := each(func(t *result.Trial) { t.ScenarioHash = "0" })(fine())
	for name, pair := range map[string][2][]result.Trial{
		"no base": {nil, fine()}, "no new": {fine(), nil}, "failed base": {failed, fine()}, "failed new": {fine(), failed},
		"broken new": {fine(), died}, "other scenario": {fine(), other},
	} {
		if _, err := Compare(pair[0], pair[1]); err == nil {
			t.Errorf("%s: Compare took them", name)
		}
	}
	c, err := Compare(fine(), usual().run("poll"))
	if err != nil {
		t.Fatal(err)
	}
	if r := strings.Join(c.Regressions(), "\n"); !strings.Contains(r, "ws: the new run has no trial") {
		t.Errorf("a transport that went missing is no regression: %q", r)
	}
	c, err = Compare(usual().run("poll"), fine())
	if err != nil || len(c.Regressions()) > 0 {
		t.Errorf("a transport that is new is a regression: %v, %v", err, c.Regressions())
	}
}

func TestCompareGolden(t *testing.T) {
	c := compared(t, func(trials []result.Trial) []result.Trial {
		trials = only("ws", func(t *result.Trial) {
			t.Bytes.In += t.Bytes.In / 10
			t.Server.CPUUserS *= 1.5
			t.Env.Kernel = "6.13.0"
		})(trials)
		return only("poll", func(t *result.Trial) { t.Env.Kernel = "6.13.0" })(trials)
	})
	var text, markdown bytes.Buffer
	if err := c.Text(&text); err != nil {
		t.Fatal(err)
	}
	if err := c.Markdown(&markdown); err != nil {
		t.Fatal(err)
	}
	golden(t, "compare.txt", text.Bytes())
	golden(t, "compare.md", markdown.Bytes())
}
