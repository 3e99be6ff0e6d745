package report

import (
	"fmt"

	"github.com/pollpush/pollpush/internal/result"
)

// profiles tells where the profiles of the server are, and the commands that
// show the difference of the first transport and the first after it that does
// not poll at an interval. There are none where none were taken.
func (r *run) profiles() (notes, commands []string) {
	var base, other *result.Trial
	for i := range r.sides {
		s := &r.sides[i]
		t := s.profiled()
		switch {
		case t == nil:
		case base == nil:
			base = t
		case other == nil, other.Asked.Paced && !t.Asked.Paced:
			other = t
		}
	}
	if base == nil {
		return nil, nil
	}
	notes = []string{"CPU and heap profiles of the server's steady states are in the folder profiles beside this report, " +
		"from where the commands are to be run. Profiling has cost the server CPU itself: hold these trials against others that were profiled."}
	if other == nil {
		return notes, []string{pprofCommand(base.Profiles.CPU)}
	}
	return notes, []string{
		fmt.Sprintf("# what %s spends CPU on and %s does not, and the other way round", other.Transport, base.Transport),
		pprofCommand(base.Profiles.CPU, other.Profiles.CPU),
		"# the same of what is held in memory",
		pprofCommand(base.Profiles.Heap, other.Profiles.Heap),
	}
}

// profiled is the first used trial that has profiles.
func (s *side) profiled() *result.Trial {
	for i := range s.used {
		if s.used[i].Profiles != nil {
			return &s.used[i]
		}
	}
	return nil
}

// pprofCommand shows the last of the profiles, less those before it.
func pprofCommand(profiles ...string) string {
	command := "go tool pprof -http=:"
	for i, file := range profiles {
		if i+1 < len(profiles) {
			command += " -diff_base"
		}
		command += " " + quote(clean(file))
	}
	return command
}
