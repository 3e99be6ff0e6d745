package prose

import (
	"slices"

	"github.com/pollpush/pollpush/report/internal/document"
	"github.com/pollpush/pollpush/report/internal/metric"
	"github.com/pollpush/pollpush/report/internal/model"
	"github.com/pollpush/pollpush/report/internal/trials"
)

func meanings(list []metric.Metric) []document.Meaning {
	var out []document.Meaning
	for _, m := range list {
		if m.Means != "" {
			out = append(out, document.Meaning{Name: m.Name, Text: m.Means})
		}
	}
	return out
}

// shown are the metrics that a table has a row for.
func shown(list []metric.Metric, t document.Table) []metric.Metric {
	return slices.DeleteFunc(slices.Clone(list), func(m metric.Metric) bool {
		return !slices.ContainsFunc(t.Rows, func(row []string) bool { return row[0] == m.Name })
	})
}

// modelSection holds what was measured against what arithmetic says.
func modelSection(r *trials.Point) document.Section {
	return document.Section{Title: "Model and measurement", About: model.ModelText, Table: modelTable(r), Notes: model.Agreement(r)}
}

// pointSections are those that the run has something to say in.
func pointSections(r *trials.Point) []document.Section {
	var list []document.Section
	add := func(s document.Section) {
		if len(s.Table.Rows) > 0 || len(s.Notes) > 0 {
			list = append(list, s)
		}
	}
	published, why := published(r)
	add(document.Section{Title: "What was published", About: "Figures that others have published, and what this run has measured of the same.", Table: published, Notes: why})
	for i := range metric.Details {
		d := &metric.Details[i]
		t := knownTable(r, d.Metrics)
		if len(t.Rows) == 0 {
			continue
		}
		add(document.Section{Title: d.Title, About: d.About, Table: t, Numbers: true, Meanings: meanings(shown(d.Metrics, t))})
	}
	if t := unitCosts(r); len(t.Rows) > 0 {
		add(document.Section{Title: "Unit costs", About: "What each thing that the server does costs it, told apart by the seconds of the steady states.",
			Table: t, Numbers: true, Notes: unitCostNotes(r)})
	}
	profiles, commands := profiles(r)
	add(document.Section{Title: "Profiles", Notes: profiles, Commands: commands})
	return list
}
