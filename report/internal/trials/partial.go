package trials

import (
	"fmt"
	"slices"
	"strings"

	"github.com/pollpush/pollpush/internal/result"
	"github.com/pollpush/pollpush/report/internal/number"
)

// AttemptsOf are all attempts of a transport, in order.
func (r *Point) AttemptsOf(transport string) []result.Trial {
	return slices.DeleteFunc(slices.Clone(r.All), func(t result.Trial) bool { return t.Transport != transport })
}

// Transports are those that were measured, and those that were to be.
func (r *Point) Transports() []string {
	var out []string
	for i := range r.Sides {
		out = append(out, r.Sides[i].Transport)
	}
	for i := range r.All {
		for _, name := range r.All[i].Asked.Transports {
			if name = number.Clean(name); !slices.Contains(out, name) {
				out = append(out, name)
			}
		}
	}
	return out
}

// TrialsAsked is how many trials of each transport were to be measured.
func (r *Point) TrialsAsked() int {
	asked := 1
	for i := range r.All {
		asked = max(asked, r.All[i].Asked.Trials)
	}
	return asked
}

// IsPartial is what to know of a run that lacks trials, and to do about it.
const IsPartial = "the run is partial; continue it with `pollpush run --resume DIR`, or run it again"

func TrialsMissing(measured, asked int) string {
	return fmt.Sprintf("has %d of %s", measured, number.Plural(float64(asked), "trial"))
}

// PointsMissing says at which points, by their hashes, there is no trial though
// there was to be one; it is empty where there are all.
func (s *Set) PointsMissing() string {
	var have, missing []string
	for _, p := range s.Points {
		have = append(have, p.Head.ScenarioHash)
	}
	for _, p := range s.Points {
		for _, t := range p.All {
			for _, hash := range t.Asked.Points {
				if hash = number.Clean(hash); !slices.Contains(have, hash) && !slices.Contains(missing, hash) {
					missing = append(missing, hash)
				}
			}
		}
	}
	if len(missing) == 0 {
		return ""
	}
	return fmt.Sprintf("has no trial at %s of its plan (hash %s)", number.Plural(float64(len(missing)), "point"), strings.Join(missing, ", "))
}

// Partial says which trials were to be measured and have not ended; it is empty
// where all have, whatever became of them.
func (s *Set) Partial() string {
	const most = 6 // of those that are named
	var lacks []string
	for _, p := range s.Points {
		for _, transport := range p.Transports() {
			ended := map[int]bool{}
			for _, t := range p.AttemptsOf(transport) {
				if t.Status != result.Partial {
					ended[t.Trial] = true
				}
			}
			if asked := p.TrialsAsked(); len(ended) < asked {
				lacks = append(lacks, At(transport, p.Label)+" "+TrialsMissing(len(ended), asked))
			}
		}
	}
	if more := len(lacks) - most; more > 1 {
		lacks = append(lacks[:most], fmt.Sprintf("and %d more", more))
	}
	if missing := s.PointsMissing(); missing != "" {
		lacks = append(lacks, "it "+missing)
	}
	if len(lacks) == 0 {
		return ""
	}
	return strings.Join(lacks, ", ") + ": " + IsPartial
}
