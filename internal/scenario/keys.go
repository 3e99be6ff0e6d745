package scenario

import (
	"strings"
	"time"
)

// Key describes one key of a scenario file, for help texts and documents.
type Key struct {
	Path    string // dotted: "publish.rate"
	About   string // one sentence
	Default string // as a file would hold it, or in words where it depends on other keys; empty where the key is required
}

// Keys lists all keys of a scenario file, in the order of scenarios/example.yaml.
func Keys() []Key {
	list := make([]Key, len(keys))
	for i, k := range keys {
		list[i] = k.Key
	}
	return list
}

// key adds to a Key what reads it, so that a file, a flag, the hash and the
// schema's test all come from one line of the table.
type key struct {
	Key
	field
	derive   func(*Scenario) // sets a default that depends on other keys
	unhashed bool            // has no part in what one trial measures
	newer    bool            // its default is not hashed: results from before the key can be compared
	sweeps   bool            // may hold a list: a run measures each of its values
	paced    bool            // says nothing to transports that do not poll at an interval
}

// A field reads and writes one value of a Scenario.
type field interface {
	// parse sets the value and returns nothing, or leaves it and says why.
	parse(d *draft, v value) []problem
	// format renders the value as a flag would hold it, the same text for the same value.
	format(s *Scenario) string
}

// PayloadMin is the least payload in bytes: the generator's tag, which every
// message's text begins with, must fit.
const PayloadMin = 32

var keys = []key{
	{Key: Key{"about", "One sentence that says which question the scenario answers.", ""},
		field: sentence{max: 200, at: func(s *Scenario) *string { return &s.About }}, unhashed: true},
	{Key: Key{"transports", "The transports to compare, each measured in trials of its own.", ""},
		field: transports{}, unhashed: true},
	{Key: Key{"clients", "Clients in all, spread evenly over the rooms; each of them subscribes.", ""},
		field: count[int]{lo: 1, hi: 1_000_000, at: func(s *Scenario) *int { return &s.Clients }}, sweeps: true},
	{Key: Key{"rooms", "Rooms that the clients are spread over; at most one for each client.", "1"},
		field: count[int]{lo: 1, hi: 1_000_000, at: func(s *Scenario) *int { return &s.Rooms }}, sweeps: true},
	{Key: Key{"trials", "Trials of each transport, each with fresh processes.", "3"},
		field: count[int]{lo: 1, hi: 1000, at: func(s *Scenario) *int { return &s.Trials }}, unhashed: true},
	{Key: Key{"seed", "Seed of schedules, phases and texts; the same seed asks for the same load.", "1"},
		field: count[uint64]{lo: 0, hi: 1<<53 - 1, at: func(s *Scenario) *uint64 { return &s.Seed }}},
	{Key: Key{"payload", "Bytes of text in each message, as 200B or 1KiB.", "200B"},
		field: size{lo: PayloadMin, hi: 4096, at: func(s *Scenario) *int { return &s.Payload }}, sweeps: true},

	{Key: Key{"publish.rate", "Messages per time in each room, as 1/s, 1/30s or 10/min; 0/s publishes nothing.", ""},
		field: rate{perDay: 1, perSecond: 10_000_000, at: func(s *Scenario) *float64 { return &s.Publish.Rate }}, sweeps: true},
	{Key: Key{"publish.arrivals", "When messages are due: poisson is independent of one another, constant is evenly spaced.", "poisson"},
		field: choice{of: []string{"poisson", "constant"}, at: func(s *Scenario) *string { return &s.Publish.Arrivals }}},
	{Key: Key{"publish.publishers", "Clients of each room that publish, in turn; at most the clients per room.", "the smaller of 10 and the clients per room"},
		field:  count[int]{lo: 1, hi: 1_000_000, at: func(s *Scenario) *int { return &s.Publish.Publishers }},
		derive: func(s *Scenario) { s.Publish.Publishers = min(10, s.Clients/s.Rooms) }},

	{Key: Key{"poll.interval", "Time from one poll of a client to its next; only for transports that poll.", "1s"},
		field: duration{lo: 10 * time.Millisecond, hi: time.Hour, at: func(s *Scenario) *time.Duration { return &s.Poll.Interval }}, sweeps: true, paced: true},

	{Key: Key{"poll.wait", "Longest time that a long poll waits for news; only for longpoll.", "25s"},
		field: duration{lo: time.Second, hi: time.Minute, at: func(s *Scenario) *time.Duration { return &s.Poll.Wait }}, newer: true},

	{Key: Key{"phases.ramp_up", "Time over which the clients' connections are spread.", "2s"},
		field: duration{lo: 0, hi: time.Hour, at: func(s *Scenario) *time.Duration { return &s.Phases.RampUp }}},
	{Key: Key{"phases.warm_up", "Time under full load before anything is measured.", "the larger of 2s and poll.interval"},
		field:  duration{lo: 0, hi: time.Hour, at: func(s *Scenario) *time.Duration { return &s.Phases.WarmUp }},
		derive: func(s *Scenario) { s.Phases.WarmUp = max(2*time.Second, s.Poll.Interval) }},
	{Key: Key{"phases.steady", "Time that is measured.", ""},
		field: duration{lo: time.Second, hi: 24 * time.Hour, at: func(s *Scenario) *time.Duration { return &s.Phases.Steady }}},
	{Key: Key{"phases.drain", "Longest wait for deliveries still under way; at least poll.interval.", "poll.interval and 2s more"},
		field:  duration{lo: time.Second, hi: 2 * time.Hour, at: func(s *Scenario) *time.Duration { return &s.Phases.Drain }},
		derive: func(s *Scenario) { s.Phases.Drain = s.Poll.Interval + 2*time.Second }},

	{Key: Key{"server.history", "Messages that the server keeps in each room.", "1000"},
		field: count[int]{lo: 1, hi: 10_000_000, at: func(s *Scenario) *int { return &s.Server.History }}},
	{Key: Key{"server.batch", "Time for which the server gathers messages before it sends them; only for ws-batch.", "50ms"},
		field: duration{lo: time.Millisecond, hi: 10 * time.Second, at: func(s *Scenario) *time.Duration { return &s.Server.Batch }}},
	{Key: Key{"server.freeze_at", "When, in the steady state, the server is stopped (SIGSTOP) for server.freeze.", "0s"},
		field: duration{lo: 0, hi: 24 * time.Hour, at: func(s *Scenario) *time.Duration { return &s.Server.FreezeAt }}},
	{Key: Key{"server.freeze", "For how long the server is stopped; 0s does not stop it.", "0s"},
		field: duration{lo: 0, hi: time.Hour, at: func(s *Scenario) *time.Duration { return &s.Server.Freeze }}},
	{Key: Key{"tls", "Whether clients and server speak TLS, with a certificate made on the spot.", "false"},
		field: truth{at: func(s *Scenario) *bool { return &s.TLS }}},
	{Key: Key{"shards", "Loadgen processes that share the clients; auto chooses.", "auto"},
		field: count[int]{lo: 1, hi: 1000, auto: true, at: func(s *Scenario) *int { return &s.Shards }}},
	{Key: Key{"time_limit", "Longest run that may still repeat a suspect trial.", "half as long again as planned"},
		field:  duration{lo: time.Second, hi: longest, at: func(s *Scenario) *time.Duration { return &s.TimeLimit }},
		derive: func(*Scenario) {}, unhashed: true}, // by the grid
	{Key: Key{"limits", "Relative changes for the worse that a comparison tolerates, by metric, as bytes-per-delivery-in: 5%.", "none"},
		field: limits{}, derive: func(*Scenario) {}, unhashed: true},
}

// longest is the longest time_limit.
const longest = 10_000 * time.Hour

// find returns the key at path, or nil.
func find(path string) *key {
	for i := range keys {
		if keys[i].Path == path {
			return &keys[i]
		}
	}
	return nil
}

// inside lists the names that may stand below section ("" is the whole file),
// each once, and sections among them.
func inside(section string) []string {
	var names []string
	for _, k := range keys {
		rest, ok := strings.CutPrefix(k.Path, section)
		if !ok {
			continue
		}
		name, _, _ := strings.Cut(rest, ".")
		if len(names) == 0 || names[len(names)-1] != name {
			names = append(names, name)
		}
	}
	return names
}
