package report

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/pollpush/pollpush/internal/result"
	"github.com/pollpush/pollpush/internal/stat"
)

// costFit is the unit costs of a transport, by their names.
type costFit struct {
	costs, errors map[string]float64
	seconds       int
}

// fit finds the unit costs by going down one cost at a time, none below zero,
// until nothing moves.
func (a *audit) fit(transport string) costFit {
	if f, ok := a.fits[transport]; ok {
		return f
	}
	if len(a.used[transport]) == 0 {
		return costFit{}
	}
	var cpu []float64
	var inside []map[string]any
	requests, published := 0.0, 0.0
	for _, trial := range a.used[transport] {
		series := trial["series"].([]any)
		phase := func(i int) any { return series[i].(map[string]any)["phase"] }
		for i := 1; i+1 < len(series); i++ {
			known := series[i].(map[string]any)["server_rss_bytes"].(float64) > 0
			if phase(i-1) != "steady" || phase(i) != "steady" || phase(i+1) != "steady" || !known {
				continue
			}
			second := series[i].(map[string]any)
			inside, cpu = append(inside, second), append(cpu, second["server_cpu_s"].(float64))
			requests += second["requests"].(float64)
			published += second["published"].(float64)
		}
	}
	names := []string{"CPU per delivery", "CPU per idle client-second"}
	if asked := a.used[transport][0]["asked"].(map[string]any); asked["paced"] == true {
		if names = []string{"CPU per poll with news", "CPU per empty poll"}; 20*published >= requests {
			names = append(names, "CPU per message published")
		}
	}
	column := func(name string) (list []float64) {
		for _, second := range inside {
			list = append(list, a.formulas[name].each(typed[result.Second](second)))
		}
		return list
	}
	names = slices.DeleteFunc(names, func(name string) bool { return stat.Sum(column(name)) == 0 })
	n := len(names)
	rows := make([][]float64, len(inside))
	for _, name := range names {
		for i, v := range column(name) {
			rows[i] = append(rows[i], v)
		}
	}
	squares, right := make([][]float64, n), make([]float64, n)
	for j := range n {
		squares[j] = make([]float64, n)
		for i, row := range rows {
			right[j] += row[j] * cpu[i]
			for k := range n {
				squares[j][k] += row[j] * row[k]
			}
		}
	}
	x := make([]float64, n)
	for moved := true; moved; {
		moved = false
		for j := range n {
			left := right[j]
			for k := range n {
				if k != j {
					left -= squares[j][k] * x[k]
				}
			}
			next := math.Max(0, left/squares[j][j])
			moved = moved || math.Abs(next-x[j]) > 1e-12*next
			x[j] = next
		}
	}
	least := 0.0
	for i, row := range rows {
		d := cpu[i]
		for j := range n {
			d -= x[j] * row[j]
		}
		least += d * d
	}
	f := costFit{map[string]float64{}, map[string]float64{}, len(rows)}
	for j, name := range names {
		f.costs[name] = x[j]
		f.errors[name] = math.Sqrt(least / float64(len(rows)-n) * inverse(squares)[j][j])
	}
	a.fits[transport] = f
	return f
}

// inverse is by Gauss and Jordan.
func inverse(m [][]float64) [][]float64 {
	n := len(m)
	w := make([][]float64, n)
	for i := range n {
		w[i] = append(append([]float64{}, m[i]...), make([]float64, n)...)
		w[i][n+i] = 1
	}
	for i := range n {
		pivot := w[i][i]
		for k := range w[i] {
			w[i][k] /= pivot
		}
		for j := range n {
			if by := w[j][i]; j != i {
				for k := range w[j] {
					w[j][k] -= by * w[i][k]
				}
			}
		}
	}
	for i := range n {
		w[i] = w[i][n:]
	}
	return w
}

// fitted checks a unit cost and its standard error.
func (a *audit) fitted(where, text string, f documentedFormula, transport string) {
	found := a.fit(transport)
	cost, ok := found.costs[f.name]
	err := found.errors[f.name]
	told := ok && cost > 0 && err <= cost/2
	switch {
	case text == "–":
		if told {
			a.fault("%s, want %v ± %v", where, cost, err)
		}
	case !told:
		a.fault("%s, which cannot be told", where)
	default:
		value, rest, _ := strings.Cut(text, " ± ")
		_, unit, _ := strings.Cut(rest, " ")
		a.one(where, value+" "+unit, f.unit, cost)
		a.one(fmt.Sprint(where, ", after ±"), rest, f.unit, err)
	}
}
