package main

import (
	"math"
	"os"
	"testing"

	"gotest.tools/v3/assert"
	is "gotest.tools/v3/assert/cmp"
)

// The page shows what is stored, and nothing else.
func TestPageIsCurrent(t *testing.T) {
	r, err := readResults("../../docs/peers.json")
	assert.NilError(t, err)
	old, err := os.ReadFile("../../" + page)
	assert.NilError(t, err)
	now, err := replacePart(old, r.markdown())
	assert.NilError(t, err)
	assert.Check(t, string(now) == string(old), "out of date: run go run ./internal/peers -from docs/peers.json")
}

func TestEachCellIsMeasuredOnce(t *testing.T) {
	seen := map[Spec]bool{}
	for _, s := range specs() {
		assert.Check(t, !seen[s], s)
		seen[s] = true
	}
	for _, row := range append(generators.rows, servers.rows...) {
		assert.Check(t, seen[row.cell(ours)], row.name)
	}
}

// A repeat without one of the cells gives no number, never a wrong one.
func TestNumbersByHand(t *testing.T) {
	r := Results{Repeats: 3, Scale: 0.1}
	for n, cpu := range []int64{2e9, 4e9, 6e9} {
		r.Trials = append(r.Trials,
			Trial{Spec: receiving, Repeat: n, Operations: 1e6, Seconds: 5, LoadCPU: cpu, ServerCPU: 1e9, LoadRSS: 12 << 20, ServerRSS: 9 << 20, ServerIdle: 4 << 20})
		if n > 0 {
			few := Spec{ws, ours, ours, few}
			r.Trials = append(r.Trials, Trial{Spec: receiving.by(k6least), Repeat: n, Operations: 1e5, Seconds: 5, LoadCPU: 2e9},
				Trial{Spec: receiving.by(node), Repeat: n, Operations: 100, Seconds: 5}, Trial{Spec: few, Repeat: n, Operations: 10, Seconds: 5, LoadRSS: 12<<20 - 490<<10})
		}
	}
	for _, c := range []struct {
		read func(*Results, repeat) float64
		unit unit
		want string
	}{
		{func(r *Results, of repeat) float64 { return loadCPU(r, of, receiving) }, micros, "4.00 µs (2.00–6.00)"},
		{func(r *Results, of repeat) float64 { return serverCPU(r, of, receiving) }, micros, "1.00 µs"},
		{func(r *Results, of repeat) float64 { return serverMemory(r, of, receiving) }, kib, "10.2 KiB"},
		{func(r *Results, of repeat) float64 { return serverMemory(r, of, polling) }, kib, "–"},
		{memory(receiving), kib, "1.00 KiB"},
		{ratio(loadCPU, receiving.by(k6least), receiving), times, "4.17 × (3.33–5.00)"},
		{ratio(loadCPU, receiving.by(wrk), receiving), times, "–"},
	} {
		got := c.unit.text(r.values(func(of repeat) float64 { return c.read(&r, of) }))
		assert.Check(t, is.Equal(got, c.want))
	}
	text := r.markdown()
	for _, want := range []string{
		"| k6 least ÷ pollpush, CPU per WebSocket message | 4.17 × (3.33–5.00) | ≥ 4 × | ≥ 5 × | must |",
		"| memory per WebSocket client | 1.00 KiB | ≤ 1.5 KiB | ≤ 0.7 KiB | must |",
		"| wrk ÷ pollpush, CPU per poll in a closed loop | – | ≥ 0.8 × | ≥ 1 × | not measured |",
		"- Node ws on pollpush, 500 clients: 20 of 2000 messages a second.",
	} {
		assert.Check(t, is.Contains(text, want))
	}
}

func TestMetric(t *testing.T) {
	n, err := metric("# HELP a\na 1\nab 2.5e+06\n", "ab")
	assert.Check(t, n == 2_500_000 && err == nil, "%d, %v", n, err)
	_, err = metric("a 1\n", "b")
	assert.ErrorContains(t, err, "no b")
	assert.Check(t, math.IsNaN(loadCPU(nil, repeat{}, receiving)))
}
