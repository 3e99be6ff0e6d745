package tables

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"gotest.tools/v3/assert"
	is "gotest.tools/v3/assert/cmp"

	"github.com/pollpush/pollpush/internal/result"
	"github.com/pollpush/pollpush/report/internal/document"
	"github.com/pollpush/pollpush/report/internal/metric"
	"github.com/pollpush/pollpush/report/internal/model"
	"github.com/pollpush/pollpush/report/internal/trials"
)

// made is a trial whose costs are known: its series is drawn by a rule, and the
// server's CPU in each second is what the activities in it cost.
type made struct {
	paced    bool
	clients  int64
	messages func(second int) int64
	cost     map[string]float64 // by the activity's name
	noise    float64            // standard deviation, in seconds of CPU
	seconds  int
}

func (m made) trial(transport string, n int) result.Trial {
	r := rand.New(rand.NewPCG(uint64(n), 17))
	t := result.Trial{Schema: result.Schema, Run: "r", Scenario: "s", ScenarioHash: "h", Transport: transport, Trial: n, Attempt: 1,
		Clients: int(m.clients), Asked: result.Asked{Paced: m.paced, PollIntervalS: 1}, Status: result.Complete, Validity: result.Valid}
	for k := range m.seconds + 4 {
		s := result.Second{T: float64(k), Phase: "steady", ServerRSSBytes: 1 << 20, SecondCounts: result.SecondCounts{Clients: m.clients, Published: m.messages(k)}}
		switch {
		case k < 2:
			s.Phase = "warm-up"
		case k >= m.seconds+2:
			s.Phase = "drain"
		}
		s.Deliveries = s.Published * m.clients
		if m.paced {
			s.Requests = m.clients + s.Published
			s.Empty = int64(float64(m.clients) * r.Float64())
		}
		for _, a := range model.Activities {
			s.ServerCPUS += a.Count(s) * m.cost[a.Name]
		}
		s.ServerCPUS += m.noise * r.NormFloat64()
		if s.Phase != "steady" || k == 2 || k == m.seconds+1 { // none of which enters
			s.ServerCPUS *= 100
		}
		t.Series = append(t.Series, s)
	}
	return t
}

func varying(k int) int64 { return int64(k * k % 4) }

func TestUnitCostsAreThoseOfTheSeconds(t *testing.T) {
	push := map[string]float64{model.PerDelivery.Name: 14e-6, model.PerIdleClient.Name: 2e-6}
	polls := map[string]float64{model.PerPollWithNews.Name: 200e-6, model.PerEmptyPoll.Name: 120e-6}
	posts := map[string]float64{model.PerPollWithNews.Name: 200e-6, model.PerEmptyPoll.Name: 120e-6, model.PerMessage.Name: 300e-6}
	many := func(k int) int64 { return int64(50 * (k * k % 5)) }
	once, never := func(int) int64 { return 1 }, func(int) int64 { return 0 }
	for _, c := range []struct {
		name string
		made made
		told []model.Activity // the others are dashes
		n    string
	}{
		{"push", made{false, 1000, varying, push, 0, 20}, []model.Activity{model.PerDelivery, model.PerIdleClient}, "36"},
		{"push with noise", made{false, 1000, varying, push, 500e-6, 20}, []model.Activity{model.PerDelivery, model.PerIdleClient}, "36"},
		{"more noise than idle clients cost", made{false, 1000, varying, push, 12e-3, 20}, []model.Activity{model.PerDelivery}, "36"},
		{"more noise than anything costs", made{false, 1000, varying, push, 1, 20}, nil, "36"},
		{"a message in each second: both counts rise and fall together", made{false, 1000, once, push, 500e-6, 20}, nil, "36"},
		{"no messages", made{false, 1000, never, push, 100e-6, 20}, []model.Activity{model.PerIdleClient}, "36"},
		{"too few seconds", made{false, 1000, varying, push, 0, 6}, nil, "8"},
		{"just enough", made{false, 1000, varying, push, 0, 7}, []model.Activity{model.PerDelivery, model.PerIdleClient}, "10"},
		{"polls", made{true, 1000, varying, polls, 0, 20}, []model.Activity{model.PerPollWithNews, model.PerEmptyPoll}, "36"},
		{"polls with noise", made{true, 1000, varying, polls, 5e-3, 20}, []model.Activity{model.PerPollWithNews, model.PerEmptyPoll}, "36"},
		{"polls, and many messages", made{true, 1000, many, posts, 5e-3, 20}, []model.Activity{model.PerPollWithNews, model.PerEmptyPoll, model.PerMessage}, "36"},
		{"polls, and more noise than many messages cost", made{true, 1000, many, posts, 400e-3, 80}, []model.Activity{model.PerPollWithNews, model.PerEmptyPoll}, "156"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, err := trials.NewSet([]result.Trial{c.made.trial("x", 1), c.made.trial("x", 2)})
			assert.NilError(t, err)
			costs, _ := model.FitCosts(&s.Points[0].Sides[0])
			got := map[string]string{}
			table := unitCostSection(s).Table
			for i, head := range table.Head {
				got[head.Text] = table.Rows[0][i].Text
			}
			for _, a := range model.Activities {
				cost, told := costs[a.Name], slices.ContainsFunc(c.told, func(b model.Activity) bool { return a.Name == b.Name })
				off := math.Abs(cost.Value - c.made.cost[a.Name])
				assert.Check(t, !told || off <= 3*cost.Err+1e-12, "%s: %v ± %v, made of %v", a.Name, cost.Value, cost.Err, c.made.cost[a.Name])
				want := cost.String()
				switch {
				case !told:
					want = "–"
				}
				if cell := got[a.Name]; cell != want && (cell != "" || want != "–") {
					t.Errorf("%s: %q, want %q", a.Name, cell, want)
				}
			}
			assert.Check(t, got["seconds fitted"] == c.n, "%s seconds, want %s", got["seconds fitted"], c.n)
		})
	}
}

func TestSecondsThatDoNotEnter(t *testing.T) {
	trial := made{false, 10, varying, nil, 0, 5}.trial("ws", 1)
	assert.Check(t, is.Equal(len(model.Whole(&trial)), 3), "seconds of 5")
	trial.Series[4].ServerRSSBytes = 0 // not looked at
	assert.Check(t, is.Equal(len(model.Whole(&trial)), 2), "seconds")
	trial.Schema = 2
	assert.Check(t, is.Equal(len(model.Whole(&trial)), 0), "seconds of an older version")
}

func TestMemoryOfIdleClients(t *testing.T) {
	const kib = 1 << 10
	known := func() result.Trial {
		trial := made{seconds: 1, clients: 10, messages: varying}.trial("ws", 1)
		trial.Server = &result.Cost{
			Before:    &result.Memory{RSSBytes: 100 * kib, HeapBytes: 20 * kib, StackBytes: 10 * kib, SocketBytes: 5 * kib},
			Connected: &result.Memory{RSSBytes: 300 * kib, HeapBytes: 120 * kib, StackBytes: 60 * kib, SocketBytes: 45 * kib},
		}
		return trial
	}
	for _, c := range []struct {
		name   string
		change func(*result.Trial)
		want   []string
	}{
		{"all", func(*result.Trial) {}, []string{"20.0 KiB", "10.0 KiB", "5.00 KiB", "5.00 KiB", "4.00 KiB"}},
		{"no metrics", func(t *result.Trial) { t.Server.Connected.HeapBytes, t.Server.Connected.StackBytes = 0, 0 }, []string{"20.0 KiB", "–", "–", "–", "4.00 KiB"}},
		{"more in use than resident", func(t *result.Trial) { t.Server.Connected.HeapBytes = 180 * kib }, []string{"20.0 KiB", "16.0 KiB", "5.00 KiB", "–", "4.00 KiB"}},
		{"the kernel does not tell", func(t *result.Trial) { t.Server.Connected.SocketBytes = 0 }, []string{"20.0 KiB", "10.0 KiB", "5.00 KiB", "5.00 KiB", "–"}},
		{"a target", func(t *result.Trial) { t.Env.Target = "http://x:1" }, []string{"–", "–", "–", "–", "–"}},
		{"not read", func(t *result.Trial) { t.Server.Connected = nil }, []string{"–", "–", "–", "–", "–"}},
		{"no server known", func(t *result.Trial) { t.Server = nil }, []string{"–", "–", "–", "–", "–"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			trial := known()
			c.change(&trial)
			var got []string
			for i := range metric.IdleMemory {
				got = append(got, document.Measured(&metric.IdleMemory[i], metric.IdleMemory[i].Cell([]result.Trial{trial})).String())
			}
			assert.Check(t, slices.Equal(got, c.want), "%q, want %q", got, c.want)
		})
	}
}

func TestUnitCostNotes(t *testing.T) {
	push := made{false, 10, varying, map[string]float64{model.PerDelivery.Name: 1e-3}, 0, 20}
	polls := made{true, 10, varying, map[string]float64{model.PerPollWithNews.Name: 1e-3}, 0, 20}
	waits := push.trial("longpoll", 1)
	waits.Asked.WaitS = 25
	for _, c := range []struct {
		name   string
		trials []result.Trial
		want   []string // the notes' beginnings
	}{
		{"push", []result.Trial{push.trial("ws", 1)}, []string{"CPU is fitted", "A delivery includes"}},
		{"polls", []result.Trial{polls.trial("poll", 1)}, []string{"CPU is fitted", "Clients that poll"}},
		{"both", []result.Trial{polls.trial("poll", 1), push.trial("ws", 1)}, []string{"CPU is fitted", "A delivery includes", "Clients that poll"}},
		{"asks again", []result.Trial{waits}, []string{"CPU is fitted", "A delivery includes", "For longpoll, requests with and without news are not separated"}},
		{"nothing", []result.Trial{{Transport: "ws", Trial: 1, Status: result.Failed}}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, err := trials.NewSet(c.trials)
			assert.NilError(t, err)
			part := unitCostSection(s)
			got := part.Notes
			assert.Assert(t, len(got) == len(c.want), "%q, want %q", got, c.want)
			for i := range got {
				assert.Check(t, strings.HasPrefix(got[i], c.want[i]), "%q, want %q…", got[i], c.want[i])
			}
			assert.Check(t, (len(part.Table.Rows) > 0) == (len(c.want) > 0), "rows %v", part.Table.Rows)
		})
	}
}

func TestCostsThatCannotBeTold(t *testing.T) {
	for _, c := range []struct {
		value, err float64
		want       string
	}{
		{14.26e-6, 0.416e-6, "14.3 ± 0.42 µs"},
		{2e-6, 1e-6, "2.00 ± 1 µs"},
		{2e-6, 1.01e-6, "–"},
		{0, 0, "–"},
		{0, 1, "–"},
		{math.NaN(), math.NaN(), "–"},
		{1e-6, math.NaN(), "–"},
	} {
		assert.Check(t, is.Equal((model.UnitCost{Value: c.value, Err: c.err}).String(), c.want), "%v ± %v", c.value, c.err)
	}
}
