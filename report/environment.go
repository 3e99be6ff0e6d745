package report

import (
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/pollpush/pollpush/internal/result"
)

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
		{"machine", processor(e) + ", " + memoryOf(e)},
		{"system", strings.TrimSpace(e.OS + " " + e.Kernel)},
		{"Go", e.Go},
		{"pollpush", r.common(func(t *result.Trial) string { return t.Env.Commit })},
		{"descriptors per process", count.format(float64(e.NoFile))},
		{"processes", fmt.Sprintf("%s of the server, %s of clients", fmt.Sprint(a.Servers), fmt.Sprint(a.Shards))},
		{"disturbance, most", fmt.Sprintf("%s of a core stolen, %s taken by others",
			cores.format(r.most(func(e *result.Env) float64 { return e.StealCores })),
			r.foreign())},
	}
	if e.CPUQuota > 0 {
		rows = append(rows, []string{"CPU quota used up, most", share.format(r.most(throttledShare)) + " of its periods"})
	}
	if tls := h.Connections.TLS; tls != "" {
		rows = append(rows, []string{"TLS", tls})
	}
	for i := range r.all {
		if t := &r.all[i]; t.Connections.Deflate != "" {
			rows = append(rows, []string{"compression of " + t.Transport, t.Connections.Deflate})
			break
		}
	}
	if stop := r.stop(); stop != "" {
		rows = append(rows, []string{"server stopped on purpose", stop})
	}
	rows = append(rows, r.calibrations()...)
	if e.Target != "" {
		rows = append(rows, []string{"target", e.Target})
	}
	if e.Command != "" {
		rows = append(rows, []string{"started for each trial by", e.Command})
	}
	return table{rows: rows}
}

// processor is the CPU, and how much of it the trials could use.
func processor(e result.Env) string {
	text := or(e.CPUModel, "unknown CPU") + ", " + plural(float64(e.Cores), "core")
	if e.CPUQuota > 0 {
		text += ", a quota of " + ratio.format(e.CPUQuota)
	}
	return text
}

// memoryOf is the memory, and how much of it the trials could use.
func memoryOf(e result.Env) string {
	text := memory.format(float64(e.MemoryBytes)) + " of memory"
	if e.MemoryLimitBytes > 0 {
		text += ", a limit of " + memory.format(float64(e.MemoryLimitBytes))
	}
	return text
}

// throttledShare is the share of its periods in which the CPU quota was used up.
func throttledShare(e *result.Env) float64 {
	if h := e.Throttling; h != nil && h.Periods > 0 {
		return float64(h.Throttled) / float64(h.Periods)
	}
	return 0
}

// calibrations are rows of the environment: one for each calibration whose floors
// the trials used hold, with the transports where there are several.
func (r *run) calibrations() (rows [][]string) {
	var found []string
	of := map[string][]string{}
	for i := range r.sides {
		s := &r.sides[i]
		for j := range s.used {
			c := s.used[j].Calibration
			if c == nil {
				continue
			}
			commit := clean(c.Commit)
			text := instant(c.Measured) + ", pollpush " + or(commit, "of unknown commit")
			if own := s.used[j].Env.Commit; own != commit && own != "" && commit != "" {
				text += ", another commit than the run's"
			}
			found, of[text] = append(found, text), append(of[text], s.transport)
		}
	}
	found = unique(found)
	for _, text := range found {
		if len(found) > 1 {
			rows = append(rows, []string{"calibration of " + join(unique(of[text])), text})
		} else {
			rows = append(rows, []string{"calibration", text})
		}
	}
	return rows
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
