// Package shard is the language between the controller and a shard, a process
// that runs a part of a trial's clients: a [Plan] and then [Command]s go to
// its standard input, [Event]s come from its standard output, one JSON object
// to a line. When its input ends, a shard ends.
//
// Instants are nanoseconds of the host's monotonic clock, as package clock
// reads it; durations are nanoseconds.
package shard

import (
	"iter"
	"net/netip"
	"time"

	"github.com/pollpush/pollpush/internal/result"
)

// Plan is all that a shard needs to know before it dials.
type Plan struct {
	Transport string   `json:"transport"`
	Servers   []string `json:"servers"` // base URLs; see Server
	// Certificates are the ones, in PEM, that servers of https are trusted by;
	// "" means the system's.
	Certificates string   `json:"certificates,omitempty"`
	Rooms        []string `json:"rooms"`
	Loops        int      `json:"loops,omitempty"` // event loops of each shard; 0 is one
	Shard        int      `json:"shard"`           // which of Shards this is, from 0
	Shards       int      `json:"shards"`
	Clients      int      `json:"clients"` // in all; see Own and Room
	// Loopback says that all servers are in 127.0.0.0/8, so clients may dial from
	// any address of it; see Source.
	Loopback bool `json:"loopback,omitempty"`

	Publishers   int           `json:"publishers"` // clients of each room that publish, in turn; see Publishes
	Rate         float64       `json:"rate"`       // messages per second and room
	Arrivals     string        `json:"arrivals"`   // "poisson" or "constant"
	Payload      int           `json:"payload"`    // bytes of text in each message
	PollInterval time.Duration `json:"poll_interval"`
	PollWait     time.Duration `json:"poll_wait"` // of a long poll
	Seed         uint64        `json:"seed"`
	Nonce        string        `json:"nonce"` // distinguishes this trial's messages from all others

	RampStart int64         `json:"ramp_start"` // seconds are counted from here
	RampUp    time.Duration `json:"ramp_up"`
	WarmUp    time.Duration `json:"warm_up"`
	Steady    time.Duration `json:"steady"`
	Drain     time.Duration `json:"drain"`
}

// Window returns the steady state's bounds for a warm-up begun at start.
func (p Plan) Window(start int64) (from, to int64) {
	from = start + int64(p.WarmUp)
	return from, from + int64(p.Steady)
}

// Own yields the clients that this shard runs, in order. Shards take turns, and
// the turn moves on by one after each common multiple of rooms and shards:
// otherwise all clients of a shard would meet the same few rooms and servers
// where the two numbers have a divisor in common.
func (p Plan) Own() iter.Seq[int] {
	again := len(p.Rooms) / gcd(len(p.Rooms), p.Shards) * p.Shards
	return func(yield func(int) bool) {
		for c := range p.Clients {
			if (c+c/again)%p.Shards == p.Shard && !yield(c) {
				return
			}
		}
	}
}

func gcd(a, b int) int {
	for b > 0 {
		a, b = b, a%b
	}
	return a
}

// Room returns the room of client c.
func (p Plan) Room(c int) int { return c % len(p.Rooms) }

// Server returns the base URL of the server on which a room lives.
func (p Plan) Server(room int) string { return p.Servers[room%len(p.Servers)] }

// Publishes reports whether client c publishes.
func (p Plan) Publishes(c int) bool { return p.Rate > 0 && c/len(p.Rooms) < p.Publishers }

// Clients of a shard that dial from one address before the next address is used,
// and how many addresses of one shard there are.
const (
	perSource = 1000
	sources   = 250
)

// Source returns the address that client c of this shard dials from, or the zero
// Addr for the kernel's choice. One address has about 28,000 ports to a server,
// and from the 14,000th on the kernel searches long for a free one: shards share
// no address, and none is used for many connections. The first is 127.0.0.1, from
// which any client on this machine would dial.
func (p Plan) Source(c int) netip.Addr {
	if !p.Loopback {
		return netip.Addr{}
	}
	nth := c / p.Shards // of the shard's clients
	return netip.AddrFrom4([4]byte{127, byte(p.Shard / 250), byte(p.Shard % 250), byte(1 + nth/perSource%sources)})
}

// ClientsOf returns how many clients a room has over all shards.
func (p Plan) ClientsOf(room int) int {
	n := p.Clients / len(p.Rooms)
	if room < p.Clients%len(p.Rooms) {
		n++
	}
	return n
}

// The commands, in the order of a trial.
const (
	Start  = "start"  // begin the warm-up at At
	Expect = "expect" // the rooms' published messages; the drain may end when all have arrived
	Close  = "close"  // close the connections and report the result
	Stop   = "stop"   // stop wherever you are and report what there is
)

// Command is what the controller sends to a running shard.
type Command struct {
	Do        string  `json:"do"`
	At        int64   `json:"at,omitempty"`
	Published []int64 `json:"published,omitempty"` // Expect: by room, of the steady state
}

// The events, in the order of a trial.
const (
	Connected = "connected" // the ramp-up is over
	Tick      = "tick"      // a second has passed
	Published = "published" // the steady state is over and every own message is answered or given up
	Drained   = "drained"   // all has arrived, or the drain is over
	Done      = "done"      // the last event
)

// Event is what a shard reports; Is says which of the other fields is set.
type Event struct {
	Is        string         `json:"is"`
	Clients   int64          `json:"clients,omitempty"`   // Connected
	Second    *Second        `json:"second,omitempty"`    // Tick
	Published []int64        `json:"published,omitempty"` // Published: by room
	Result    *Result        `json:"result,omitempty"`    // Done
	Totals    *result.Totals `json:"totals,omitempty"`    // Drained: of all phases, requests counted as they are sent
}

// Second counts what happened in second K from the plan's RampStart.
type Second struct {
	K int `json:"k"`
	result.SecondCounts
	// Missing are the messages that clients lack at its end although they have a
	// later one. It enters no result.
	Missing int64 `json:"missing,omitempty"`
}

// Result is a shard's part of a trial; see [result.Trial] for the meanings.
type Result struct {
	Stopped bool  `json:"stopped"` // stopped before the end
	From    int64 `json:"from"`    // the steady state as measured; 0 where it never began
	To      int64 `json:"to"`

	Joined int64 `json:"joined"` // clients that became ready to receive
	result.Counts

	AnswerHeaders map[string]int64                 `json:"answer_headers,omitempty"`
	Errors        map[string]int64                 `json:"errors"`
	Bytes         [len(result.Phases)]result.Bytes `json:"bytes"` // by phase
	TCP           *result.TCP                      `json:"tcp"`
	StaleShares   []float64                        `json:"stale_shares"` // of each client
	Pause         int64                            `json:"pause"`        // longest time in which the shard stood still in the steady state
	Dropped       int64                            `json:"dropped"`      // samples that a histogram could not take
	FirstError    string                           `json:"first_error"`  // one error in full, to be read by people

	// Histograms: HdrHistogram V2, compressed, base64; nanoseconds.
	Latency        string `json:"latency"`
	PublishLatency string `json:"publish_latency"`
	PublishService string `json:"publish_service"`
	PublishLate    string `json:"publish_late"`
	PollResponse   string `json:"poll_response,omitempty"`
	PollService    string `json:"poll_service,omitempty"`
	PollLate       string `json:"poll_late,omitempty"`

	Messages []Message `json:"messages"`

	Totals result.Totals `json:"totals"` // as in Drained, read again just before the connections are closed
}

// Message is one message of the steady state as this shard's clients got it.
type Message struct {
	Room int   `json:"room"`
	Seq  int64 `json:"seq"`
	// Accepted is from due to the server's acceptance in microseconds, 0 where
	// it is not known; it may be negative by what the clocks are apart.
	Accepted int64 `json:"accepted"`
	// Latencies from due to seen in microseconds, ascending, each as the
	// varint of its difference to the one before.
	Latencies []byte `json:"latencies"`
}
