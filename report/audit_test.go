package report

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"strings"
	"time"
)

// known reports whether any formula gives the number. Without a unit it is a
// count or a rate, whose unit is in the words around it.
func (a *audit) known(t token) bool {
	units := []string{t.unit}
	if t.unit == "" {
		units = []string{"1", "/min", "/s"}
	}
	return slices.ContainsFunc(units, func(u string) bool { return slices.ContainsFunc(a.pools[u], t.prints) })
}

// check returns what is wrong with a readPage's numbers.
func (a *audit) check(doc readPage) []string {
	a.faults = nil
	for _, t := range doc.tables {
		a.table(t)
	}
	for _, s := range doc.prose {
		a.sentence(s)
	}
	for _, c := range doc.charts {
		a.chart(c)
	}
	for _, h := range doc.hits {
		a.hit(h)
	}
	return a.faults
}

// sentence checks a text whose numbers may be of any formula.
func (a *audit) sentence(s string) {
	left := ranged.ReplaceAllString(a.without(s), "$1 $2 $3 $2 $4 $2")
	for _, m := range ratioSaid.FindAllStringSubmatch(left, -1) {
		if t := newToken(m[2], ""); !slices.ContainsFunc(a.ratios[weighed[m[1]]], t.prints) {
			a.fault("the ratio %q in %q is of no two transports", m[0], s)
		}
	}
	for _, t := range tokens(ratioSaid.ReplaceAllString(left, " ")) {
		if !a.known(t) && !a.byCount(t, left) {
			a.fault("%q in %q is no number of the trials", t.text, s)
		}
	}
}

var (
	// ratioSaid is a factor in a verdict or on a tile, of what is weighed there by a
	// formula.
	ratioSaid = regexp.MustCompile(`(delivery latency|requests|bandwidth|server CPU|server memory) [÷×] ([\d.,]*\d)`)
	weighed   = map[string]string{"delivery latency": "delivery latency, p50", "requests": "requests per client", "bandwidth": "bandwidth per client",
		"server CPU": "server CPU per client and second", "server memory": "server memory per client"}
	// ranged is a median, its unit, and the range in the same unit.
	ranged = regexp.MustCompile(`([\d.,]+) ?([^\d\s(]+) \(([\d.,]+)–([\d.,]+)\)`)
)

// byCount reports whether the number follows from how many trials or messages
// there were: the chance of separate ranges, and how far a random schedule strays.
func (a *audit) byCount(t token, s string) bool {
	switch {
	case strings.Contains(s, "chance alone"):
		return t.prints(10) || t.prints(3) // 2·3!·3!/6! is 1 of 10; of two trials each it is 1 of 3
	case strings.Contains(s, "random schedule"):
		return slices.ContainsFunc(a.all, func(line map[string]any) bool {
			offered := line["offered"].(float64)
			return t.prints(offered) || t.prints(1/math.Sqrt(offered))
		})
	}
	return false
}

// without takes out of a text what is no number: strings of the lines, dates,
// names of formulas, and constants.
func (a *audit) without(s string) string {
	for _, raw := range a.strings {
		if at, err := time.Parse(time.RFC3339, raw); err == nil {
			s = strings.ReplaceAll(s, at.UTC().Format("2006-01-02 15:04:05 UTC"), " ")
		}
	}
	for _, raw := range a.strings {
		s = strings.ReplaceAll(s, raw, " ")
	}
	for name := range a.formulas {
		if strings.ContainsAny(name, "0123456789") {
			s = strings.ReplaceAll(s, name, " ")
		}
	}
	for _, c := range constants {
		s = c.pattern.ReplaceAllString(s, " ")
	}
	return s
}

func (a *audit) table(t readTable) {
	switch {
	case t.head && t.rows[0][0] == "metric":
		for _, row := range t.rows[1:] {
			a.metricRow(t.rows[0], row)
		}
	case t.title == "Unit costs":
		for _, row := range t.rows[1:] {
			for i, name := range t.rows[0][1:] {
				a.metricRow([]string{"", row[0]}, []string{name, row[i+1]})
			}
		}
	case t.title == "Model and measurement":
		for _, row := range t.rows[1:] {
			a.modelRow(row)
		}
	case t.title == "All trials":
		for _, row := range t.rows[1:] {
			a.trialRow(row)
		}
	default:
		for _, row := range t.rows {
			for _, cell := range row[1:] {
				a.sentence(cell)
			}
		}
	}
}

func transportOf(name string) string {
	name, _, _ = strings.Cut(name, " ⚠")
	return name
}

// metricRow checks a row of which each cell is of one formula and transport.
func (a *audit) metricRow(head, row []string) {
	f, ok := a.formulas[row[0]]
	for i, cell := range row[1:] {
		transport := transportOf(head[i+1])
		where := fmt.Sprintf("%s of %s is %q", row[0], transport, cell)
		switch {
		case row[0] == "trials shown":
			a.one(where, cell, "", float64(len(a.used[transport])))
		case row[0] == "seconds fitted":
			a.one(where, cell, "", float64(a.fit(transport).seconds))
		case !ok:
			a.fault("%s, and docs/formulas.md has no formula for it", where)
		case f.over == "fit":
			a.fitted(where, cell, f, transport)
		default:
			a.cell(where, cell, f, a.values(f, transport))
		}
	}
}

// one checks a text that is a single number.
func (a *audit) one(where, text, unit string, v float64) {
	list := tokens(text)
	if len(list) != 1 || list[0].unit != unit || !list[0].prints(v) {
		a.fault("%s, want %v", where, v)
	}
}

// cell checks a median and the range around it, which is in the median's unit.
func (a *audit) cell(where, text string, f documentedFormula, v []float64) {
	if len(v) == 0 {
		if text != "–" {
			a.fault("%s, but it is unknown", where)
		}
		return
	}
	around, between, ranged := strings.Cut(text, " (")
	want := []float64{middleOf(f, v)}
	list := tokens(around)
	if ranged {
		low, high, _ := strings.Cut(strings.TrimSuffix(between, ")"), "–")
		_, unit, _ := strings.Cut(around, " ")
		if i := strings.Index(around, "/"); unit == "" && i > 0 {
			unit = around[i:]
		}
		list = append(list, tokens(low+" "+unit)...)
		list = append(list, tokens(high+" "+unit)...)
		want = append(want, slices.Min(v), slices.Max(v))
	}
	if len(list) != len(want) {
		a.fault("%s, want %v of %s", where, want, f.unit)
		return
	}
	for i, t := range list {
		if t.unit != strings.TrimPrefix(f.unit, "1") || !t.prints(want[i]) {
			a.fault("%s, want %v of %s", where, want, f.unit)
			return
		}
	}
}

// modelRow checks what is modelled, measured, and the difference.
func (a *audit) modelRow(row []string) {
	transport, name := transportOf(row[0]), row[1]
	measured, model := a.formulas[name], a.formulas["model: "+name]
	for _, of := range []string{" of polling", " of batches", ", with heartbeats"} {
		asked := a.used[transport][0]["asked"].(map[string]any)
		fits := map[string]bool{" of polling": asked["paced"] == true, " of batches": asked["batch_s"] != nil, ", with heartbeats": asked["heartbeat_s"] != nil}[of]
		if other, ok := a.formulas["model: "+name+of]; ok && fits {
			model = other
		}
	}
	if name == "requests per client" {
		measured = a.formulas["requests per client but for posts"]
	}
	if measured.of == nil || model.of == nil {
		a.fault("docs/formulas.md has no formula for the model of %q", name)
		return
	}
	m, v := a.values(model, transport), a.values(measured, transport)
	where := fmt.Sprintf("model and measurement of %s of %s are %q", name, transport, row[3:])
	a.cell(where, row[3], model, m)
	a.cell(where, row[4], measured, v)
	difference := middleOf(measured, v)/middleOf(model, m) - 1
	if middleOf(model, m) == middleOf(measured, v) {
		difference = 0
	}
	text, stamped := strings.CutSuffix(row[5], " ⚠")
	if stamped != (math.Abs(difference) > 0.1) {
		a.fault("%s: ⚠ is to stand where they part by more than a tenth, here by %v", where, difference)
	}
	switch small := strings.TrimLeft(text, "+−"); {
	case small == "<0.1 %":
		if math.Abs(difference) >= 0.0005 || difference == 0 {
			a.fault("%s, want a difference of %v", where, difference)
		}
	case math.IsInf(difference, 1):
		if text != "from zero" {
			a.fault("%s, want a difference from zero", where)
		}
	default:
		a.one(where, text, "%", difference)
	}
	a.pools["%"] = append(a.pools["%"], difference) // what the sentences below say of it
}

// trialRow checks a trial's own line.
func (a *audit) trialRow(row []string) {
	i := slices.IndexFunc(a.all, func(line map[string]any) bool {
		return line["transport"] == row[0] && fmt.Sprint(line["trial"]) == row[1] && fmt.Sprint(line["attempt"]) == row[2]
	})
	if i < 0 {
		a.fault("there is no trial %q", row)
		return
	}
	for _, t := range tokens(a.without(row[6])) {
		if !t.prints(a.all[i]["lost"].(float64)) {
			a.fault("%q of trial %q is not in its line", t.text, row)
		}
	}
}
