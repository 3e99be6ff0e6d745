package report

import (
	"fmt"
	"path"

	"github.com/pollpush/pollpush/internal/result"
)

// profileNotes tell where the profiles of the server are, and how to look at
// the difference of the first transport and the first after it that does not
// poll at an interval. There are none where none were taken.
func (r *run) profileNotes() []string {
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
		return nil
	}
	folder := path.Join("results", or(r.head.Run, "RUN"))
	notes := []string{"CPU and heap profiles of the server's steady states are in " + path.Join(folder, "profiles") +
		". Profiling has cost the server CPU itself: hold these trials against others that were profiled."}
	if other == nil {
		return append(notes, "To look at one: "+pprofCommand(folder, base.Profiles.CPU))
	}
	return append(notes,
		fmt.Sprintf("What %s spends CPU on and %s does not, and the other way round: %s", other.Transport, base.Transport, pprofCommand(folder, base.Profiles.CPU, other.Profiles.CPU)),
		"The same of what is held in memory: "+pprofCommand(folder, base.Profiles.Heap, other.Profiles.Heap))
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
func pprofCommand(folder string, profiles ...string) string {
	command := "go tool pprof -http=:"
	for i, file := range profiles {
		if i+1 < len(profiles) {
			command += " -diff_base"
		}
		command += " " + quote(clean(path.Join(folder, file)))
	}
	return command
}
