package compare

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/pollpush/pollpush/internal/result"
	"github.com/pollpush/pollpush/report/internal/number"
	"github.com/pollpush/pollpush/report/internal/trials"
)

// pair is one transport at one point in both runs. What a run lacks is nil.
type pair struct {
	Place
	base, next *trials.Point
	was, is    *trials.Side
	lossy      bool // either lost or repeated a delivery
}

// match sets points and transports of two runs beside each other: those that both
// have, those that only the base has, and those that only the new run has. A point
// that one lacks as a whole is one pair, without a transport.
func match(base, next *trials.Set) (both, missing, fresh []pair) {
	for _, p := range base.Points {
		q := find(next, p)
		if q == nil {
			missing = append(missing, pair{Place: whole(p), base: p})
			continue
		}
		for i := range p.Sides {
			s := &p.Sides[i]
			m := pair{Place: Place{p.Label, s.Transport}, base: p, next: q, was: s, is: q.Side(s.Transport)}
			if m.is == nil {
				missing = append(missing, m)
			} else {
				both = append(both, m)
			}
		}
		for i := range q.Sides {
			if s := &q.Sides[i]; p.Side(s.Transport) == nil {
				fresh = append(fresh, pair{Place: Place{p.Label, s.Transport}, base: p, next: q, is: s})
			}
		}
	}
	for _, q := range next.Points {
		if find(base, q) == nil {
			fresh = append(fresh, pair{Place: whole(q), next: q})
		}
	}
	return both, missing, fresh
}

// find is the point of a set that is of the same scenario; nil where it has none.
func find(s *trials.Set, like *trials.Point) *trials.Point {
	i := slices.IndexFunc(s.Points, func(p *trials.Point) bool { return p.Head.ScenarioHash == like.Head.ScenarioHash })
	if i < 0 {
		return nil
	}
	return s.Points[i]
}

func whole(p *trials.Point) Place {
	return Place{Point: number.Or(p.Label, "hash "+p.Head.ScenarioHash)}
}

func places(pairs []pair) (list []Place) {
	for i := range pairs {
		list = append(list, pairs[i].Place)
	}
	return list
}

// Foresee is an error where trials that are planned will lack their like in a base:
// a transport, or a point. Of the plan it reads what is asked for.
func Foresee(base, planned []result.Trial) error {
	b, err := trials.NewSet(base)
	if err != nil {
		return fmt.Errorf("base: %w", err)
	}
	n, err := trials.NewSet(planned)
	if err != nil {
		return fmt.Errorf("the run asked for: %w", err)
	}
	_, _, fresh := match(b, n)
	switch {
	case len(fresh) == 0:
		return nil
	case fresh[0].base == nil:
		p := fresh[0].next
		return fmt.Errorf("the base has no trial to compare with: it is of scenario %s, and the new run would be of %s%s; measure the same scenario with the same flags, or renew the base",
			hashes(b.Points...), hashes(p), differences(b.Points[0], p))
	}
	return fmt.Errorf("the base has no trial of %s%s; leave that transport out, or renew the base", fresh[0].Where(), differences(fresh[0].base, fresh[0].next))
}

// delivered refuses a pair whose base delivered nothing although messages were
// asked for: a comparison with it would say nothing about deliveries.
func (p *pair) delivered() error {
	asked := p.was.Chosen[0].Asked.PublishRate
	if asked == 0 || delivers(p.was) {
		return nil
	}
	where := "in the base"
	if !delivers(p.is) {
		where = "on either side"
	}
	return fmt.Errorf("%s: nothing was delivered %s: no verdict; at %s/s the steady state is too short, or the server delivers none", p.Where(), where, number.Plural(asked, "message"))
}

// delivers reports whether any trial has delivered something.
func delivers(s *trials.Side) bool {
	return slices.ContainsFunc(s.Chosen, func(t result.Trial) bool { return t.Delivered > 0 || t.WindowDeliveries > 0 })
}

// costed reports whether any trial shows what the server took.
func costed(s *trials.Side) bool {
	return slices.ContainsFunc(s.Chosen, func(t result.Trial) bool { return t.Server != nil })
}

// hashes name the scenario and its points for programs.
func hashes(points ...*trials.Point) string {
	var out []string
	for _, p := range points {
		out = append(out, number.Or(p.Head.ScenarioHash, "none"))
	}
	return fmt.Sprintf("%s (hash %s)", number.Or(points[0].Head.Scenario, "unnamed"), strings.Join(out, ", "))
}

// differences says by which keys of the scenario, or which transports, two points
// differ, as far as their trials show; it is empty where they do not.
func differences(base, next *trials.Point) string {
	was, is := base.Head, next.Head
	if was.ScenarioHash == is.ScenarioHash {
		return fmt.Sprintf(" (transports: %s, and %s)", strings.Join(base.Transports(), ", "), strings.Join(next.Transports(), ", "))
	}
	var out []string
	differ := func(key string, was, is any) {
		if was != is {
			out = append(out, fmt.Sprintf("%s: %v, and %v", key, was, is))
		}
	}
	for _, x := range trials.Axes {
		differ(x.Key, plain(x.Of(&was)), plain(x.Of(&is)))
	}
	differ("publish.arrivals", was.Asked.Arrivals, is.Asked.Arrivals)
	differ("publish.publishers", was.Asked.Publishers, is.Asked.Publishers)
	differ("phases.warm_up", was.Asked.WarmUpS, is.Asked.WarmUpS)
	differ("phases.steady", was.Asked.SteadyS, is.Asked.SteadyS)
	differ("tls", was.Asked.TLS, is.Asked.TLS)
	differ("flags", number.Or(strings.Join(was.Flags, " "), "none"), number.Or(strings.Join(is.Flags, " "), "none"))
	if len(out) == 0 {
		return ""
	}
	return " (" + strings.Join(out, "; ") + ")"
}

// plain is all of a number, without an exponent.
func plain(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }
