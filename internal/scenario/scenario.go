// Package scenario says what to run: it reads, checks and renders scenario
// files. Every key and its meaning stands in scenarios/example.yaml.
package scenario

import "time"

// Grid is one scenario file, checked. It holds a point for each combination of
// the values of the keys that hold lists, and one point where none does.
type Grid struct {
	Name   string
	About  string
	Swept  []string   // keys that hold several values, dotted, in the order of [Keys]
	Points []Scenario // the first of these keys changes slowest
}

// Scenario is what one point of a file's grid asks for: every field holds a
// usable value.
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
