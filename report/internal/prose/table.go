package prose

import (
	"fmt"
	"slices"
	"strings"

	"github.com/pollpush/pollpush/internal/result"
	"github.com/pollpush/pollpush/report/internal/document"
	"github.com/pollpush/pollpush/report/internal/metric"
	"github.com/pollpush/pollpush/report/internal/model"
	"github.com/pollpush/pollpush/report/internal/number"
	"github.com/pollpush/pollpush/report/internal/trials"
)

// pointMainTable is the table of the metrics that every reader wants.
func pointMainTable(r *trials.Point) document.Table {
	t := metricsTable(r, metric.Metrics)
	row := []string{"trials used"}
	for i := range r.Sides {
		row = append(row, fmt.Sprint(len(r.Sides[i].Used)))
	}
	t.Rows = slices.Insert(t.Rows, 0, row)
	return t
}

// knownTable is metrics by transport, without the rows of which no trial holds
// any number.
func knownTable(r *trials.Point, list []metric.Metric) document.Table {
	t := metricsTable(r, list)
	t.Rows = slices.DeleteFunc(t.Rows, func(row []string) bool {
		return !slices.ContainsFunc(row[1:], func(s string) bool { return s != "–" })
	})
	return t
}

// metricsTable is metrics by transport: the median over the trials, with the
// range beside it where there are several.
func metricsTable(r *trials.Point, metrics []metric.Metric) document.Table {
	t := document.Table{Head: []string{"metric"}}
	for i := range r.Sides {
		t.Head = append(t.Head, r.Sides[i].Stamped())
	}
	for i := range metrics {
		m := &metrics[i]
		row, any := []string{m.Name}, false
		for j := range r.Sides {
			c := m.Cell(r.Sides[j].Used)
			any = any || c.Known()
			row = append(row, m.Print(c, true))
		}
		if any || !m.Rare {
			t.Rows = append(t.Rows, row)
		}
	}
	return t
}

// pointFootnotes are what a reader of the metrics table has to know.
func pointFootnotes(r *trials.Point) []string {
	several, dash := false, false
	for i := range r.Sides {
		several = several || len(r.Sides[i].Used) > 1
		for j := range metric.Metrics {
			if c := metric.Metrics[j].Cell(r.Sides[i].Used); !c.Known() && !metric.Metrics[j].Rare {
				dash = true
			}
		}
	}
	var notes []string
	if several {
		notes = append(notes, "Numbers are medians over the trials used, with the lowest and the highest in brackets; counts of deliveries are sums.")
	}
	if r.AsksAndPushes() {
		notes = append(notes, "Who goes by requests stays with Go's HTTP server, which holds a goroutine and buffers for every connection; who is pushed to has left it. That is a part of what the server's memory tells.")
	}
	if dash {
		notes = append(notes, "– stands where a number does not apply or was not measured, or too few samples lie beyond a percentile: p99 takes 1,000 samples, p99.9 takes 10,000.")
	}
	return notes
}

func modelTable(r *trials.Point) document.Table {
	t := document.Table{Head: []string{"transport", "number", "model", "modelled", "measured", "difference"}}
	names := map[string]string{}
	for i := range r.Sides {
		names[r.Sides[i].Transport] = r.Sides[i].Stamped()
	}
	for _, m := range model.PointModelled(r) {
		change := number.ChangeText(m.Difference())
		if m.Parts() {
			change += " ⚠"
		}
		t.Rows = append(t.Rows, []string{names[m.Transport], m.Name, m.Formula, m.Unit.Format(m.Modelled), m.Unit.Format(m.Measured), change})
	}
	return t
}

// pointTrialsTable lists every trial of the run, used or not, with all its reasons.
func pointTrialsTable(r *trials.Point) document.Table {
	t := document.Table{Head: []string{"transport", "trial", "attempt", "status", "validity", "used", "reasons"}}
	for i := range r.Sides {
		s := &r.Sides[i]
		for _, tr := range r.All {
			if tr.Transport != s.Transport {
				continue
			}
			used := "no"
			for _, u := range s.Used {
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
				why = append(why, fmt.Sprintf("lost %s deliveries", number.Count.Format(float64(tr.Lost))))
			}
			if len(why) == 0 {
				why = []string{"none"}
			}
			t.Rows = append(t.Rows, []string{tr.Transport, fmt.Sprint(tr.Trial), fmt.Sprint(tr.Attempt),
				string(tr.Status), string(tr.Validity), used, strings.Join(why, "; ")})
		}
	}
	return t
}

// repeat is the commands that make such a run and such a report again.
func repeat(r *trials.Point) []string {
	var names []string
	list := r.Head.Asked.Trials
	for i := range r.Sides {
		names = append(names, r.Sides[i].Transport)
		list = max(list, len(r.Sides[i].Used))
	}
	run := "pollpush run " + number.Quote(r.Head.Scenario)
	for _, flag := range r.Head.Flags {
		if name, ok := strings.CutPrefix(flag, "--"); ok {
			run += " --" + number.Quote(name)
		} else {
			run += " " + number.Quote(flag)
		}
	}
	if r.Head.Profiles != nil {
		run += " --profile"
	}
	if r.Head.Flags == nil { // before version 2, which does not tell
		run += fmt.Sprintf(" --transports %s --clients %d --trials %d", number.Quote(strings.Join(names, ",")), r.Head.Clients, list)
	}
	if r.Head.Env.Target != "" {
		run += " --target " + number.Quote(r.Head.Env.Target)
		if measuresTarget(r) {
			run += " --target-pid PID"
		}
	}
	if c := r.Head.Env.Command; c != "" {
		return []string{c, run, "pollpush report " + number.Quote("results/"+number.Or(r.Head.Run, "RUN"))}
	}
	return []string{run, "pollpush report " + number.Quote("results/"+number.Or(r.Head.Run, "RUN"))}
}

// measuresTarget says whether the target's process was known.
func measuresTarget(r *trials.Point) bool {
	for i := range r.Sides {
		for j := range r.Sides[i].Used {
			if r.Sides[i].Used[j].Server != nil {
				return true
			}
		}
	}
	return false
}
