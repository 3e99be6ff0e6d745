package result

import (
	"fmt"
	"reflect"
	"testing"

	"gotest.tools/v3/assert"
	is "gotest.tools/v3/assert/cmp"
)

// used makes a trial of 10 s on two cores, of which its own processes used so
// many, with so much pressure on the CPUs.
func used(server, generator, pressure float64) func(*Trial) {
	return func(t *Trial) {
		t.WindowS, t.Env.Cores, t.Env.CPUPressure = 10, 2, &pressure
		t.Server, t.Generator = &Cost{CPUUserS: 10 * server}, Cost{CPUUserS: 10 * generator}
	}
}

func TestJudgePressure(t *testing.T) {
	both := func(changes ...func(*Trial)) func(*Trial) {
		return func(t *Trial) {
			for _, change := range changes {
				change(t)
			}
		}
	}
	quota := func(cores float64, shared bool) func(*Trial) {
		return func(t *Trial) { t.Env.CPUQuota, t.Env.QuotaShared = cores, shared }
	}
	target := func(url string, known bool) func(*Trial) {
		return func(t *Trial) {
			t.Env.Target = url
			if !known {
				t.Server = nil
			}
		}
	}
	over := func(pressure float64, limit, busy int) string {
		return fmt.Sprintf("tasks waited for a CPU for %v %% of the time (%d %% is allowed, as the trial itself kept the cores busy for %d %%): other processes interfered", pressure, limit, busy)
	}
	const loopback, elsewhere = "http://127.0.0.1:80", "https://chat.example.org"
	for _, c := range []struct {
		name   string
		change func(*Trial)
		want   string
	}{
		// As measured on a machine of two cores without others on it.
		{"a thousand clients that poll", used(.19, .17, .13), ""},
		{"ten thousand clients that poll", used(.8, .6, .54), ""},
		// And with two processes that spin beside.
		{"disturbed", used(.08, .08, .68), over(68, 33, 8)},

		{"at the limit", used(.5, .5, .75), ""},
		{"beyond the limit", used(.5, .5, .751), over(75.1, 75, 50)},
		{"not told by the kernel", func(t *Trial) { t.Env.CPUPressure = nil }, ""},
		{"unknown cores", func(t *Trial) { used(0, 0, 1)(t); t.Env.Cores = 0 }, ""},
		{"a quota that the trial uses", both(used(.3, .15, .9), quota(.5, true)), ""},
		{"a quota of the generator alone, and a server outside", both(used(1, .1, .81), quota(.5, false)), over(81, 80, 55)},
		{"a quota that the generator uses alone", both(used(.2, .3, .85), quota(.5, false)), ""},
		{"a quota beyond the cores", both(used(.5, .5, .751), quota(4, true)), over(75.1, 75, 50)},
		{"a target beside it", both(used(.5, .5, .7), target(loopback, true)), ""},
		{"a target beside it whose process is not known", both(used(.5, .1, .7), target(loopback, false)), ""},
		{"a target elsewhere", both(used(0, .5, .5), target(elsewhere, false)), ""},
		{"a target elsewhere, and others here", both(used(0, .5, .51), target(elsewhere, false)), over(51, 50, 25)},
	} {
		t.Run(c.name, func(t *testing.T) {
			trial := &Trial{WindowS: 10, Env: Env{Cores: 2}}
			c.change(trial)
			trial.judgePressure()
			var want []Reason
			if c.want != "" {
				want = []Reason{{CPUPressure, Suspect, c.want}}
			}
			assert.Check(t, reflect.DeepEqual(trial.Reasons, want), "%+v\nwant %+v", trial.Reasons, want)
		})
	}
}

func TestTargetIsLocal(t *testing.T) {
	for target, want := range map[string]bool{
		"": true, "http://127.0.0.1:8080": true, "https://127.3.2.1": true, "http://[::1]:80": true, "http://localhost:3000": true,
		"http://10.0.0.1:8080": false, "https://chat.example.org": false, "http://localhost.example.org": false, "::": false,
	} {
		assert.Check(t, is.Equal((Env{Target: target}).TargetIsLocal(), want), "%q", target)
	}
}
