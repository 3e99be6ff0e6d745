package result

import (
	"reflect"
	"testing"
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
	const loopback, elsewhere = "http://127.0.0.1:80", "https://chat.example.org"
	for _, c := range []struct {
		name   string
		change func(*Trial)
		want   string
	}{
		// As measured on a machine of two cores without others on it.
		{"a thousand clients that poll", used(.19, .17, .13), ""},
		{"a thousand sockets", used(.015, .015, .02), ""},
		{"ten thousand clients that poll", used(.8, .6, .54), ""},
		// And with two processes that spin beside.
		{"disturbed a little", used(.08, .08, .52), "tasks waited for a CPU for 52 % of the time (33 % is allowed where the trial itself keeps the cores busy for 8 %): other processes are in its way"},
		{"disturbed", used(.08, .08, .68), "tasks waited for a CPU for 68 % of the time (33 % is allowed where the trial itself keeps the cores busy for 8 %): other processes are in its way"},

		{"at the limit", used(.5, .5, .75), ""},
		{"beyond the limit", used(.5, .5, .751), "tasks waited for a CPU for 75 % of the time (75 % is allowed where the trial itself keeps the cores busy for 50 %): other processes are in its way"},
		{"not told by the kernel", func(t *Trial) { t.Env.CPUPressure = nil }, ""},
		{"unknown cores", func(t *Trial) { used(0, 0, 1)(t); t.Env.Cores = 0 }, ""},
		{"a quota that the trial uses", both(used(.3, .15, .9), quota(.5, true)), ""},
		{"a quota of the generator alone, and a server outside", both(used(1, .1, .81), quota(.5, false)),
			"tasks waited for a CPU for 81 % of the time (80 % is allowed where the trial itself keeps the cores busy for 55 %): other processes are in its way"},
		{"a quota that the generator uses alone", both(used(.2, .3, .85), quota(.5, false)), ""},
		{"a quota beyond the cores", both(used(.5, .5, .751), quota(4, true)), "tasks waited for a CPU for 75 % of the time (75 % is allowed where the trial itself keeps the cores busy for 50 %): other processes are in its way"},
		{"a target beside it", both(used(.5, .5, .7), target(loopback, true)), ""},
		{"a target beside it whose process is not known", both(used(.5, .1, .7), target(loopback, false)), ""},
		{"a target elsewhere", both(used(0, .5, .5), target(elsewhere, false)), ""},
		{"a target elsewhere, and others here", both(used(0, .5, .51), target(elsewhere, false)),
			"tasks waited for a CPU for 51 % of the time (50 % is allowed where the trial itself keeps the cores busy for 25 %): other processes are in its way"},
	} {
		t.Run(c.name, func(t *testing.T) {
			trial := &Trial{WindowS: 10, Env: Env{Cores: 2}}
			c.change(trial)
			trial.judgePressure()
			var want []Reason
			if c.want != "" {
				want = []Reason{{CPUPressure, Suspect, c.want}}
			}
			if !reflect.DeepEqual(trial.Reasons, want) {
				t.Errorf("%+v\nwant %+v", trial.Reasons, want)
			}
		})
	}
}

func TestJudgeClock(t *testing.T) {
	const tail = " ppm (500 is allowed, the most that NTP does): every duration is wrong by that share"
	for _, c := range []struct {
		drift *float64
		want  string
	}{
		{nil, ""},
		{new(0.0), ""},
		{new(500e-6), ""},
		{new(-500e-6), ""},
		{new(501e-6), "the monotonic clock and the raw one parted by 501" + tail},
		{new(-.1), "the monotonic clock and the raw one parted by -100000" + tail},
	} {
		trial := &Trial{WindowS: 10, Env: Env{ClockDrift: c.drift}}
		trial.judgeSurroundings()
		var want []Reason
		if c.want != "" {
			want = []Reason{{ClockDrift, Suspect, c.want}}
		}
		if !reflect.DeepEqual(trial.Reasons, want) {
			t.Errorf("%+v\nwant %+v", trial.Reasons, want)
		}
	}
}

func TestTargetIsLocal(t *testing.T) {
	for target, want := range map[string]bool{
		"": true, "http://127.0.0.1:8080": true, "https://127.3.2.1": true, "http://[::1]:80": true, "http://localhost:3000": true,
		"http://10.0.0.1:8080": false, "https://chat.example.org": false, "http://localhost.example.org": false, "::": false,
	} {
		if got := (Env{Target: target}).TargetIsLocal(); got != want {
			t.Errorf("%q: %v, want %v", target, got, want)
		}
	}
}
