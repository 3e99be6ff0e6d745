package control

import (
	"math/rand/v2"
	"slices"

	"github.com/pollpush/pollpush/internal/scenario"
)

// slot is one trial that is to be run.
type slot struct {
	arm       int
	point     int // of the grid
	transport string
	trial     int // from 1
}

// schedule orders all trials of a grid. The trials of one number are run before
// those of the next; within them the transports of a single point take turns at
// being first, and several points are shuffled, always in the same way for the
// same seed, so that no load is measured early or late as a whole. The arms of a
// trial follow one another, and for every transport at every point they take turns
// at being first from one trial to the next.
func schedule(g scenario.Grid, arms int) []slot {
	var slots []slot
	for n := 1; n <= g.Points[0].Trials; n++ {
		var round []slot
		second := map[slot]bool{} // whose second arm goes first
		for i, p := range g.Points {
			for k := range p.Transports {
				which := (k + n - 1) % len(p.Transports)
				s := slot{point: i, trial: n, transport: p.Transports[which]}
				second[s] = (i+which+n)%2 == 0
				round = append(round, s)
			}
		}
		if len(g.Points) > 1 {
			r := rand.New(rand.NewPCG(g.Points[0].Seed, uint64(n)))
			r.Shuffle(len(round), func(i, j int) { round[i], round[j] = round[j], round[i] })
		}
		for _, s := range round {
			turn := make([]slot, arms)
			for arm := range turn {
				turn[arm] = s
				turn[arm].arm = arm
			}
			if second[s] {
				slices.Reverse(turn)
			}
			slots = append(slots, turn...)
		}
	}
	return slots
}
