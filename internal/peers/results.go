package main

import (
	"encoding/json"
	"fmt"
	"math"
	"os"

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
	Others     float64 `json:"others_cores"` // used by other processes, this one included
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

// repeat has the trials of one repeat.
type repeat map[Spec]Trial

// values are what f gives of each repeat, but for NaN: a cell that was not measured.
func (r *Results) values(f func(repeat) float64) (list []float64) {
	for n := range r.Repeats {
		cells := repeat{}
		for _, t := range r.Trials {
			if t.Repeat == n {
				cells[t.Spec] = t
			}
		}
		if v := f(cells); !math.IsNaN(v) {
			list = append(list, v)
		}
	}
	return list
}

// measure reads one quantity of a cell: seconds of CPU for each operation, or bytes
// for each client.
type measure func(r *Results, of repeat, s Spec) float64

func loadCPU(_ *Results, of repeat, s Spec) float64 {
	return float64(of[s].LoadCPU) / 1e9 / float64(of[s].Operations)
}

func serverCPU(_ *Results, of repeat, s Spec) float64 {
	return float64(of[s].ServerCPU) / 1e9 / float64(of[s].Operations)
}

// loadMemory is by how much the load is larger than one with few clients.
func loadMemory(r *Results, of repeat, s Spec) float64 {
	small := s
	small.Clients = few
	if of[s].LoadRSS == 0 || of[small].LoadRSS == 0 {
		return math.NaN()
	}
	return float64(of[s].LoadRSS-of[small].LoadRSS) / float64(r.clients(s.Clients)-few)
}

// serverMemory is by how much the server has grown since before the first client.
func serverMemory(r *Results, of repeat, s Spec) float64 {
	if of[s].ServerRSS == 0 {
		return math.NaN()
	}
	return float64(of[s].ServerRSS-of[s].ServerIdle) / float64(r.clients(s.Clients))
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
