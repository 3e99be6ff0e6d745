package control

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"gotest.tools/v3/assert"

	"github.com/pollpush/pollpush/internal/proc"
	"github.com/pollpush/pollpush/internal/result"
	"github.com/pollpush/pollpush/internal/scenario"
	"github.com/pollpush/pollpush/internal/shard"
)

// crowd is a scenario of so many clients; publishers are those of each room.
func crowd(clients, rooms, publishers, shards int) scenario.Scenario {
	s := scenario.Scenario{Clients: clients, Rooms: rooms, Shards: shards, Transports: []string{"ws", "poll"}}
	s.Publish.Publishers = max(publishers, 1)
	if publishers > 0 {
		s.Publish.Rate = 1
	}
	return s
}

func only(transport string, s scenario.Scenario) scenario.Scenario {
	s.Transports = []string{transport}
	return s
}

func TestFit(t *testing.T) {
	usual := proc.Machine{Cores: 2, NoFile: 20_000, Ports: 28_232, AvailableBytes: 64 << 30}
	with := func(change func(*proc.Machine)) proc.Machine {
		m := usual
		change(&m)
		return m
	}
	secured := crowd(10_000, 1, 0, 0)
	secured.TLS = true
	for _, c := range []struct {
		name    string
		s       scenario.Scenario
		m       proc.Machine
		target  string
		want    size
		refused string
	}{
		{name: "one client", s: crowd(1, 1, 1, 0), m: usual, want: size{1, 1, 1}},
		{name: "all that one process can hold", s: crowd(19_890, 1, 10, 0), m: usual, want: size{1, 1, 1}},
		{name: "one too many", s: crowd(19_891, 1, 10, 0), m: usual,
			refused: "a room of 19891 clients needs 20001 descriptors in its server process, which may hold 20000, and a room cannot be split: use fewer clients, or 2 rooms"},
		{name: "publishing over the connection that is there", s: only("ws", crowd(19_900, 1, 10, 0)), m: usual, want: size{1, 1, 1}},
		{name: "those who do not publish need one connection", s: crowd(19_900, 1, 0, 0), m: usual, want: size{1, 1, 1}},
		{name: "one shard too few", s: crowd(19_891, 2, 10, 0), m: usual, want: size{2, 2, 1}},
		{name: "publishers that more rooms bring with them", s: crowd(39_700, 1, 100, 0), m: usual,
			refused: "a room of 39700 clients needs 39900 descriptors in its server process, which may hold 20000, and a room cannot be split: use fewer clients, or 3 rooms"},

		// 10,010 connections each: no server takes two rooms.
		{name: "100,000 clients in 10 rooms", s: crowd(100_000, 10, 10, 0), m: usual, want: size{6, 10, 1}},
		{name: "100,000 clients in 20 rooms", s: crowd(100_000, 20, 10, 0), m: usual, want: size{6, 7, 1}},
		{name: "100,000 clients in 100 rooms", s: crowd(100_000, 100, 10, 0), m: usual, want: size{6, 6, 1}},
		{name: "more shards than needed", s: crowd(100_000, 100, 10, 12), m: usual, want: size{12, 6, 1}},
		{name: "fewer shards than needed", s: crowd(100_000, 100, 10, 5), m: usual,
			refused: "100000 clients need 20300 descriptors in each of 5 shards, but a process may hold 20000: use at least 6 shards, or shards: auto"},
		{name: "a target's server is not ours", s: crowd(100_000, 1, 10, 0), m: usual, target: "http://127.0.0.1:8080", want: size{6, 0, 1}},

		{name: "a loop for each of half the cores", s: crowd(1000, 1, 1, 0), m: with(func(m *proc.Machine) { m.Cores = 32 }), want: size{1, 1, 16}},
		{name: "half the quota", s: crowd(1000, 1, 1, 2), m: with(func(m *proc.Machine) { m.Cores, m.Limits.Quota = 32, 8.5 }), want: size{2, 1, 2}},
		{name: "not more loops than clients", s: crowd(3, 1, 1, 0), m: with(func(m *proc.Machine) { m.Cores = 32 }), want: size{1, 1, 3}},

		{name: "no descriptors", s: crowd(1, 1, 1, 0), m: with(func(m *proc.Machine) { m.NoFile = 100 }),
			refused: "a process may hold 100 descriptors, but needs at least 101: raise the limit (ulimit -n)"},
		{name: "a shard has addresses enough on loopback", s: crowd(50_000, 1, 0, 1), m: with(func(m *proc.Machine) { m.NoFile = 1 << 20 }), want: size{1, 1, 1}},
		{name: "but only one elsewhere", s: crowd(28_200, 1, 10, 0), m: usual, target: "http://192.0.2.1", want: size{2, 0, 1}},
		{name: "whose ports end", s: crowd(28_223, 1, 10, 0), m: usual, target: "http://localhost:80",
			refused: "28233 connections to target http://localhost:80 need as many local ports, but only 28232 are available: use fewer clients"},
		{name: "unknown ports", s: crowd(50_000, 1, 0, 0), m: with(func(m *proc.Machine) { m.Ports = 0 }), target: "http://192.0.2.1", want: size{3, 0, 1}},

		{name: "memory", s: crowd(10_000, 1, 0, 0), m: with(func(m *proc.Machine) { m.AvailableBytes = 800 << 20 }),
			refused: "10000 clients need about 802 MiB of memory, but only 800 MiB are free: use fewer clients"},
		{name: "memory enough", s: crowd(10_000, 1, 0, 0), m: with(func(m *proc.Machine) { m.AvailableBytes = 803 << 20 }), want: size{1, 1, 1}},
		{name: "of push", s: only("ws", crowd(10_000, 1, 0, 0)), m: with(func(m *proc.Machine) { m.AvailableBytes = 432 << 20 }), want: size{1, 1, 1}},
		{name: "memory of TLS", s: secured, m: with(func(m *proc.Machine) { m.AvailableBytes = 1114 << 20 }), // 256 MiB, and 10,000 clients of 88 KiB
			refused: "10000 clients need about 1115 MiB of memory, but only 1114 MiB are free: use fewer clients"},
		{name: "unknown memory", s: crowd(10_000, 1, 0, 0), m: with(func(m *proc.Machine) { m.AvailableBytes = 0 }), want: size{1, 1, 1}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, _, err := fit(c.s, c.m, c.target)
			if c.refused == "" {
				assert.Check(t, err == nil && got == c.want, "%+v, %v, want %+v", got, err, c.want)
				return
			}
			wantRefusal(t, err, c.refused)
		})
	}
}

func wantRefusal(t *testing.T, err error, want string) {
	t.Helper()
	assert.Check(t, err != nil && err.Error() == want, "error %v\nwant  %s", err, want)
	_, ok := errors.AsType[*Refusal](err)
	assert.Check(t, ok, "%T is no *Refusal", err)
}

func TestFitMessages(t *testing.T) {
	const second = time.Second
	for _, c := range []struct {
		name           string
		clients, rooms int
		rate           float64
		steady         time.Duration
		available      int64
		refused        string
	}{
		{"little", 1000, 1, 10, 10 * second, 1 << 30, ""},
		{"nothing published", 1000, 1, 0, 24 * time.Hour, 1 << 30, ""},
		// 256 MiB, 10,000 clients of 56 KiB, and 60 million deliveries of 16 bytes.
		{"many deliveries", 10_000, 1, 100, 60 * second, 1717 << 20,
			"60000000 deliveries to 10000 clients need about 1718 MiB of memory, but only 1717 MiB are free: use a lower rate, fewer clients or a shorter steady state"},
		{"just enough for them", 10_000, 1, 100, 60 * second, 1719 << 20, ""},
		{"as many in ten rooms", 10_000, 10, 100, 60 * second, 1717 << 20,
			"60000000 deliveries to 10000 clients need about 1718 MiB of memory, but only 1717 MiB are free: use a lower rate, fewer clients or a shorter steady state"},
		{"unknown memory", 10_000, 1, 100, 60 * second, 0, ""},
		{"more than can be delivered", 20, 1, 1e6, 5 * second, 1 << 30, ""},
		{"the most messages", 1, 1, 1e6, 100 * second, 0, ""},
		{"one too many", 1, 1, 100_000_001, second, 0,
			"100000001 messages are due in the steady state, but a trial can have at most 100000000: use a lower rate or a shorter steady state"},
		{"too many in all rooms", 1000, 1000, 1000, 1000 * second, 1 << 40,
			"1000000000 messages are due in the steady state, but a trial can have at most 100000000: use a lower rate or a shorter steady state"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := crowd(c.clients, c.rooms, 0, 0)
			s.Publish.Rate, s.Phases.Steady = c.rate, c.steady
			err := fitMessages(s, c.clients, c.available)
			if c.refused != "" {
				wantRefusal(t, err, c.refused)
			} else if err != nil {
				t.Error(err)
			}
		})
	}
}

// load is what the assignment of clients gives each process to hold.
type load struct{ shards, servers []int }

func loadOf(s scenario.Scenario, z size) load {
	l := load{make([]int, z.shards), make([]int, z.servers)}
	p := shard.Plan{Clients: s.Clients, Rooms: make([]string, s.Rooms), Shards: z.shards, Publishers: s.Publish.Publishers, Rate: s.Publish.Rate}
	for p.Shard = range z.shards {
		for c := range p.Own() {
			connections := 1
			if p.Publishes(c) {
				connections++
			}
			l.shards[p.Shard] += connections
			l.servers[p.Room(c)%z.servers] += connections
		}
	}
	return l
}

// anyCrowd is a random scenario on a random, narrow machine.
func anyCrowd(r *rand.Rand) (scenario.Scenario, proc.Machine) {
	clients := 1 + r.IntN(3000)
	rooms := 1 + r.IntN(min(clients, 60))
	publishers := r.IntN(min(clients/rooms, 12) + 1)
	shards := 0
	if r.IntN(2) == 0 {
		shards = 1 + r.IntN(min(clients, 40))
	}
	m := proc.Machine{Cores: 1 + r.IntN(64), NoFile: int64(ownFiles + 20 + r.IntN(800))}
	return crowd(clients, rooms, publishers, shards), m
}

// Whatever fit returns, nobody gets more connections than there are
// descriptors and ports.
func TestFitHoldsForAllAssignments(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	fits := 0
	for range 5000 {
		s, m := anyCrowd(r)
		z, next, err := fit(s, m, "")
		if err != nil {
			continue
		}
		fits++
		what := fmt.Sprintf("%d clients, %d rooms, %d publishers (rate %v), %+v: %+v", s.Clients, s.Rooms, s.Publish.Publishers, s.Publish.Rate, m, z)
		if z.shards < 1 || z.shards > s.Clients || z.servers < 1 || z.servers > s.Rooms || s.Shards != 0 && z.shards != s.Shards {
			t.Fatalf("%s; %d shards were asked for", what, s.Shards)
		}
		l := loadOf(s, z)
		// Clients and publishers are dealt out apart: a shard may be one over,
		// which is within its own descriptors.
		for i, n := range l.shards {
			assert.Assert(t, n <= int(m.NoFile)-ownFiles+1, "%s: shard %d holds %d connections", what, i, n)
		}
		for i, n := range l.servers {
			assert.Assert(t, n <= int(m.NoFile)-ownFiles, "%s: server %d holds %d connections", what, i, n)
		}
		if next.clients > 0 { // there is a limit: one more client is refused
			s.Clients = next.clients + 1
			_, _, err = fit(s, m, "")
			assert.Assert(t, err != nil, "%s: %+v, but one more fits", what, next)
		}
	}
	assert.Check(t, fits >= 1000, "only %d of 5000 fit: the test says little", fits)
}

// Who does as a refusal says is not refused for the same reason again.
func TestFitRemediesHelp(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	tried := map[string]int{}
	for range 5000 {
		s, m := anyCrowd(r)
		_, _, err := fit(s, m, "")
		if err == nil {
			continue
		}
		text := err.Error()
		var n int
		switch _, remedy, _ := strings.Cut(text, ": use "); {
		case strings.HasPrefix(remedy, "at least"):
			if _, err := fmt.Sscanf(remedy, "at least %d shards", &n); err != nil {
				t.Fatalf("%s: %v", text, err)
			}
			s.Shards = n
			tried["shards"]++
		case strings.HasPrefix(remedy, "fewer clients, or"):
			if _, err := fmt.Sscanf(remedy, "fewer clients, or %d rooms", &n); err != nil {
				t.Fatalf("%s: %v", text, err)
			}
			s.Rooms = n
			tried["rooms"]++
		default:
			t.Fatalf("no remedy: %s", text)
		}
		_, _, err = fit(s, m, "")
		assert.Assert(t, err == nil || kindOf(err.Error()) != kindOf(text), "%s; then: %v", text, err)
	}
	assert.Check(t, tried["shards"] >= 100 && tried["rooms"] >= 100, "tried %v: the test says little", tried)
}

// kindOf is a refusal's text without its numbers.
func kindOf(text string) string {
	return strings.Map(func(c rune) rune {
		if c >= '0' && c <= '9' {
			return -1
		}
		return c
	}, text)
}

// What a trial used most of comes first, with the side that used it.
func TestStrain(t *testing.T) {
	trial := result.Trial{Clients: 19_000, WindowS: 10}
	trial.Generator = result.Cost{CPUUserS: 2, CPUSysS: 1, RSSPeakBytes: 200 << 20}
	m := proc.Machine{Cores: 2, AvailableBytes: 1000 << 20}
	room := limit{clients: 20_000, what: "descriptors of a room"}
	got := strain(&trial, m, room)
	assert.Check(t, got == "95 % of descriptors of a room, 20 % of memory (200 MiB of 1000 MiB), 15 % of CPU of the generator (generator 0.30, server 0.00 of 2 cores)", got)
	trial.Server = &result.Cost{CPUUserS: 12, RSSPeakBytes: 300 << 20, Connected: &result.Memory{SocketBytes: 100 << 20}}
	got = strain(&trial, m, limit{clients: 30_000, what: memoryLimit})
	assert.Check(t, got == "75 % of CPU of the server (generator 0.30, server 1.20 of 2 cores), 60 % of memory (600 MiB of 1000 MiB)", got)
}
