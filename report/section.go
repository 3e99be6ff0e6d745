package report

import "slices"

// section is a part of the report for readers who ask further: sentences,
// tables, and what their rows count.
type section struct {
	title    string
	about    string
	table    table
	numbers  bool // each column is one transport's
	notes    []string
	commands []string // of a shell, in the run's folder
	meanings []meaning
}

// meaning says what a row counts.
type meaning struct{ Name, Text string }

func meanings(list []metric) []meaning {
	var out []meaning
	for _, m := range list {
		if m.assumes != "" {
			out = append(out, meaning{m.name, m.assumes})
		}
	}
	return out
}

// shown are the metrics that a table has a row for.
func shown(list []metric, t table) []metric {
	return slices.DeleteFunc(slices.Clone(list), func(m metric) bool {
		return !slices.ContainsFunc(t.rows, func(row []string) bool { return row[0] == m.name })
	})
}

// modelSection holds what was measured against what arithmetic says.
func (r *run) modelSection() section {
	return section{title: "Model and measurement", about: modelText, table: r.modelTable(), notes: r.agreement()}
}

// sections are those that the run has something to say in.
func (r *run) sections() []section {
	var list []section
	add := func(s section) {
		if len(s.table.rows) > 0 || len(s.notes) > 0 {
			list = append(list, s)
		}
	}
	published, why := r.published()
	add(section{title: "What was published", about: "Figures that others have published, and what this run has measured of the same.", table: published, notes: why})
	for i := range details {
		d := &details[i]
		t := r.knownTable(d.metrics)
		if len(t.rows) == 0 {
			continue
		}
		add(section{title: d.title, about: d.about, table: t, numbers: true, meanings: meanings(shown(d.metrics, t))})
	}
	if t := r.unitCosts(); len(t.rows) > 0 {
		add(section{title: "Unit costs", about: "What each thing that the server does costs it, told apart by the seconds of the steady states.",
			table: t, numbers: true, notes: r.unitCostNotes()})
	}
	profiles, commands := r.profiles()
	add(section{title: "Profiles", notes: profiles, commands: commands})
	return list
}
