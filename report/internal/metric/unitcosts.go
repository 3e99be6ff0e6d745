package metric

import (
	"math"

	"github.com/pollpush/pollpush/internal/result"
	"github.com/pollpush/pollpush/report/internal/number"
)

// The parts of memory that are told apart from within.
var (
	Heap      = Metric{Name: "of it heap", Unit: number.Memory, Of: perIdleClient(func(m *result.Memory) int64 { return m.HeapBytes })}
	Remaining = Metric{Name: "of it the rest", Unit: number.Memory, Of: func(t *result.Trial) float64 {
		if t.Server == nil || t.Server.Connected == nil || t.Server.Connected.HeapBytes == 0 {
			return math.NaN()
		}
		return above(0, perIdleClient(func(m *result.Memory) int64 { return m.RSSBytes - m.HeapBytes - m.StackBytes })(t))
	}}
)

// IdleMemory is what a connected client takes of which memory, before anything
// is said.
var IdleMemory = []Metric{
	{Name: "memory per idle client", Unit: number.Memory, Of: perIdleClient(func(m *result.Memory) int64 { return m.RSSBytes })},
	Heap,
	{Name: "of it stacks", Unit: number.Memory, Of: perIdleClient(func(m *result.Memory) int64 { return m.StackBytes })},
	Remaining,
	{Name: "kernel sockets per idle client", Unit: number.Memory, Of: perIdleClient(func(m *result.Memory) int64 { return m.SocketBytes })},
}

// perIdleClient is by how much a kind of the server's memory grew until all were
// connected, for each client. A kind that was not told is zero.
func perIdleClient(kind func(*result.Memory) int64) func(*result.Trial) float64 {
	return func(t *result.Trial) float64 {
		if t.Server == nil || t.Server.Before == nil || t.Server.Connected == nil || t.Env.Outlives() || kind(t.Server.Connected) == 0 {
			return math.NaN()
		}
		return Over(float64(kind(t.Server.Connected)-kind(t.Server.Before)), float64(t.Clients))
	}
}
