package tables

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/pollpush/pollpush/internal/result"
	"github.com/pollpush/pollpush/report/internal/document"
	"github.com/pollpush/pollpush/report/internal/number"
	"github.com/pollpush/pollpush/report/internal/trials"
)

// Environment is where the run ran, and what it was asked.
func Environment(s *trials.Set) document.Table {
	all := s.Together()
	h := &all.Head
	e := h.Env
	rows := [][]document.Cell{document.Texts("scenario", number.Or(h.Scenario, "unnamed"))}
	add := func(what, found string) { rows = append(rows, document.Texts(what, found)) }
	addLoad(s, add)
	add("steady state", number.Seconds.Format(h.WindowS))
	add("started", all.Started())
	add("machine", trials.Processor(e)+", "+trials.MemoryOf(e))
	add("system", strings.TrimSpace(e.OS+" "+e.Kernel))
	add("Go", e.Go)
	add("pollpush", common(all, func(t *result.Trial) string { return t.Env.Commit }))
	add("descriptors per process", number.Count.Format(float64(e.NoFile)))
	add("processes", fmt.Sprintf("%d for the server, %d for clients", h.Asked.Servers, h.Asked.Shards))
	stolen := most(all, func(e *result.Env) float64 { return e.StealCores })
	add("worst disturbance", fmt.Sprintf("%s of a core stolen, %s used by other processes", number.Cores.Format(stolen), foreign(all)))
	if e.CPUQuota > 0 {
		add("CPU quota used up, worst", number.Share.Format(most(all, throttledShare))+" of its periods")
	}
	if tls := h.Connections.TLS; tls != "" {
		add("TLS", tls)
	}
	for i := range all.All {
		if t := &all.All[i]; t.Connections.Deflate != "" {
			add("compression of "+t.Transport, t.Connections.Deflate)
			break
		}
	}
	if stop := all.Stop(); stop != "" {
		add("server stopped on purpose", stop)
	}
	for _, c := range Calibrations(all) {
		add(c.What, c.Found)
	}
	if e.Target != "" {
		add("target", e.Target)
	}
	if e.Command != "" {
		add("started for each trial by", e.Command)
	}
	return document.Table{Rows: rows}
}

// addLoad is the run and its load: as one load, or by what was swept.
func addLoad(s *trials.Set, add func(what, found string)) {
	h := &s.Points[0].Head
	a := h.Asked
	interval := document.Dash
	if a.PollIntervalS > 0 {
		interval = number.Seconds.Format(a.PollIntervalS)
	}
	if len(s.Points) == 1 {
		add("scenario hash", h.ScenarioHash)
		add("run", h.Run)
		add("load", fmt.Sprintf("%s in %s, %s/s in each, %s arrivals, %s of text",
			number.Plural(float64(h.Clients), "client"), number.Plural(float64(max(a.Rooms, 1)), "room"),
			number.Plural(a.PublishRate, "message"), number.Or(a.Arrivals, "unknown"), number.BytesEach.Format(float64(a.PayloadBytes))))
		add("poll interval", interval)
		return
	}
	for _, key := range s.Swept {
		x := trials.AxisOf(key)
		var list []string
		for _, v := range s.Values(x) {
			list = append(list, x.Unit.Short(v))
		}
		add("swept: "+key, strings.Join(list, ", "))
	}
	add("arrivals", number.Or(a.Arrivals, "unknown"))
	add("run", h.Run)
	if !slices.Contains(s.Swept, "poll.interval") {
		add("poll interval", interval)
	}
}

// throttledShare is the share of its periods in which the CPU quota was used up.
func throttledShare(e *result.Env) float64 {
	if h := e.Throttling; h != nil && h.Periods > 0 {
		return float64(h.Throttled) / float64(h.Periods)
	}
	return 0
}

// Calibration is a row of the environment.
type Calibration struct{ What, Found string }

// Calibrations are those whose floors the trials used hold, with the transports
// where there are several.
func Calibrations(r *trials.Point) (rows []Calibration) {
	var found []string
	of := map[string][]string{}
	for i := range r.Sides {
		s := &r.Sides[i]
		for j := range s.Used {
			c := s.Used[j].Calibration
			if c == nil {
				continue
			}
			commit := number.Clean(c.Commit)
			text := number.Instant(c.Measured) + ", pollpush " + number.Or(commit, "of unknown commit")
			if c.Clients > 0 {
				text += ", " + number.Plural(float64(c.Clients), "client") + " in " + number.Plural(float64(c.Rooms), "room")
			}
			if own := s.Used[j].Env.Commit; own != commit && own != "" && commit != "" {
				text += ", another commit than the run's"
			}
			found, of[text] = append(found, text), append(of[text], s.Transport)
		}
	}
	found = number.Unique(found)
	for _, text := range found {
		if len(found) > 1 {
			rows = append(rows, Calibration{"calibration of " + number.Join(number.Unique(of[text])), text})
		} else {
			rows = append(rows, Calibration{"calibration", text})
		}
	}
	return rows
}

// common is a string that all trials share, or all of them.
func common(r *trials.Point, of func(*result.Trial) string) string {
	var list []string
	for i := range r.All {
		list = append(list, number.Or(of(&r.All[i]), "unknown"))
	}
	return strings.Join(number.Unique(list), ", ")
}

func most(r *trials.Point, of func(*result.Env) float64) float64 {
	v := 0.0
	for i := range r.All {
		v = math.Max(v, of(&r.All[i].Env))
	}
	return v
}

// foreign is what others took of the machine in the worst trial, as far as it
// is known.
func foreign(r *trials.Point) string {
	known := false
	most := most(r, func(e *result.Env) float64 {
		if e.ForeignCores == nil {
			return 0
		}
		known = true
		return *e.ForeignCores
	})
	if !known {
		return "an unknown share"
	}
	return number.Cores.Format(most)
}

// Repeat is the commands that make such a run and such a report again.
func Repeat(r *trials.Point) []string {
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
