// Package metric is the one table of measured quantities, each with its formula
// over a trial: tables, exports, comparisons, charts and docs/formulas.md come
// from its rows.
package metric

import (
	"math"
	"slices"
	"strings"

	"github.com/pollpush/pollpush/internal/result"
	"github.com/pollpush/pollpush/internal/stat"
	"github.com/pollpush/pollpush/report/internal/formula"
	"github.com/pollpush/pollpush/report/internal/number"
)

// Preference says which way is better.
type Preference int

const (
	Neutral Preference = iota
	Lower
	Higher
)

// Kind says what a difference in a metric is worth.
type Kind int

const (
	context Kind = iota // not compared
	Exact               // counted: the same scenario gives the same number, whatever the machine
	Timing              // measured in time or memory: differs from trial to trial
	Related             // timed, in relation to another transport of the same run: warns, never gates
)

// Use says where a metric is shown. Without any, it is looked up by its name.
type Use int

const (
	Main     Use = 1 << iota // in the table of each report, and in the exports
	Compared                 // by compare; scenarios can set its limit
	Ratio                    // by compare as well, divided by that of a transport that polls: this cancels what the machine does to both
	layers                   // in the detail table of that name; likewise below
	segments
	phases
	freshness
	costs
	idle
)

// Metric is one row of the table.
type Metric struct {
	Name   string
	Unit   number.Unit
	Better Preference
	Kind   Kind

	// Limit is the relative change from which compare speaks of better or
	// worse; 0 takes any.
	Limit float64

	Use    Use
	Column string // its heading in the table of a sweep; empty if it has no column there

	// Thing is what verdicts and headlines call the metric, and Each what one
	// value of it is for; empty if they leave it out.
	Thing, Each string

	// Formula is evaluated over a trial by package formula, in base units. It is
	// NaN if the trial does not have the number.
	Formula string

	Means string // for readers of the table; may be empty

	// Total adds a count up over the trials, where the median would hide one
	// trial's loss.
	Total bool

	// Rare rows are left out of a report if no transport has a value.
	Rare bool

	// Timed reports whether a count depends on the speed of these trials: compare
	// then treats it as a time. Nil if it never does.
	Timed func([]result.Trial) bool

	// Edge is the share of a trial's number that one edge of the window can add
	// or remove; nil if none can.
	Edge func(*result.Trial) float64

	evaluate func(*result.Trial) float64 // the formula
}

// compiled parses the formulas of rows.
func compiled(rows []Metric) []Metric {
	for i := range rows {
		evaluate, err := formula.Compile[result.Trial](rows[i].Formula)
		if err != nil {
			panic(rows[i].Name + ": " + err.Error())
		}
		rows[i].evaluate = evaluate
	}
	return rows
}

// Named is a row of the table. It panics where there is none.
func Named(name string) Metric {
	i := slices.IndexFunc(All, func(m Metric) bool { return m.Name == name })
	if i < 0 {
		panic("there is no metric " + name)
	}
	return All[i]
}

// named are rows of the table, in the order of the names.
func named(names ...string) (list []Metric) {
	for _, name := range names {
		list = append(list, Named(name))
	}
	return list
}

// having are the rows that meet a condition, in the order of the table.
func having(is func(Metric) bool) []Metric {
	return slices.DeleteFunc(slices.Clone(All), func(m Metric) bool { return !is(m) })
}

func used(u Use) []Metric { return having(func(m Metric) bool { return m.Use&u != 0 }) }

// Of is a trial's number, in base units: NaN if the trial does not have it.
func (m *Metric) Of(t *result.Trial) float64 { return m.evaluate(t) }

// Cell is one metric of one transport, over its trials.
type Cell struct {
	Values    []float64 // one for each trial that has it
	Value     float64   // their median, or their sum; NaN if there are none
	Low, High float64
}

// Cell is the metric over trials of one transport.
func (m *Metric) Cell(list []result.Trial) Cell {
	var c Cell
	for i := range list {
		if v := m.Of(&list[i]); !math.IsNaN(v) {
			c.Values = append(c.Values, v)
		}
	}
	c.Low, c.High = stat.Range(c.Values)
	c.Value = stat.Median(c.Values)
	if m.Total && len(c.Values) > 0 {
		c.Value = stat.Sum(c.Values)
	}
	return c
}

// Known reports whether any trial has the number.
func (c Cell) Known() bool { return !math.IsNaN(c.Value) }

// ID is the metric's name for programs: "delivery latency, p99.9" is
// delivery-latency-p99-9.
func (m *Metric) ID() string {
	words := strings.FieldsFunc(strings.ToLower(m.Name), func(r rune) bool { return !(r >= 'a' && r <= 'z' || r >= '0' && r <= '9') })
	return strings.Join(words, "-")
}

// Over divides, and is NaN if the divisor is not above 0.
func Over(a, b float64) float64 {
	if !(b > 0) {
		return math.NaN()
	}
	return a / b
}
