package tables

import (
	"fmt"
	"strings"

	"github.com/pollpush/pollpush/report/internal/number"
	"github.com/pollpush/pollpush/report/internal/trials"
)

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
