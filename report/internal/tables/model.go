package tables

import (
	"fmt"
	"math"
	"slices"

	"github.com/pollpush/pollpush/report/internal/document"
	"github.com/pollpush/pollpush/report/internal/model"
	"github.com/pollpush/pollpush/report/internal/number"
	"github.com/pollpush/pollpush/report/internal/trials"
)

const modelText = "What arithmetic predicts for N clients in rooms of λ messages a second, beside what was measured. Clients poll every T seconds, or wait at most W, with heartbeats every H; a round trip r is taken to be as long as posting a message took. ⚠ marks differences above 10 %."

var modelHead = document.Texts("transport", "number", "model", "modelled", "measured", "difference")

// modelSection holds what was measured against what arithmetic says.
func modelSection(r *trials.Point) document.Section {
	return document.Section{Title: "Model and measurement", About: modelText, Table: modelTable(r), Notes: agreement(r)}
}

// modelRow is one number beside its model.
func modelRow(m *model.Row, name document.Cell) []document.Cell {
	change := document.Number(number.ChangeText(m.Difference()), m.Difference())
	if m.Parts() {
		change.Stamp, change.Warning = "⚠", true
	}
	return []document.Cell{name, document.Text(m.Name), document.Text(m.Formula),
		document.Number(m.Unit.Format(m.Modelled), m.Modelled), document.Number(m.Unit.Format(m.Measured), m.Measured), change}
}

func modelTable(r *trials.Point) document.Table {
	t := document.Table{Head: modelHead}
	for _, m := range model.PointModelled(r) {
		t.Rows = append(t.Rows, modelRow(&m, sideCell(r.Side(m.Transport))))
	}
	return t
}

// partings says in words where model and measurement part by more than 10 %.
func partings(r *trials.Point) []string {
	var out []string
	for i := range r.Sides {
		s := &r.Sides[i]
		for _, m := range model.PointModelled(r) {
			if m.Transport != s.Transport || !m.Parts() {
				continue
			}
			text := fmt.Sprintf("%s, %s: measured %s, modelled %s (%s)",
				m.Transport, m.Name, m.Unit.Format(m.Measured), m.Unit.Format(m.Modelled), number.ChangeText(m.Difference()))
			if n := s.Used[0].Offered; m.Name == "messages offered per second" && s.Used[0].Asked.Arrivals != "constant" && n > 0 {
				text += fmt.Sprintf("; a random schedule of %s messages varies by about ±%s %%, and so does what depends on it",
					number.Thousands(fmt.Sprint(n)), number.Plain(100/math.Sqrt(float64(n))))
			}
			out = append(out, text+".")
		}
	}
	return out
}

// agreement is partings, or that there are none.
func agreement(r *trials.Point) []string {
	if parts := partings(r); len(parts) > 0 {
		return parts
	}
	if len(model.PointModelled(r)) == 0 {
		return []string{"No trial completed, so there is nothing to compare with the model."}
	}
	return []string{"Model and measurement agree within 10 % everywhere."}
}

// partingsSection is where model and measurement part, at any point.
func partingsSection(s *trials.Set) document.Section {
	part := document.Section{Title: "Model and measurement", About: modelText}
	part.Table = document.Table{Head: slices.Insert(slices.Clone(modelHead), 0, document.Text("at")), Names: 2}
	modelled := false
	for _, p := range s.Points {
		for _, m := range model.PointModelled(p) {
			modelled = true
			if m.Parts() {
				row := modelRow(&m, sideCell(p.Side(m.Transport)))
				part.Table.Rows = append(part.Table.Rows, slices.Insert(row, 0, document.Text(p.Label)))
			}
		}
	}
	switch {
	case !modelled:
		part.Notes = []string{"No trial completed, so there is nothing to compare with the model."}
	case len(part.Table.Rows) == 0:
		part.Notes = []string{"Model and measurement agree within 10 % everywhere."}
	default:
		part.Notes = []string{"Only differences above 10 % are shown."}
	}
	return part
}
