package report

import (
	"slices"
	"strings"
)

// document is the report of a sweep.
func (s *sweep) document() document {
	all := s.together()
	return document{
		title:       s.title(),
		verdict:     s.judge(),
		table:       s.mainTable(),
		footnotes:   s.footnotes(),
		meanings:    s.meanings(),
		charts:      s.charts(),
		sections:    s.sections(),
		trials:      s.trialsTable(),
		reasons:     doubtsByReason(all.all),
		environment: s.environment(all),
		repeat:      s.points[0].repeat(),
	}
}

// together is all points as if they were one, for what they have in common.
func (s *sweep) together() *run {
	all := &run{head: s.points[0].head}
	for _, p := range s.points {
		all.sides = append(all.sides, p.sides...)
		all.all = append(all.all, p.all...)
	}
	return all
}

// title names the run, and what it sweeps.
func (s *sweep) title() string {
	var swept []string
	for _, key := range s.swept {
		x := axisOf(key)
		list := s.values(x)
		swept = append(swept, x.by+" "+x.unit.short(list[0])+" to "+x.unit.short(list[len(list)-1]))
	}
	return or(s.points[0].head.Scenario, "unnamed scenario") + ": " + strings.Join(swept, ", ")
}

// judge puts the losses and what is invalid at any point before all else, then
// where polling and push cost the same or, where that is not to be had, how they
// compare at the first and the last point.
func (s *sweep) judge() verdict {
	v := verdict{headlines: s.headlines(), paragraphs: s.breakEvenParagraphs()}
	if len(v.paragraphs) == 0 {
		v.paragraphs = s.ends()
		if text := s.extremes(); text != "" {
			v.paragraphs = append(v.paragraphs, text)
		}
		if len(s.breakEvenAxes()) > 0 {
			v.notes = append(v.notes, "Where polling begins to be cheaper than push cannot be told: that takes two points at which both are sound and have lost nothing.")
		}
	}
	v.paragraphs = append(v.paragraphs, s.breaking())
	if text := s.suspects(); text != "" {
		v.notes = append(v.notes, text)
	}
	all := s.together()
	least := slices.MinFunc(all.sides, func(a, b side) int { return len(a.used) - len(b.used) })
	most := slices.MaxFunc(all.sides, func(a, b side) int { return len(a.used) - len(b.used) })
	v.notes = append(v.notes, spreads([]*side{&least, &most}, len(s.breakEvenAxes()) == 0)...)
	return v
}

// ends compares the first transport that polls with push, at the first and the
// last point where both are sound.
func (s *sweep) ends() []string {
	polls, pushes := s.pollAndPush()
	if len(polls) == 0 || len(pushes) == 0 {
		return nil
	}
	var list []string
	for _, p := range s.points {
		poll, _ := s.sideAt(p, polls[0])
		push, _ := s.sideAt(p, mainPush(pushes))
		if poll != nil && push != nil && poll.fair() && push.fair() {
			list = append(list, p.circumstances()+", "+compareSides(poll, push))
		}
	}
	if len(list) > 2 {
		list = []string{list[0], list[len(list)-1]}
	}
	return list
}

// sections are the tables of the sweep for readers who ask further.
func (s *sweep) sections() []section {
	var list []section
	for _, part := range []section{s.breakEvenSection(), s.partingsSection(), s.unitCostSection()} {
		if len(part.table.rows) > 0 || len(part.notes) > 0 {
			list = append(list, part)
		}
	}
	return list
}

// environment is that of all points, with the values that were swept.
func (s *sweep) environment(all *run) table {
	t := all.environment()
	differs := map[string]bool{"scenario hash": true, "load": true, "poll interval": slices.Contains(s.swept, "poll.interval")}
	t.rows = slices.DeleteFunc(t.rows, func(row []string) bool { return differs[row[0]] })
	var rows [][]string
	for _, key := range s.swept {
		x := axisOf(key)
		var list []string
		for _, v := range s.values(x) {
			list = append(list, x.unit.short(v))
		}
		rows = append(rows, []string{"swept: " + key, strings.Join(list, ", ")})
	}
	rows = append(rows, []string{"arrivals", or(all.head.Asked.Arrivals, "unknown")})
	t.rows = slices.Insert(t.rows, 1, rows...)
	return t
}
