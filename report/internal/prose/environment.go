package prose

import (
	"fmt"
	"math"
	"strings"

	"github.com/pollpush/pollpush/internal/result"
	"github.com/pollpush/pollpush/report/internal/document"
	"github.com/pollpush/pollpush/report/internal/number"
	"github.com/pollpush/pollpush/report/internal/trials"
)

// pointEnvironment is where the run ran, and what it was asked.
func pointEnvironment(r *trials.Point) document.Table {
	h := &r.Head
	a, e := h.Asked, h.Env
	load := fmt.Sprintf("%s in %s, %s/s in each, %s arrivals, %s of text",
		number.Plural(float64(h.Clients), "client"), number.Plural(float64(max(a.Rooms, 1)), "room"),
		number.Plural(a.PublishRate, "message"), number.Or(a.Arrivals, "unknown"), number.BytesEach.Format(float64(a.PayloadBytes)))
	rows := [][]string{
		{"scenario", number.Or(h.Scenario, "unnamed")},
		{"scenario hash", h.ScenarioHash},
		{"run", h.Run},
		{"load", load},
		{"poll interval", number.DashIfZero(number.Seconds, a.PollIntervalS)},
		{"steady state", number.Seconds.Format(h.WindowS)},
		{"started", r.Started()},
		{"machine", trials.Processor(e) + ", " + trials.MemoryOf(e)},
		{"system", strings.TrimSpace(e.OS + " " + e.Kernel)},
		{"Go", e.Go},
		{"pollpush", common(r, func(t *result.Trial) string { return t.Env.Commit })},
		{"descriptors per process", number.Count.Format(float64(e.NoFile))},
		{"processes", fmt.Sprintf("%s of the server, %s of clients", fmt.Sprint(a.Servers), fmt.Sprint(a.Shards))},
		{"disturbance, most", fmt.Sprintf("%s of a core stolen, %s taken by others",
			number.Cores.Format(most(r, func(e *result.Env) float64 { return e.StealCores })),
			foreign(r))},
	}
	if e.CPUQuota > 0 {
		rows = append(rows, []string{"CPU quota used up, most", number.Share.Format(most(r, throttledShare)) + " of its periods"})
	}
	if tls := h.Connections.TLS; tls != "" {
		rows = append(rows, []string{"TLS", tls})
	}
	for i := range r.All {
		if t := &r.All[i]; t.Connections.Deflate != "" {
			rows = append(rows, []string{"compression of " + t.Transport, t.Connections.Deflate})
			break
		}
	}
	if stop := r.Stop(); stop != "" {
		rows = append(rows, []string{"server stopped on purpose", stop})
	}
	rows = append(rows, Calibrations(r)...)
	if e.Target != "" {
		rows = append(rows, []string{"target", e.Target})
	}
	if e.Command != "" {
		rows = append(rows, []string{"started for each trial by", e.Command})
	}
	return document.Table{Rows: rows}
}

// throttledShare is the share of its periods in which the CPU quota was used up.
func throttledShare(e *result.Env) float64 {
	if h := e.Throttling; h != nil && h.Periods > 0 {
		return float64(h.Throttled) / float64(h.Periods)
	}
	return 0
}

// Calibrations are rows of the environment: one for each calibration whose floors
// the trials used hold, with the transports where there are several.
func Calibrations(r *trials.Point) (rows [][]string) {
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
			if own := s.Used[j].Env.Commit; own != commit && own != "" && commit != "" {
				text += ", another commit than the run's"
			}
			found, of[text] = append(found, text), append(of[text], s.Transport)
		}
	}
	found = number.Unique(found)
	for _, text := range found {
		if len(found) > 1 {
			rows = append(rows, []string{"calibration of " + number.Join(number.Unique(of[text])), text})
		} else {
			rows = append(rows, []string{"calibration", text})
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
