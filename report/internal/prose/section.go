package prose

import (
	"github.com/pollpush/pollpush/report/internal/document"
	"github.com/pollpush/pollpush/report/internal/metric"
	"github.com/pollpush/pollpush/report/internal/model"
	"github.com/pollpush/pollpush/report/internal/trials"
)

func meanings(list []metric.Metric) []document.Meaning {
	var out []document.Meaning
	for _, m := range list {
		if m.Assumes != "" {
			out = append(out, document.Meaning{Name: m.Name, Text: m.Assumes})
		}
	}
	return out
}

// modelSection holds what was measured against what arithmetic says.
func modelSection(r *trials.Point) document.Section {
	return document.Section{Title: "Model and measurement", About: model.ModelText, Table: modelTable(r), Notes: model.Agreement(r)}
}

// pointSections are those that the run has something to say in.
func pointSections(r *trials.Point) []document.Section {
	var list []document.Section
	add := func(s document.Section) {
		if !s.Empty() {
			list = append(list, s)
		}
	}
	add(modelSection(r))
	published, why := published(r)
	add(document.Section{Title: "What was published", About: "Figures that others have published, and what this run has measured of the same.", Table: published, Notes: why})
	for i := range metric.Details {
		d := &metric.Details[i]
		t, shown := knownTable(r, d.Metrics)
		add(document.Section{Title: d.Title, About: d.About, Table: t, Meanings: meanings(shown)})
	}
	if t := unitCosts(r); len(t.Rows) > 0 {
		add(document.Section{Title: "Unit costs", About: "What each thing that the server does costs it, told apart by the seconds of the steady states.",
			Table: t, Notes: unitCostNotes(r)})
	}
	profiles, commands := profiles(r)
	add(document.Section{Title: "Profiles", Notes: profiles, Commands: commands})
	return list
}
