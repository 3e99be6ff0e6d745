package export

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"strconv"
	"strings"

	"github.com/pollpush/pollpush/report/internal/metric"
	"github.com/pollpush/pollpush/report/internal/trials"
)

// setCsv is summary.csv (RFC 4180): a line for each metric of each transport at
// each point that has it.
func setCsv(s *trials.Set) ([]byte, error) {
	head := []string{"scenario", "scenario_hash"}
	for _, k := range pointKeys {
		head = append(head, k.name)
	}
	head = append(head, "transport", "metric", "unit", "statistic", "value", "low", "high", "trials", "validity")

	var text bytes.Buffer
	w := csv.NewWriter(&text)
	w.UseCRLF = true
	lines := [][]string{head}
	for _, p := range s.Points {
		point := []string{unformula(p.Head.Scenario), unformula(p.Head.ScenarioHash)}
		for _, k := range pointKeys {
			point = append(point, inFull(k.of(&p.Head)))
		}
		for i := range p.Sides {
			lines = append(lines, sideCsv(&p.Sides[i], point)...)
		}
	}
	if err := w.WriteAll(lines); err != nil {
		return nil, fmt.Errorf("report: summary.csv: %w", err)
	}
	return text.Bytes(), nil
}

// sideCsv is the side's lines, each of which begins with its point.
func sideCsv(s *trials.Side, point []string) (lines [][]string) {
	for i := range metric.Metrics {
		m := &metric.Metrics[i]
		c := m.Cell(s.Used)
		if !c.Known() {
			continue
		}
		statistic := "median"
		if m.Total {
			statistic = "sum"
		}
		line := append([]string{}, point...)
		lines = append(lines, append(line, unformula(s.Transport), m.ID(), exportUnits[m.Unit].csv, statistic,
			inFull(c.Value), inFull(c.Low), inFull(c.High), strconv.Itoa(len(c.Values)), string(s.Stamp)))
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
