package tables

import (
	"github.com/pollpush/pollpush/report/internal/document"
	"github.com/pollpush/pollpush/report/internal/metric"
	"github.com/pollpush/pollpush/report/internal/published"
	"github.com/pollpush/pollpush/report/internal/trials"
)

// Meanings are what the rows of metrics count.
func Meanings(list []metric.Metric) []document.Meaning {
	var out []document.Meaning
	for _, m := range list {
		if m.Means != "" {
			out = append(out, document.Meaning{Name: m.Name, Text: m.Means})
		}
	}
	return out
}

// PointSections are those that the run has something to say in.
func PointSections(r *trials.Point) []document.Section {
	var list []document.Section
	add := func(s document.Section) {
		if !s.Empty() {
			list = append(list, s)
		}
	}
	add(modelSection(r))
	claims, why := published.Table(r)
	add(document.Section{Title: "Published figures", About: "What others published, and what this run measured for each figure.", Table: claims, Notes: why})
	for i := range metric.Details {
		d := &metric.Details[i]
		t, shown := knownTable(r, d.Metrics)
		add(document.Section{Title: d.Title, About: d.About, Table: t, Meanings: Meanings(shown)})
	}
	if t := unitCosts(r); len(t.Rows) > 0 {
		add(document.Section{Title: "Unit costs", About: "What each activity of the server costs, fitted to the seconds of the steady states.",
			Table: t, Notes: unitCostNotes(r)})
	}
	profiles, commands := profiles(r)
	add(document.Section{Title: "Profiles", Notes: profiles, Commands: commands})
	return list
}

// SetSections are the tables of the sweep for readers who ask further.
func SetSections(s *trials.Set) []document.Section {
	var list []document.Section
	for _, part := range []document.Section{breakEvenSection(s), partingsSection(s), unitCostSection(s)} {
		if !part.Empty() {
			list = append(list, part)
		}
	}
	return list
}

// Nearness is how far each transport's trials were from breaking.
func Nearness(r *trials.Point) document.Section {
	t, shown := knownTable(r, metric.NearLimits)
	return document.Section{
		About: "This run has one load: it shows how near that load came to breaking anything. A run over several numbers of clients shows what breaks first.",
		Table: t, Meanings: Meanings(shown),
	}
}
