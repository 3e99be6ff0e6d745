package export

import (
	"bytes"
	"encoding/csv"
	"slices"
	"strconv"
	"strings"

	"github.com/pollpush/pollpush/report/internal/trials"
)

// table is summary.csv (RFC 4180): a line for each metric of each transport at
// each point that has it.
func table(s *trials.Set, b *bytes.Buffer) error {
	head := []string{"scenario", "scenario_hash"}
	for _, x := range trials.Axes {
		head = append(head, x.Field)
	}
	lines := [][]string{append(head, "transport", "metric", "unit", "statistic", "value", "low", "high", "trials", "validity")}
	for p, side := range s.Sides() {
		point := []string{unformula(p.Head.Scenario), unformula(p.Head.ScenarioHash)}
		for _, x := range trials.Axes {
			point = append(point, inFull(x.Of(&p.Head)))
		}
		point = append(point, unformula(side.Transport))
		for m, c := range cells(side) {
			lines = append(lines, slices.Concat(point, []string{m.ID(), m.Unit.Names().CSV, statistic(m),
				inFull(c.Value), inFull(c.Low), inFull(c.High), strconv.Itoa(len(c.Values)), string(side.Stamp)}))
		}
	}
	w := csv.NewWriter(b)
	w.UseCRLF = true
	return w.WriteAll(lines)
}

// unformula marks as text what a spreadsheet would take for a formula.
func unformula(s string) string {
	if s != "" && strings.ContainsRune("=+-@\t\r", rune(s[0])) {
		return "'" + s
	}
	return s
}
