package loadgen

import (
	"math"
	"math/rand/v2"
	"time"
)

// Arrivals of messages at a room.
const (
	Poisson  = "poisson"  // independent people: gaps are exponential
	Constant = "constant" // one after the other, evenly
)

// Schedule says when each message of a room is due. It is pure: the same
// schedule gives the same dues in every process, whatever happens meanwhile.
type Schedule struct {
	Rate     float64 // messages per second; 0 is none ever
	Arrivals string
	Seed     uint64
	Room     int
}

// Dues returns the schedule's walk from the start. Each call of the walk gives
// the next message's due time after the start; without messages it is as far
// off as a Duration can say.
func (s Schedule) Dues() func() time.Duration {
	if s.Rate <= 0 {
		return func() time.Duration { return math.MaxInt64 }
	}
	gap := float64(time.Second) / s.Rate
	if s.Arrivals == Constant {
		// Half a gap in, so that no message falls on the edge of a phase; other
		// rooms at other parts of the gap (multiples of the golden ratio never
		// come close), so that they do not all speak at once.
		_, n := math.Modf(0.5 + float64(s.Room)/math.Phi)
		n--
		return func() time.Duration {
			n++
			return time.Duration(n * gap)
		}
	}
	random := rand.New(rand.NewPCG(s.Seed, uint64(s.Room)))
	at := 0.0
	return func() time.Duration {
		at += random.ExpFloat64() * gap
		return time.Duration(at)
	}
}

// Count returns how many messages are due before from and before to.
func (s Schedule) Count(from, to time.Duration) (before, upTo int64) {
	for due := s.Dues(); ; upTo++ {
		at := due()
		if at >= to {
			return before, upTo
		}
		if at < from {
			before++
		}
	}
}

// Phase returns how far into each interval a client polls, so that clients do
// not march in step: uniform, and the same for the same seed and client.
func Phase(seed uint64, client int, interval time.Duration) time.Duration {
	random := rand.New(rand.NewPCG(seed, ^uint64(client)))
	return time.Duration(random.Int64N(int64(interval)))
}
