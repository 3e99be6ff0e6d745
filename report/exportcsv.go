package report

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"strconv"
	"strings"
)

// csv is summary.csv (RFC 4180): a line for each metric of each transport at
// each point that has it.
func (s *sweep) csv() ([]byte, error) {
	head := []string{"scenario", "scenario_hash"}
	for _, k := range pointKeys {
		head = append(head, k.name)
	}
	head = append(head, "transport", "metric", "unit", "statistic", "value", "low", "high", "trials", "validity")

	var text bytes.Buffer
	w := csv.NewWriter(&text)
	w.UseCRLF = true
	lines := [][]string{head}
	for _, p := range s.points {
		point := []string{unformula(p.head.Scenario), unformula(p.head.ScenarioHash)}
		for _, k := range pointKeys {
			point = append(point, inFull(k.of(&p.head)))
		}
		for i := range p.sides {
			lines = append(lines, p.sides[i].csv(point)...)
		}
	}
	if err := w.WriteAll(lines); err != nil {
		return nil, fmt.Errorf("report: summary.csv: %w", err)
	}
	return text.Bytes(), nil
}

// csv is the side's lines, each of which begins with its point.
func (s *side) csv(point []string) (lines [][]string) {
	for i := range metrics {
		m := &metrics[i]
		c := m.cell(s.used)
		if !c.known() {
			continue
		}
		statistic := "median"
		if m.total {
			statistic = "sum"
		}
		line := append([]string{}, point...)
		lines = append(lines, append(line, unformula(s.transport), m.id(), exportUnits[m.unit].csv, statistic,
			inFull(c.value), inFull(c.low), inFull(c.high), strconv.Itoa(len(c.values)), string(s.stamp)))
	}
	return lines
}

// unformula marks as text what a spreadsheet would take for a formula.
func unformula(s string) string {
	if s != "" && strings.ContainsRune("=+-@\t\r", rune(s[0])) {
		return "'" + s
	}
	return s
}
