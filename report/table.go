package report

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/pollpush/pollpush/internal/result"
)

// table is rows of text, before any format: unescaped, without widths.
type table struct {
	head []string
	rows [][]string
}

// mainTable is the table of the metrics that every reader wants.
func (r *run) mainTable(ranges bool) table {
	t := r.metricsTable(metrics, ranges)
	row := []string{"trials used"}
	for i := range r.sides {
		row = append(row, fmt.Sprint(len(r.sides[i].used)))
	}
	t.rows = slices.Insert(t.rows, 0, row)
	return t
}

// detailTable is one of those for readers who ask further; it has no rows if no
// trial holds any of its numbers.
func (r *run) detailTable(d *detail) table {
	t := r.metricsTable(d.metrics, true)
	t.rows = slices.DeleteFunc(t.rows, func(row []string) bool {
		return !slices.ContainsFunc(row[1:], func(s string) bool { return s != "–" })
	})
	return t
}

// metricsTable is metrics by transport: the median over the trials, with the
// range beside it where there are several and ranges are asked for.
func (r *run) metricsTable(metrics []metric, ranges bool) table {
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
			row = append(row, m.print(c, ranges))
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

// environment is where the run ran, and what it was asked.
func (r *run) environment() table {
	h := &r.head
	a, e := h.Asked, h.Env
	load := fmt.Sprintf("%s in %s, %s/s in each, %s arrivals, %s of text",
		plural(float64(h.Clients), "client"), plural(float64(max(a.Rooms, 1)), "room"),
		plural(a.PublishRate, "message"), or(a.Arrivals, "unknown"), bytesEach.format(float64(a.PayloadBytes)))
	rows := [][]string{
		{"scenario", or(h.Scenario, "unnamed")},
		{"scenario hash", h.ScenarioHash},
		{"run", h.Run},
		{"load", load},
		{"poll interval", dashIfZero(seconds, a.PollIntervalS)},
		{"steady state", seconds.format(h.WindowS)},
		{"started", r.started()},
		{"machine", fmt.Sprintf("%s, %s, %s of memory", or(e.CPUModel, "unknown CPU"), plural(float64(e.Cores), "core"), memory.format(float64(e.MemoryBytes)))},
		{"system", strings.TrimSpace(e.OS + " " + e.Kernel)},
		{"Go", e.Go},
		{"pollpush", r.common(func(t *result.Trial) string { return t.Env.Commit })},
		{"descriptors per process", count.format(float64(e.NoFile))},
		{"processes", fmt.Sprintf("%s of the server, %s of clients", fmt.Sprint(a.Servers), fmt.Sprint(a.Shards))},
		{"disturbance, most", fmt.Sprintf("%s of a core stolen, %s taken by others",
			cores.format(r.most(func(e *result.Env) float64 { return e.StealCores })),
			r.foreign())},
	}
	if tls := h.Connections.TLS; tls != "" {
		rows = append(rows, []string{"TLS", tls})
	}
	if c := h.Calibration; c != nil {
		rows = append(rows, []string{"calibration", instant(c.Measured) + ", pollpush " + clean(or(c.Commit, "of unknown commit"))})
	}
	if e.Target != "" {
		rows = append(rows, []string{"target", e.Target})
	}
	return table{rows: rows}
}

// common is a string that all trials share, or all of them.
func (r *run) common(of func(*result.Trial) string) string {
	var list []string
	for i := range r.all {
		list = append(list, or(of(&r.all[i]), "unknown"))
	}
	return strings.Join(unique(list), ", ")
}

func (r *run) most(of func(*result.Env) float64) float64 {
	v := 0.0
	for i := range r.all {
		v = math.Max(v, of(&r.all[i].Env))
	}
	return v
}

// foreign is what others took of the machine in the worst trial, as far as it
// is known.
func (r *run) foreign() string {
	known := false
	most := r.most(func(e *result.Env) float64 {
		if e.ForeignCores == nil {
			return 0
		}
		known = true
		return *e.ForeignCores
	})
	if !known {
		return "an unknown share"
	}
	return cores.format(most)
}

func (r *run) started() string {
	first := r.all[0].Started
	for _, t := range r.all {
		if t.Started.Before(first) {
			first = t.Started
		}
	}
	return instant(first)
}

func instant(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05 UTC") }

func or(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}

func dashIfZero(u unit, v float64) string {
	if v == 0 {
		return "–"
	}
	return u.format(v)
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
