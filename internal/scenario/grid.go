package scenario

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Grid is one scenario file, checked. It holds a point for each combination of
// the values of the keys that hold lists, and one point where none does.
type Grid struct {
	Name   string
	About  string
	Swept  []string   // keys that hold several values, dotted, in the order of [Keys]
	Points []Scenario // the first of these keys changes slowest
}

// maxPoints bounds a grid: more points are hardly intended.
const maxPoints = 1000

// set reads the value of a key, or each of a list's where the key may hold
// several; what has come before for the key is forgotten.
func (d *draft) set(k *Key, line int, v value) {
	delete(d.lists, k.Path)
	if v.form == nothing {
		d.refused(k.Path, line, refuse(v, "has no value; must be %s", k.Allowed()))
		return
	}
	items := v.items
	if v.form == flag && strings.Contains(v.text, ",") && !strings.Contains(v.text, ",0") { // 10,000 is no list
		items = v.split()
	}
	if !k.Sweeps || v.form != list && items == nil {
		d.refused(k.Path, line, k.parse(d, v))
		return
	}
	if len(items) == 0 {
		d.refused(k.Path, line, refuse(v, "is empty; give one value, or several to measure each"))
		return
	}
	var wrong []problem
	var seen []string
	for _, item := range items {
		if trouble := k.parse(d, item); trouble != nil {
			wrong = append(wrong, trouble...)
			continue
		}
		text := k.format(&d.Scenario)
		if slices.Contains(seen, text) {
			wrong = append(wrong, refuse(item, "occurs twice; name each value once")...)
		}
		seen = append(seen, text)
	}
	d.refused(k.Path, line, wrong)
	if wrong == nil && len(items) > 1 {
		d.lists[k.Path] = items
	}
}

// grid makes the points, each with the rules between keys checked and the
// defaults that depend on other keys.
func (d *draft) grid() Grid {
	g := Grid{Name: d.Name, About: d.About}
	points, size := []Scenario{d.Scenario}, 1
	for i := range keys {
		k := &keys[i]
		values := d.lists[k.Path]
		if values == nil || d.bad[k.Path] {
			continue
		}
		g.Swept = append(g.Swept, k.Path)
		if size *= len(values); size > maxPoints {
			d.bad[k.Path] = true
			d.faultAt(k.Path, d.from[k.Path], fmt.Sprintf("makes more than %s points; a run measures every combination of the lists: shorten them", formatCount(maxPoints)))
			return g
		}
		var next []Scenario
		for _, p := range points {
			for n, v := range values {
				d.Scenario = p
				k.parse(d, v)
				point := d.Scenario
				if k.paced && n > 0 {
					point.Transports = slices.DeleteFunc(slices.Clone(p.Transports), func(name string) bool { return !slices.Contains(d.known.Paced, name) })
				}
				next = append(next, point)
			}
		}
		points = next
	}
	points = slices.DeleteFunc(points, func(s Scenario) bool { return len(s.Transports) == 0 && len(g.Swept) > 0 })
	for _, p := range points {
		d.Scenario = p
		for _, path := range g.Swept {
			from := d.from[path]
			from.found = find(path).format(&p)
			d.from[path] = from
		}
		for _, k := range keys {
			if _, given := d.from[k.Path]; !given && k.derive != nil && d.sound("clients", "rooms") {
				k.derive(&d.Scenario)
			}
		}
		if d.relate(); len(d.faults) > 0 {
			return g
		}
		g.Points = append(g.Points, d.Scenario)
	}
	if _, given := d.from["time_limit"]; !given {
		for i := range g.Points {
			g.Points[i].TimeLimit = min(g.Duration()*3/2, longest)
		}
	}
	return g
}

// Single is a grid of one point.
func Single(s Scenario) Grid { return Grid{Name: s.Name, About: s.About, Points: []Scenario{s}} }

// Duration returns the planned length of a whole run: that of every trial of
// every transport at every point, none of them repeated.
func (g Grid) Duration() time.Duration {
	var all time.Duration
	for _, p := range g.Points {
		all += p.Duration()
	}
	return all
}

// Transports lists those of all points, each once, in the file's order.
func (g Grid) Transports() []string {
	var names []string
	for _, p := range g.Points {
		for _, name := range p.Transports {
			if !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	return names
}

// Label distinguishes a point from the others by the values of the swept keys, as
// "clients 1000, publish.rate 1/s". It is empty where nothing is swept.
func (g Grid) Label(s Scenario) string {
	var parts []string
	for _, path := range g.Swept {
		parts = append(parts, path+" "+find(path).format(&s))
	}
	return strings.Join(parts, ", ")
}

// StartStop is allowed, in a plan, for starting and ending a trial's processes.
const StartStop = time.Second

// Trial returns the planned length of one trial, its processes' start and end included.
func (s Scenario) Trial() time.Duration {
	return s.Phases.RampUp + s.Phases.WarmUp + s.Phases.Steady + s.Phases.Drain + StartStop
}

// Duration returns the planned length of a whole run: that of every trial of
// every transport, none of them repeated.
func (s Scenario) Duration() time.Duration {
	return time.Duration(s.Trials*len(s.Transports)) * s.Trial()
}

// Hash identifies what one trial asks for: trials with the same hash may be
// compared. It is 12 hexadecimal digits over every key's value, wherever it
// came from (file, flag or default) and however it was written (1KiB, 1024B).
//
// What does not change a trial is left out: the name, about, transports,
// trials and time_limit. A new key changes every hash, so that old results are
// never taken for the same by mistake.
func (s Scenario) Hash() string {
	h := sha256.New()
	for _, k := range keys {
		if !k.unhashed && !(k.newer && k.format(&s) == k.Default) {
			fmt.Fprintf(h, "%s=%s\n", k.Path, k.format(&s))
		}
	}
	return hex.EncodeToString(h.Sum(nil))[:12]
}
