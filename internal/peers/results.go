package main

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"

	"github.com/pollpush/pollpush/internal/file"
)

// Results are all that was measured. Tables and chart are made of nothing else.
type Results struct {
	Date     string            `json:"date"`
	Machine  string            `json:"machine"`
	Versions map[string]string `json:"versions"` // by program
	Missing  []string          `json:"missing"`  // what was left out, and why
	Repeats  int               `json:"repeats"`
	Scale    float64           `json:"scale"` // of the clients; 1 but for trying the command out
	Trials   []Trial           `json:"trials"`
}

// Spec is one cell: a load on a server.
type Spec struct {
	Work    string `json:"work"` // ws, poll or closed
	Load    string `json:"load"`
	Server  string `json:"server"`
	Clients int    `json:"clients"` // before scaling
}

// Trial is what one run of a cell gave, between the edges of its window.
type Trial struct {
	Spec
	Repeat     int     `json:"repeat"`
	Operations int64   `json:"operations"` // messages received, or polls answered
	Seconds    float64 `json:"seconds"`
	LoadCPU    int64   `json:"load_cpu_ns"`
	ServerCPU  int64   `json:"server_cpu_ns"`
	LoadRSS    int64   `json:"load_rss_bytes"`   // at the window's end
	ServerRSS  int64   `json:"server_rss_bytes"` // likewise
	ServerIdle int64   `json:"server_idle_rss_bytes"`
}

func (t Trial) rate() float64 { return float64(t.Operations) / t.Seconds }

// few is how many clients a load has when its memory without clients is read.
const few = 10

// clients are how many a cell has. Few, and the connections of a closed loop, stay.
func (r *Results) clients(n int) int {
	if n == few || n == connections {
		return n
	}
	return int(float64(n) * r.Scale)
}

// values are what f gives of each repeat in which all the cells were measured.
func (r *Results) values(f func(t []Trial) float64, cells ...Spec) (list []float64) {
	for repeat := range r.Repeats {
		var found []Trial
		for _, c := range cells {
			if i := slices.IndexFunc(r.Trials, func(t Trial) bool { return t.Spec == c && t.Repeat == repeat }); i >= 0 {
				found = append(found, r.Trials[i])
			}
		}
		if len(found) == len(cells) {
			list = append(list, f(found))
		}
	}
	return list
}

// measure is what is read of a cell: seconds of CPU or bytes.
type measure func(r *Results, s Spec) []float64

func loadCPU(r *Results, s Spec) []float64 {
	return r.values(func(t []Trial) float64 { return float64(t[0].LoadCPU) / 1e9 / float64(t[0].Operations) }, s)
}

func serverCPU(r *Results, s Spec) []float64 {
	return r.values(func(t []Trial) float64 { return float64(t[0].ServerCPU) / 1e9 / float64(t[0].Operations) }, s)
}

// loadMemory is by how much the load's RSS is larger than that of one with few
// clients, for each client more.
func loadMemory(r *Results, s Spec) []float64 {
	small := s
	small.Clients = few
	return r.values(func(t []Trial) float64 {
		return float64(t[0].LoadRSS-t[1].LoadRSS) / float64(r.clients(s.Clients)-few)
	}, s, small)
}

func serverMemory(r *Results, s Spec) []float64 {
	return r.values(func(t []Trial) float64 {
		return float64(t[0].ServerRSS-t[0].ServerIdle) / float64(r.clients(s.Clients))
	}, s)
}

// ratio divides what two cells gave in the same repeat.
func ratio(r *Results, m measure, a, b Spec) (list []float64) {
	for repeat := range r.Repeats {
		one := *r
		one.Trials = slices.DeleteFunc(slices.Clone(r.Trials), func(t Trial) bool { return t.Repeat != repeat })
		if x, y := m(&one, a), m(&one, b); len(x) > 0 && len(y) > 0 {
			list = append(list, x[0]/y[0])
		}
	}
	return list
}

func readResults(path string) (r Results, err error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return r, err
	}
	if err := file.Decode(text, &r); err != nil {
		return r, fmt.Errorf("%s: %w", path, err)
	}
	return r, nil
}

func (r *Results) write(path string) error {
	text, err := json.MarshalIndent(r, "", "\t")
	if err != nil {
		return err
	}
	return file.Write(path, append(text, '\n'))
}
