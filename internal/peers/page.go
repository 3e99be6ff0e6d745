package main

import (
	"bytes"
	"fmt"
	"os"
	"slices"

	"github.com/pollpush/pollpush/internal/file"
	"github.com/pollpush/pollpush/report"
)

const (
	page    = "docs/performance.md"
	part    = "peers"
	picture = "docs/images/peers.png"
)

// chart is a picture of the rows that matter most.
func (r *Results) chart() ([]byte, error) {
	var panels []report.BarPanel
	for _, p := range []struct {
		heading  string
		unit     report.Unit
		programs []string
		row      row
	}{
		{"generator CPU per WebSocket message", report.Seconds, generators.programs, generators.rows[0]},
		{"server CPU per delivery at 10,000 clients", report.Seconds, servers.programs, servers.rows[2]},
		{"generator CPU per poll", report.Seconds, generators.programs, generators.rows[1]},
		{"server CPU per poll, flat out", report.Seconds, servers.programs, servers.rows[4]},
		{"generator memory per WebSocket client", report.Memory, generators.programs, generators.rows[3]},
		{"server memory per client at 10,000", report.Memory, servers.programs, servers.rows[3]},
	} {
		panel := report.BarPanel{Heading: p.heading, Unit: p.unit}
		for _, name := range p.programs {
			if list := p.row.values(r, name); len(list) > 0 {
				panel.Bars = append(panel.Bars, report.Bar{Name: name, Values: list, StandsOut: name == ours})
			}
		}
		panels = append(panels, panel)
	}
	return report.Bars("peers", "pollpush beside other load generators and chat servers", []string{r.Machine + "; " + r.Date}, panels)
}

// publish writes the page's generated part, and its picture.
func (r *Results) publish() error {
	old, err := os.ReadFile(page)
	if err != nil {
		return err
	}
	text, err := replacePart(old, r.markdown())
	if err != nil {
		return err
	}
	drawn, err := r.chart()
	if err != nil {
		return err
	}
	if err := file.Write(picture, drawn); err != nil {
		return err
	}
	return file.Write(page, text)
}

// replacePart replaces what is between the marks of the generated part.
func replacePart(old []byte, text string) ([]byte, error) {
	begin, end := []byte("<!-- generated: "+part+" -->\n"), []byte("<!-- end: "+part+" -->")
	before, rest, found := bytes.Cut(old, begin)
	_, after, ended := bytes.Cut(rest, end)
	if !found || !ended {
		return nil, fmt.Errorf("%s lacks the lines %q and %q", page, begin, end)
	}
	return slices.Concat(before, begin, []byte(text), end, after), nil
}
