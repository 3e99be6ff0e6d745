package report

import (
	"fmt"
	"slices"
	"strings"

	"github.com/pollpush/pollpush/internal/result"
)

// attemptsOf are all attempts of a transport, in order.
func (r *run) attemptsOf(transport string) []result.Trial {
	return slices.DeleteFunc(slices.Clone(r.all), func(t result.Trial) bool { return t.Transport != transport })
}

// transports are those that were measured, and those that were to be.
func (r *run) transports() []string {
	var out []string
	for i := range r.sides {
		out = append(out, r.sides[i].transport)
	}
	for i := range r.all {
		for _, name := range r.all[i].Asked.Transports {
			if name = clean(name); !slices.Contains(out, name) {
				out = append(out, name)
			}
		}
	}
	return out
}

// trialsAsked is how many trials of each transport were to be measured.
func (r *run) trialsAsked() int {
	asked := 1
	for i := range r.all {
		asked = max(asked, r.all[i].Asked.Trials)
	}
	return asked
}

// isPartial is what to know of a run that lacks trials, and to do about it.
const isPartial = "the run is partial; go on with it by `pollpush run --resume DIR`, or run it again"

func trialsMissing(measured, asked int) string {
	return fmt.Sprintf("has %d of %s", measured, plural(float64(asked), "trial"))
}

// pointsMissing says at which points, by their hashes, there is no trial though
// there was to be one; it is empty where there are all.
func (s *sweep) pointsMissing() string {
	var have, missing []string
	for _, p := range s.points {
		have = append(have, p.head.ScenarioHash)
	}
	for _, p := range s.points {
		for _, t := range p.all {
			for _, hash := range t.Asked.Points {
				if hash = clean(hash); !slices.Contains(have, hash) && !slices.Contains(missing, hash) {
					missing = append(missing, hash)
				}
			}
		}
	}
	if len(missing) == 0 {
		return ""
	}
	return fmt.Sprintf("has no trial at %s that it was to measure (hash %s)", plural(float64(len(missing)), "point"), strings.Join(missing, ", "))
}

// partial says which trials were to be measured and have not ended; it is empty
// where all have, whatever became of them.
func (s *sweep) partial() string {
	const most = 6 // of those that are named
	var lacks []string
	for _, p := range s.points {
		for _, transport := range p.transports() {
			ended := map[int]bool{}
			for _, t := range p.attemptsOf(transport) {
				if t.Status != result.Partial {
					ended[t.Trial] = true
				}
			}
			if asked := p.trialsAsked(); len(ended) < asked {
				lacks = append(lacks, at(transport, p.label)+" "+trialsMissing(len(ended), asked))
			}
		}
	}
	if more := len(lacks) - most; more > 1 {
		lacks = append(lacks[:most], fmt.Sprintf("and so %d others", more))
	}
	if missing := s.pointsMissing(); missing != "" {
		lacks = append(lacks, "it "+missing)
	}
	if len(lacks) == 0 {
		return ""
	}
	return strings.Join(lacks, ", ") + ": " + isPartial
}
