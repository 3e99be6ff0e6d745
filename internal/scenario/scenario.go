// Package scenario says what to run: it reads, checks and renders scenario
// files. scenarios/example.yaml explains every key.
package scenario

import (
	"slices"
	"strings"
	"time"
)

// Scenario is what one point of a file's grid asks for: every field holds a
// usable value. Each field has a row in keys.
type Scenario struct {
	Name       string
	About      string
	Transports []string
	Clients    int // in all, spread evenly over the rooms
	Rooms      int
	Trials     int    // of each transport
	Seed       uint64 // of schedules, phases and texts
	Payload    int    // bytes of text in each message

	Publish Publish
	Poll    Poll
	Phases  Phases
	Server  Server

	TLS       bool
	Shards    int           // loadgen processes; 0 chooses
	TimeLimit time.Duration // a suspect trial is repeated only while the run stays within it

	Limits map[string]float64 // relative changes that a comparison tolerates, by metric: 0.05 is 5 %
}

// Publish says how messages come about in each room.
type Publish struct {
	Rate       float64 // messages per second and room; 0 publishes nothing
	Arrivals   string  // "poisson" or "constant"
	Publishers int     // clients of each room that publish, in turn
}

// Poll says how polling transports poll.
type Poll struct {
	Interval time.Duration
	Wait     time.Duration // of a long poll
}

// Phases are the lengths of a trial's phases, in order.
type Phases struct {
	RampUp time.Duration // over which the clients' connections are spread
	WarmUp time.Duration
	Steady time.Duration
	Drain  time.Duration // at most; it ends when every delivery has arrived
}

// Server sets up the chatserver under test.
type Server struct {
	History int           // messages kept per room
	Batch   time.Duration // for which messages are gathered for clients that ask for it

	FreezeAt time.Duration // into the steady state: the server is stopped
	Freeze   time.Duration // for so long; 0 does not
}

// PayloadMin is the least payload in bytes: the generator's tag, which every
// message's text begins with, must fit.
const PayloadMin = 32

// longest is the longest time_limit.
const longest = 10_000 * time.Hour

// Sections are the keys that hold keys of their own, and what those are about.
var Sections = map[string]string{
	"publish": "How messages are published in each room.",
	"poll":    "How polling transports poll.",
	"phases":  "Lengths of the phases of a trial, in order. Only phases.steady is reported.",
	"server":  "Settings of the chatserver under test.",
}

// keys holds everything about each key, in the order of scenarios/example.yaml.
// Files, flags, checks, hashes, schema.json and example.yaml come from it.
var keys = []Key{
	{Path: "about", About: "The question that the scenario answers.",
		Example:  "How do polling and push compare for two rooms of 50 people each?",
		field:    sentence{max: 200, at: func(s *Scenario) *string { return &s.About }},
		fileOnly: true, unhashed: true},
	{Path: "transports", About: "Transports to compare; all selects every one.",
		Example: "[poll, ws]", field: transports{}, unhashed: true},
	{Path: "clients", About: "Total number of clients, spread evenly over the rooms.",
		Example: "100", Sweeps: true,
		field: count[int]{lo: 1, hi: 1_000_000, at: func(s *Scenario) *int { return &s.Clients }}},
	{Path: "rooms", About: "Number of rooms; at most one per client.",
		Note:    "A room lives on one server process, whose descriptors bound its clients.",
		Default: "1 per 10,000 clients", Example: "2", Sweeps: true,
		field: count[int]{lo: 1, hi: 1_000_000, at: func(s *Scenario) *int { return &s.Rooms }},
		derive: func(s *Scenario) { // a given number of publishers must find place in each
			s.Rooms = max(1, min((s.Clients+9999)/10_000, s.Clients/max(1, s.Publish.Publishers)))
		}},
	{Path: "trials", About: "Trials per transport, each with fresh processes.",
		Note:    "Times count as different only if their ranges over the trials do not overlap.",
		Default: "3", Example: "1",
		field: count[int]{lo: 1, hi: 1000, at: func(s *Scenario) *int { return &s.Trials }}, unhashed: true},
	{Path: "seed", About: "Seed for schedules, phases and texts. The same seed gives the same load.",
		Default: "1",
		field:   count[uint64]{lo: 0, hi: 1<<53 - 1, at: func(s *Scenario) *uint64 { return &s.Seed }}},
	{Path: "payload", About: "Text size of each message, such as 200B or 1KiB.",
		Default: "200B", Sweeps: true,
		field: quantity[int]{unit: &sizeUnit, lo: PayloadMin, hi: 4096, why: "the generator's tag alone takes 32B",
			at: func(s *Scenario) *int { return &s.Payload }}},

	{Path: "publish.rate", About: "Publish rate per room, such as 1/s, 1/30s or 10/min; 0/s publishes nothing.",
		Note:    "A rate that cannot be reached makes the trial invalid; the reason states the rate that was acknowledged.",
		Example: "1/s", Sweeps: true,
		field: quantity[float64]{unit: &rateUnit, zero: true, lo: 1.0 / (24 * 60 * 60), hi: 10_000_000, allowed: "0/s, or 1/24h to 10,000,000/s",
			at: func(s *Scenario) *float64 { return &s.Publish.Rate }}},
	{Path: "publish.arrivals", About: "Spacing of the messages: poisson (independent, as people write) or constant (even).",
		Default: "poisson",
		field:   choice{words: []string{"poisson", "constant"}, at: func(s *Scenario) *string { return &s.Publish.Arrivals }}},
	{Path: "publish.publishers", About: "Clients per room that publish, in turn; at most the clients per room.",
		Default: "the smaller of 10 and the clients per room", Example: "10",
		field:  count[int]{lo: 1, hi: 1_000_000, at: func(s *Scenario) *int { return &s.Publish.Publishers }},
		derive: func(s *Scenario) { s.Publish.Publishers = min(10, s.Clients/s.Rooms) }},

	{Path: "poll.interval", About: "Time between two polls of a client; only for transports that poll at an interval.",
		Note:    "Other transports are measured at the first value only.",
		Default: "1s", Sweeps: true,
		field: span(10*time.Millisecond, time.Hour, func(s *Scenario) *time.Duration { return &s.Poll.Interval }), paced: true},
	{Path: "poll.wait", About: "Longest time that the server holds a long poll; only for longpoll.",
		Note:    "A proxy before the server must allow a longer wait.",
		Default: "25s",
		field:   span(time.Second, time.Minute, func(s *Scenario) *time.Duration { return &s.Poll.Wait }), newer: true},

	{Path: "phases.ramp_up", About: "Time over which clients connect.",
		Note:    "Server and clients share the machine while they connect.",
		Default: "the larger of 2s and 1s per 2,000 clients", Example: "2s",
		field:  span(0, time.Hour, func(s *Scenario) *time.Duration { return &s.Phases.RampUp }),
		derive: func(s *Scenario) { s.Phases.RampUp = max(2*time.Second, time.Duration(s.Clients)*time.Second/2000) }},
	{Path: "phases.warm_up", About: "Length of the phase under full load before the measured one.",
		Note:    "A client's first poll finds only messages published since it joined: a warm-up shorter than poll.interval makes a trial suspect.",
		Default: "the larger of 2s and poll.interval", Example: "2s",
		field:  span(0, time.Hour, func(s *Scenario) *time.Duration { return &s.Phases.WarmUp }),
		derive: func(s *Scenario) { s.Phases.WarmUp = max(2*time.Second, s.Poll.Interval) }},
	{Path: "phases.steady", About: "Length of the measured phase.",
		Note:    "A p99 needs 1,000 deliveries, a p99.9 10,000.",
		Example: "20s",
		field:   span(time.Second, 24*time.Hour, func(s *Scenario) *time.Duration { return &s.Phases.Steady })},
	{Path: "phases.drain", About: "Longest wait for the last deliveries; at least poll.interval.",
		Note:    "It ends once all have arrived.",
		Default: "poll.interval plus 2s", Example: "3s",
		field:  span(time.Second, 2*time.Hour, func(s *Scenario) *time.Duration { return &s.Phases.Drain }),
		derive: func(s *Scenario) { s.Phases.Drain = s.Poll.Interval + 2*time.Second }},

	{Path: "server.history", About: "Messages that the server keeps per room.",
		Default: "1000",
		field:   count[int]{lo: 1, hi: 10_000_000, at: func(s *Scenario) *int { return &s.Server.History }}},
	{Path: "server.batch", About: "Time over which the server gathers messages before it sends them; only for ws-batch.",
		Default: "50ms",
		field:   span(time.Millisecond, 10*time.Second, func(s *Scenario) *time.Duration { return &s.Server.Batch })},
	{Path: "server.freeze_at", About: "Time from the start of the measured phase until the server is stopped; needs server.freeze.",
		Default: "0s",
		field:   span(0, 24*time.Hour, func(s *Scenario) *time.Duration { return &s.Server.FreezeAt })},
	{Path: "server.freeze", About: "How long the server stays stopped (SIGSTOP); 0s never stops it.",
		Note:    "The freeze must end within the measured phase.",
		Default: "0s",
		field:   span(0, time.Hour, func(s *Scenario) *time.Duration { return &s.Server.Freeze })},
	{Path: "tls", About: "Whether clients and server use TLS, with a temporary certificate.",
		Default: "false",
		field:   truth{at: func(s *Scenario) *bool { return &s.TLS }}},
	{Path: "shards", About: "Number of load generator processes that share the clients; auto picks it.",
		Default: "auto",
		field:   count[int]{lo: 1, hi: 1000, auto: true, at: func(s *Scenario) *int { return &s.Shards }}},
	{Path: "time_limit", About: "Run time after which suspect trials are no longer repeated.",
		Default: "1.5 times the planned length", Example: "5m",
		field:  span(time.Second, longest, func(s *Scenario) *time.Duration { return &s.TimeLimit }),
		derive: func(*Scenario) {}, unhashed: true}, // by the grid
	{Path: "limits", About: "Changes for the worse that a comparison tolerates, by metric.",
		Default: "those of the metrics", Example: "{bytes-per-delivery-in: 5%}",
		field: limits{}, derive: func(*Scenario) {}, unhashed: true},
}

// Key is one key of a scenario file.
type Key struct {
	Path    string // dotted: "publish.rate"
	About   string // what it means, for flags, errors and documents
	Note    string // what scenarios/example.yaml says beyond that
	Default string // as a file would hold it, or in words if Derived; empty if required
	Example string // value in scenarios/example.yaml; empty: Default
	Sweeps  bool   // may hold a list: a run measures each of its values

	field
	derive   func(*Scenario) // sets a default that depends on other keys
	fileOnly bool            // has no flag
	unhashed bool            // has no part in what one trial measures
	newer    bool            // its default is not hashed: results from before the key can be compared
	paced    bool            // says nothing to transports that do not poll at an interval
}

// A field reads, writes and describes one value of a Scenario.
type field interface {
	// parse sets the value and returns nothing, or leaves it and says why.
	parse(d *draft, v value) []problem
	// format renders the value as a flag would hold it, the same text for the same value.
	format(s *Scenario) string

	Allowed() string        // "1 to 1,000,000"
	Schema() map[string]any // a JSON Schema of a single value
	Placeholder() string    // of a flag: "N"
}

// Keys lists all keys of a scenario file, in the order of scenarios/example.yaml.
func Keys() []Key { return slices.Clone(keys) }

// IsTruth reports whether the key is true or false, so that its flag needs no value.
func (k Key) IsTruth() bool {
	_, ok := k.field.(truth)
	return ok
}

// Derived reports whether the default depends on other keys.
func (k Key) Derived() bool { return k.derive != nil }

// Flag is the name of the flag that overrides the key, as "ramp-up"; empty if
// there is none.
func (k Key) Flag() string {
	if k.fileOnly {
		return ""
	}
	return strings.ReplaceAll(k.Path[strings.LastIndex(k.Path, ".")+1:], "_", "-")
}

// find returns the key at path, or nil.
func find(path string) *Key {
	for i := range keys {
		if keys[i].Path == path {
			return &keys[i]
		}
	}
	return nil
}

func paths() []string {
	list := make([]string, len(keys))
	for i, k := range keys {
		list[i] = k.Path
	}
	return list
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
