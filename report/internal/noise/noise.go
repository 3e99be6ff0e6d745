// Package noise keeps how far runs of one commit differ on a machine, in
// noise.json beside a base's results: no limit of a comparison can go below it.
package noise

import (
	"math"
	"slices"
	"time"
)

// mostChange bounds a relative change that is learnt: no limit can be higher.
const mostChange = 10

// mostKept bounds how many comparisons are kept of one machine and scenario:
// the latest.
const mostKept = 50

// Noise is what is known of all machines. A nil one knows nothing.
type Noise struct {
	Schema int     `json:"schema"`
	Alike  []Alike `json:"alike"` // in the order in which they were learnt
}

// Alike is what two runs of one commit differ by at one point.
type Alike struct {
	Machine      string               `json:"machine"`
	ScenarioHash string               `json:"scenario_hash"`
	Commit       string               `json:"commit"`
	Started      [2]time.Time         `json:"started"` // when the runs were
	Transports   map[string]Disparity `json:"transports"`
}

// Disparity is one transport's part in it.
type Disparity struct {
	Trials  [2]int             `json:"trials"`
	Changes map[string]float64 `json:"changes"` // of the medians, relative and absolute, by metric
}

// Take notes the relative change of a transport's metric, between so many trials
// of each run. One from zero says nothing.
func (a *Alike) Take(transport string, trials [2]int, id string, change float64) {
	if math.IsNaN(change) || math.IsInf(change, 0) {
		return
	}
	if _, ok := a.Transports[transport]; !ok {
		a.Transports[transport] = Disparity{trials, map[string]float64{}}
	}
	a.Transports[transport].Changes[id] = min(math.Abs(change), mostChange)
}

// Add keeps the latest comparisons of a machine and point.
func (n *Noise) Add(a Alike) {
	n.Schema = schema
	n.Alike = append(n.Alike, a)
	kept := 0
	for i := len(n.Alike) - 1; i >= 0; i-- {
		if o := &n.Alike[i]; o.Machine == a.Machine && o.ScenarioHash == a.ScenarioHash {
			if kept++; kept > mostKept {
				n.Alike = slices.Delete(n.Alike, i, i+1)
			}
		}
	}
}

// Knows reports whether two runs that started then have been learnt from, in
// either order.
func (n *Noise) Knows(started [2]time.Time) bool {
	return slices.ContainsFunc(n.Alike, func(a Alike) bool {
		return a.Started[0].Equal(started[0]) && a.Started[1].Equal(started[1]) || a.Started[0].Equal(started[1]) && a.Started[1].Equal(started[0])
	})
}

// Floor is how far a metric is known to differ between runs of one commit, as a
// share: the largest difference seen, or from 20 on their 95th percentile. Runs
// of more trials than the one at hand are calmer and say nothing about it. It is
// 0 where nothing is known.
func (n *Noise) Floor(machine, hash, transport, id string, trials int) float64 {
	if n == nil {
		return 0
	}
	var seen []float64
	for i := range n.Alike {
		a := &n.Alike[i]
		d := a.Transports[transport]
		change, known := d.Changes[id]
		if known && a.Machine == machine && a.ScenarioHash == hash && min(d.Trials[0], d.Trials[1]) <= trials {
			seen = append(seen, change)
		}
	}
	if len(seen) == 0 {
		return 0
	}
	slices.Sort(seen)
	if len(seen) < 20 {
		return seen[len(seen)-1]
	}
	return seen[int(math.Ceil(0.95*float64(len(seen))))-1]
}
