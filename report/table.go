package report

import (
	"fmt"
	"slices"
	"strings"

	"github.com/pollpush/pollpush/internal/result"
)

// table is rows of text, before any format: unescaped, without widths.
type table struct {
	head []string
	rows [][]string
}

// names is how many columns name a row: those up to the transport, or one.
func (t *table) names() int { return max(slices.Index(t.head, "transport")+1, 1) }

// across says whether each column is one transport's.
func (t *table) across() bool { return len(t.head) > 0 && !slices.Contains(t.head, "transport") }

// brief is the table without the ranges beside its numbers.
func (t *table) brief() table {
	short := table{head: t.head}
	for _, row := range t.rows {
		row = slices.Clone(row)
		for i := t.names(); i < len(row); i++ {
			row[i], _, _ = strings.Cut(row[i], " (")
		}
		short.rows = append(short.rows, row)
	}
	return short
}

// mainTable is the table of the metrics that every reader wants.
func (r *run) mainTable() table {
	t := r.metricsTable(metrics)
	row := []string{"trials used"}
	for i := range r.sides {
		row = append(row, fmt.Sprint(len(r.sides[i].used)))
	}
	t.rows = slices.Insert(t.rows, 0, row)
	return t
}

// knownTable is metrics by transport, without the rows of which no trial holds
// any number.
func (r *run) knownTable(list []metric) table {
	t := r.metricsTable(list)
	t.rows = slices.DeleteFunc(t.rows, func(row []string) bool {
		return !slices.ContainsFunc(row[1:], func(s string) bool { return s != "–" })
	})
	return t
}

// metricsTable is metrics by transport: the median over the trials, with the
// range beside it where there are several.
func (r *run) metricsTable(metrics []metric) table {
	t := table{head: []string{"metric"}}
	for i := range r.sides {
		t.head = append(t.head, r.sides[i].stamped())
	}
	for i := range metrics {
		m := &metrics[i]
		row, any := []string{m.name}, false
		for j := range r.sides {
			c := m.cell(r.sides[j].used)
			any = any || c.known()
			row = append(row, m.print(c, true))
		}
		if any || !m.rare {
			t.rows = append(t.rows, row)
		}
	}
	return t
}

// footnotes are what a reader of the metrics table has to know.
func (r *run) footnotes() []string {
	several, dash := false, false
	for i := range r.sides {
		several = several || len(r.sides[i].used) > 1
		for j := range metrics {
			if c := metrics[j].cell(r.sides[i].used); !c.known() && !metrics[j].rare {
				dash = true
			}
		}
	}
	var notes []string
	if several {
		notes = append(notes, "Numbers are medians over the trials used, with the lowest and the highest in brackets; counts of deliveries are sums.")
	}
	if r.asksAndPushes() {
		notes = append(notes, "Who goes by requests stays with Go's HTTP server, which holds a goroutine and buffers for every connection; who is pushed to has left it. That is a part of what the server's memory tells.")
	}
	if dash {
		notes = append(notes, "– stands where a number does not apply or was not measured, or too few samples lie beyond a percentile: p99 takes 1,000 samples, p99.9 takes 10,000.")
	}
	return notes
}

// asksAndPushes says whether some of the transports go by requests and others do
// not, all served by our own server.
func (r *run) asksAndPushes() bool {
	asks, pushes := false, false
	for i := range r.sides {
		if s := &r.sides[i]; len(s.used) > 0 {
			requests := s.paced() || s.rearms()
			asks, pushes = asks || requests, pushes || !requests
		}
	}
	return asks && pushes && r.head.Env.Target == ""
}

func (r *run) modelTable() table {
	t := table{head: []string{"transport", "number", "model", "modelled", "measured", "difference"}}
	names := map[string]string{}
	for i := range r.sides {
		names[r.sides[i].transport] = r.sides[i].stamped()
	}
	for _, m := range r.modelled() {
		change := changeText(m.difference())
		if m.parts() {
			change += " ⚠"
		}
		t.rows = append(t.rows, []string{names[m.transport], m.name, m.formula, m.unit.format(m.modelled), m.unit.format(m.measured), change})
	}
	return t
}

// trialsTable lists every trial of the run, used or not, with all its reasons.
func (r *run) trialsTable() table {
	t := table{head: []string{"transport", "trial", "attempt", "status", "validity", "used", "reasons"}}
	for i := range r.sides {
		s := &r.sides[i]
		for _, tr := range r.all {
			if tr.Transport != s.transport {
				continue
			}
			used := "no"
			for _, u := range s.used {
				if u.Trial == tr.Trial && u.Attempt == tr.Attempt {
					used = "yes"
				}
			}
			if used == "yes" && tr.Validity == result.Invalid {
				used = "stamped"
			}
			var why []string
			for _, reason := range tr.Reasons {
				why = append(why, fmt.Sprintf("%s: %s", reason.Validity, reason.Text))
			}
			if tr.Lost > 0 {
				why = append(why, fmt.Sprintf("lost %s deliveries", count.format(float64(tr.Lost))))
			}
			if len(why) == 0 {
				why = []string{"none"}
			}
			t.rows = append(t.rows, []string{tr.Transport, fmt.Sprint(tr.Trial), fmt.Sprint(tr.Attempt),
				string(tr.Status), string(tr.Validity), used, strings.Join(why, "; ")})
		}
	}
	return t
}

// repeat is the commands that make such a run and such a report again.
func (r *run) repeat() []string {
	var names []string
	trials := r.head.Asked.Trials
	for i := range r.sides {
		names = append(names, r.sides[i].transport)
		trials = max(trials, len(r.sides[i].used))
	}
	run := "pollpush run " + quote(r.head.Scenario)
	for _, flag := range r.head.Flags {
		if name, ok := strings.CutPrefix(flag, "--"); ok {
			run += " --" + quote(name)
		} else {
			run += " " + quote(flag)
		}
	}
	if r.head.Profiles != nil {
		run += " --profile"
	}
	if r.head.Flags == nil { // before version 2, which does not tell
		run += fmt.Sprintf(" --transports %s --clients %d --trials %d", quote(strings.Join(names, ",")), r.head.Clients, trials)
	}
	if r.head.Env.Target != "" {
		run += " --target " + quote(r.head.Env.Target)
		if r.measuresTarget() {
			run += " --target-pid PID"
		}
	}
	if c := r.head.Env.Command; c != "" {
		return []string{c, run, "pollpush report " + quote("results/"+or(r.head.Run, "RUN"))}
	}
	return []string{run, "pollpush report " + quote("results/"+or(r.head.Run, "RUN"))}
}

// measuresTarget says whether the target's process was known.
func (r *run) measuresTarget() bool {
	for i := range r.sides {
		for j := range r.sides[i].used {
			if r.sides[i].used[j].Server != nil {
				return true
			}
		}
	}
	return false
}

// quote makes s one word for a shell.
func quote(s string) string {
	safe := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("-_./:,@%+=", r)
	}
	if s != "" && s[0] != '-' && strings.IndexFunc(s, func(r rune) bool { return !safe(r) }) < 0 {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}
