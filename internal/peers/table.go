package main

import (
	"bytes"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/pollpush/pollpush/internal/file"
	"github.com/pollpush/pollpush/internal/quantity"
	"github.com/pollpush/pollpush/internal/stat"
	"github.com/pollpush/pollpush/report"
)

// unit is how values of a row are printed.
type unit struct {
	size float64
	name string
}

var (
	micros = unit{1e-6, " µs"}
	kib    = unit{1024, " KiB"}
	times  = unit{1, ""}
)

// text is the median, and the range if it differs.
func (u unit) text(list []float64) string {
	if len(list) == 0 {
		return "–"
	}
	digits := func(v float64) string { return quantity.Digits(v/u.size, 3) }
	low, high := stat.Range(list)
	text := digits(stat.Median(list)) + u.name
	if digits(low) != digits(high) {
		text += fmt.Sprintf(" (%s–%s)", digits(low), digits(high))
	}
	return text
}

// row is one quantity of several programs.
type row struct {
	name string
	read measure
	unit unit
	cell func(program string) Spec
}

func (s Spec) by(load string) Spec   { s.Load = load; return s }
func (s Spec) on(server string) Spec { s.Server = server; return s }

var (
	receiving = Spec{ws, ours, ours, many}
	polling   = Spec{poll, ours, ours, many}
	looping   = Spec{closed, ours, ours, connections}
	flatOut   = Spec{closed, wrk, ours, connections}
)

func fanOut(n int) Spec { return Spec{ws, ours, ours, n} }

var generators = struct {
	programs []string
	rows     []row
}{
	[]string{ours, k6, node, vegeta, wrk, sink},
	[]row{
		{"CPU per WebSocket message: 5,000 clients, 4 a second each", loadCPU, micros, receiving.by},
		{"CPU per poll: 5,000 clients, 1 a second each, no news", loadCPU, micros, polling.by},
		{"CPU per poll: closed loop, 256 connections", loadCPU, micros, looping.by},
		{"memory per WebSocket client", loadMemory, kib, receiving.by},
		{"memory per polling client", loadMemory, kib, polling.by},
	},
}

var servers = struct {
	programs []string
	rows     []row
}{
	[]string{ours, hub, node, centrifuge, bare},
	[]row{
		{"CPU per delivery, 1,000 connections", serverCPU, micros, fanOut(1000).on},
		{"CPU per delivery, 5,000 connections", serverCPU, micros, fanOut(5000).on},
		{"CPU per delivery, 10,000 connections", serverCPU, micros, fanOut(10000).on},
		{"memory per connection, 10,000 connections", serverMemory, kib, fanOut(10000).on},
		{"CPU per poll, wrk with 256 connections", serverCPU, micros, flatOut.on},
	},
}

// target is what one comparison has to reach.
type target struct {
	name      string
	values    func(r *Results) []float64
	unit      unit
	must, aim float64 // at least; at most where aim is the smaller
}

func ratioOf(m measure, a, b Spec) func(r *Results) []float64 {
	return func(r *Results) []float64 { return ratio(r, m, a, b) }
}

var targets = []target{
	{"k6 ÷ pollpush, CPU per WebSocket message", ratioOf(loadCPU, receiving.by(k6), receiving), times, 4, 5},
	{"k6 ÷ pollpush, CPU per poll", ratioOf(loadCPU, polling.by(k6), polling), times, 3.2, 4},
	{"C sink ÷ pollpush, CPU per WebSocket message", ratioOf(loadCPU, receiving.by(sink), receiving), times, 0.75, 0.9},
	{"C sink ÷ pollpush, CPU per poll", ratioOf(loadCPU, polling.by(sink), polling), times, 0.75, 0.9},
	{"wrk ÷ pollpush, CPU per poll in a closed loop", ratioOf(loadCPU, looping.by(wrk), looping), times, 0.8, 1},
	{"memory per WebSocket client", func(r *Results) []float64 { return loadMemory(r, receiving) }, kib, 1.5 * 1024, 0.7 * 1024},
	{"memory per polling client", func(r *Results) []float64 { return loadMemory(r, polling) }, kib, 1.5 * 1024, 0.7 * 1024},
	{"gorilla hub ÷ chatserver, CPU per delivery, 10,000 connections", ratioOf(serverCPU, fanOut(10000).on(hub), fanOut(10000)), times, 1.6, 2},
	{"chatserver ÷ bare net/http, CPU per poll", ratioOf(serverCPU, flatOut, flatOut.on(bare)), times, 1.1, 1.05},
}

// reached says which of both a median reaches.
func (t target) reached(list []float64) string {
	if len(list) == 0 {
		return "not measured"
	}
	better := func(limit float64) bool {
		if m := stat.Median(list); t.aim < t.must {
			return m <= limit
		} else {
			return m >= limit
		}
	}
	switch {
	case better(t.aim):
		return "aim"
	case better(t.must):
		return "must"
	}
	return "no"
}

// markdown is the generated part of the page.
func (r *Results) markdown() string {
	var b strings.Builder
	fmt.Fprintf(&b, "\nMeasured %s on %s, in %s. Medians, ranges in brackets.\n", r.Date, r.Machine, quantity.Of(r.Repeats, "interleaved repeat"))
	if r.Scale != 1 {
		fmt.Fprintf(&b, "**Only a try: with %g times the clients that the rows name.**\n", r.Scale)
	}
	fmt.Fprintf(&b, "\n![Generators and servers compared](%s)\n", strings.TrimPrefix(picture, "docs/"))
	b.WriteString("\n### Load generators, on chatserver\n\n")
	r.table(&b, generators.programs, generators.rows)
	b.WriteString("\n### Servers, under pollpush's load\n\n")
	r.table(&b, servers.programs, servers.rows)
	b.WriteString("\n### Targets\n\n| | measured | must | aim | reached |\n|:--|--:|--:|--:|:--|\n")
	for _, t := range targets {
		list := t.values(r)
		limit := func(v float64) string {
			sign := "≥ "
			if t.aim < t.must {
				sign = "≤ "
			}
			return sign + quantity.Plain(v/t.unit.size, 3) + t.unit.name
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s |\n", t.name, t.unit.text(list), limit(t.must), limit(t.aim), t.reached(list))
	}
	r.remarks(&b)
	return b.String()
}

func (r *Results) table(b *strings.Builder, programs []string, rows []row) {
	fmt.Fprintf(b, "| | %s |\n|:--|%s\n", strings.Join(programs, " | "), strings.Repeat("--:|", len(programs)))
	for _, row := range rows {
		fmt.Fprintf(b, "| %s |", row.name)
		for _, p := range programs {
			fmt.Fprintf(b, " %s |", row.unit.text(row.read(r, row.cell(p))))
		}
		b.WriteString("\n")
	}
}

// remarks are rates that were not reached, what is missing, and versions.
func (r *Results) remarks(b *strings.Builder) {
	b.WriteString("\n")
	for _, s := range specs() {
		rates := r.values(func(t []Trial) float64 { return t[0].rate() }, s)
		asked := s.asked() * float64(r.clients(s.Clients)) / float64(s.Clients)
		switch {
		case len(rates) == 0 || s.Clients == few:
		case asked == 0:
			fmt.Fprintf(b, "- %s on %s, closed loop: %.0f polls a second.\n", s.Load, s.Server, stat.Median(rates))
		case stat.Median(rates) < 0.98*asked:
			fmt.Fprintf(b, "- %s on %s, %d clients: %.0f of %.0f operations a second.\n", s.Load, s.Server, r.clients(s.Clients), stat.Median(rates), asked)
		}
	}
	for _, line := range r.Missing {
		fmt.Fprintf(b, "- %s\n", line)
	}
	var versions []string
	for name, v := range r.Versions {
		versions = append(versions, name+" "+v)
	}
	slices.Sort(versions)
	fmt.Fprintf(b, "- Versions: %s.\n\n", strings.Join(versions, "; "))
}

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
		{"server CPU per delivery, 10,000 connections", report.Seconds, servers.programs, servers.rows[2]},
		{"generator CPU per poll", report.Seconds, generators.programs, generators.rows[1]},
		{"server CPU per poll, flat out", report.Seconds, servers.programs, servers.rows[4]},
		{"generator memory per WebSocket client", report.Memory, generators.programs, generators.rows[3]},
		{"server memory per connection, 10,000 connections", report.Memory, servers.programs, servers.rows[3]},
	} {
		panel := report.BarPanel{Heading: p.heading, Unit: p.unit}
		for _, name := range p.programs {
			if list := p.row.read(r, p.row.cell(name)); len(list) > 0 {
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
