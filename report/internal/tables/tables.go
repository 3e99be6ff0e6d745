package tables

import (
	"fmt"
	"slices"

	"github.com/pollpush/pollpush/internal/result"
	"github.com/pollpush/pollpush/report/internal/document"
	"github.com/pollpush/pollpush/report/internal/metric"
	"github.com/pollpush/pollpush/report/internal/number"
	"github.com/pollpush/pollpush/report/internal/published"
	"github.com/pollpush/pollpush/report/internal/trials"
)

// Sections are the tables for readers who ask further, as far as they hold
// anything.
func Sections(s *trials.Set) []document.Section {
	list := []document.Section{breakEvenSection(s), modelSection(s)}
	if r := s.Points[0]; len(s.Points) == 1 {
		claims, why := published.Table(r)
		list = append(list, document.Section{Title: "Published figures", About: "What others published, and what this run measured for each figure.", Table: claims, Notes: why})
		for i := range metric.Details {
			d := &metric.Details[i]
			t, shown := knownTable(r, d.Metrics)
			list = append(list, document.Section{Title: d.Title, About: d.About, Table: t, Meanings: meanings(shown)})
		}
	}
	notes, commands := profiles(s.Points[0])
	list = append(list, unitCostSection(s), document.Section{Title: "Profiles", Notes: notes, Commands: commands})
	return slices.DeleteFunc(list, func(part document.Section) bool { return part.Empty() })
}

// meanings are what the rows of metrics count.
func meanings(list []metric.Metric) []document.Meaning {
	var out []document.Meaning
	for _, m := range list {
		if m.Means != "" {
			out = append(out, document.Meaning{Name: m.Name, Text: m.Means})
		}
	}
	return out
}

// profiles tells where the profiles of the server are, and the commands that
// show the difference of the first transport and the first after it that does
// not poll at an interval. There are none where none were taken.
func profiles(r *trials.Point) (notes, commands []string) {
	var base, other *result.Trial
	for i := range r.Sides {
		s := &r.Sides[i]
		t := profiled(s)
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
	notes = []string{"CPU and heap profiles of the server's steady states are in the folder profiles next to this report; run the commands from here. " +
		"Profiling costs the server CPU: compare these trials only with others that were profiled."}
	if other == nil {
		return notes, []string{pprofCommand(base.Profiles.CPU)}
	}
	return notes, []string{
		fmt.Sprintf("# CPU that %s spends and %s does not, and vice versa", other.Transport, base.Transport),
		pprofCommand(base.Profiles.CPU, other.Profiles.CPU),
		"# the same for memory in use",
		pprofCommand(base.Profiles.Heap, other.Profiles.Heap),
	}
}

// profiled is the first used trial that has profiles.
func profiled(s *trials.Side) *result.Trial {
	for i := range s.Used {
		if s.Used[i].Profiles != nil {
			return &s.Used[i]
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
		command += " " + number.Quote(number.Clean(file))
	}
	return command
}
