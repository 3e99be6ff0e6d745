package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/pollpush/pollpush/internal/quantity"
	"github.com/pollpush/pollpush/internal/stat"
)

// unit is how values of a row are printed.
type unit struct {
	size float64
	name string
}

var (
	micros = unit{1e-6, " µs"}
	kib    = unit{1024, " KiB"}
	times  = unit{1, " ×"}
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

func (w row) values(r *Results, program string) []float64 {
	return r.values(func(of repeat) float64 { return w.read(r, of, w.cell(program)) })
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
	[]string{ours, k6, k6least, node, vegeta, wrk, sink},
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
	read      func(r *Results, of repeat) float64
	unit      unit
	must, aim float64 // at least; at most where aim is the smaller
}

func ratio(m measure, a, b Spec) func(*Results, repeat) float64 {
	return func(r *Results, of repeat) float64 { return m(r, of, a) / m(r, of, b) }
}

func memory(s Spec) func(*Results, repeat) float64 {
	return func(r *Results, of repeat) float64 { return loadMemory(r, of, s) }
}

var targets = []target{
	{"k6 least ÷ pollpush, CPU per WebSocket message", ratio(loadCPU, receiving.by(k6least), receiving), times, 4, 5},
	{"k6 ÷ pollpush, CPU per poll", ratio(loadCPU, polling.by(k6), polling), times, 3.2, 4},
	{"C sink ÷ pollpush, CPU per WebSocket message", ratio(loadCPU, receiving.by(sink), receiving), times, 0.75, 0.9},
	{"C sink ÷ pollpush, CPU per poll", ratio(loadCPU, polling.by(sink), polling), times, 0.75, 0.9},
	{"wrk ÷ pollpush, CPU per poll in a closed loop", ratio(loadCPU, looping.by(wrk), looping), times, 0.8, 1},
	{"memory per WebSocket client", memory(receiving), kib, 1.5 * 1024, 0.7 * 1024},
	{"memory per polling client", memory(polling), kib, 1.5 * 1024, 0.7 * 1024},
	{"gorilla hub ÷ chatserver, CPU per delivery, 10,000 connections", ratio(serverCPU, fanOut(10000).on(hub), fanOut(10000)), times, 1.6, 2},
	{"chatserver ÷ bare net/http, CPU per poll", ratio(serverCPU, flatOut, flatOut.on(bare)), times, 1.1, 1.05},
}

// reached says which of both a median reaches.
func (t target) reached(list []float64) string {
	if len(list) == 0 {
		return "not measured"
	}
	m := stat.Median(list)
	better := func(limit float64) bool { return m == limit || m < limit == (t.aim < t.must) }
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
		list := r.values(func(of repeat) float64 { return t.read(r, of) })
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
			fmt.Fprintf(b, " %s |", row.unit.text(row.values(r, p)))
		}
		b.WriteString("\n")
	}
}

// remarks are rates that were not reached, what is missing, and versions.
func (r *Results) remarks(b *strings.Builder) {
	b.WriteString("\n")
	for _, s := range specs() {
		rates := r.values(func(of repeat) float64 { return of[s].rate() })
		asked := s.asked() * float64(r.clients(s.Clients)) / float64(s.Clients)
		switch {
		case len(rates) == 0 || s.Clients == few:
		case asked == 0:
			fmt.Fprintf(b, "- %s on %s, closed loop: %.0f polls a second.\n", s.Load, s.Server, stat.Median(rates))
		case stat.Median(rates) < 0.98*asked:
			fmt.Fprintf(b, "- %s on %s, %d clients: %.0f of %.0f %s a second.\n", s.Load, s.Server, r.clients(s.Clients), stat.Median(rates), asked, s.operations())
		}
	}
	if n := len(slices.DeleteFunc(slices.Clone(r.Trials), func(t Trial) bool { return t.Others <= 0.1 })); n > 0 {
		fmt.Fprintf(b, "- **Other programs took more than 0.1 cores beside %d of %d trials: measure again on a quiet machine.**\n", n, len(r.Trials))
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
