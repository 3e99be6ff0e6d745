package control

import (
	"fmt"

	"github.com/pollpush/pollpush/internal/chat"
	"github.com/pollpush/pollpush/internal/proc"
	"github.com/pollpush/pollpush/internal/scenario"
)

// size is how many processes a trial takes.
type size struct{ shards, servers int }

const (
	// ownFiles are the descriptors that a process needs beside its clients'.
	ownFiles = 100
	// clientMemory is what a client takes on both sides and in the kernel,
	// generously, and baseMemory what the processes take without any.
	clientMemory = 48 << 10
	tlsMemory    = 32 << 10 // what TLS adds to it
	baseMemory   = 256 << 20
	// Every delivery's latency is kept, by its shard and then by the controller;
	// no machine makes more of them than maxDeliveries a second.
	deliveryMemory = 2 * 8
	maxDeliveries  = 2_000_000
	// maxMessages is how many messages may be due in a trial.
	maxMessages = 100_000_000
)

// fit finds how many processes the scenario needs on this machine. No process
// may hold more connections than it may hold descriptors, and no address may
// dial one server more often than it has ports. How a shard's clients fall on
// the servers depends on what shards and rooms have in common, so no shard gets
// more connections than one address has ports.
func fit(s scenario.Scenario, m proc.Machine, ownServer bool) (size, error) {
	publishers := 0
	if s.Publish.Rate > 0 {
		publishers = s.Rooms * s.Publish.Publishers
	}
	connections := s.Clients + publishers // those that poll publish over a second one
	perProcess := int(m.NoFile) - ownFiles
	if perProcess < 1 {
		return size{}, refuse("a process may hold %d descriptors, but needs at least %d: raise the limit (ulimit -n)", m.NoFile, ownFiles+1)
	}

	z := size{shards: s.Shards}
	needed, forPorts := ceil(connections, perProcess), 1
	if m.Ports > 1 {
		forPorts = ceil(connections, int(m.Ports)-1) // clients and publishers are dealt out apart: one may be over
	}
	if z.shards == 0 {
		// The servers want their half of the cores.
		z.shards = min(max(needed, forPorts, int(m.Usable())/4, 1), s.Clients)
	} else if z.shards < needed {
		return size{}, refuse("%d clients need %d descriptors in each of %d shards, but a process may hold %d: use at least %d shards, or shards: auto",
			s.Clients, ceil(connections, z.shards)+ownFiles, z.shards, m.NoFile, needed)
	}

	if ownServer {
		ofRoom := publishers / s.Rooms
		perRoom := ceil(s.Clients, s.Rooms) + ofRoom
		if perRoom > perProcess {
			return size{}, refuse("a room of %d clients needs %d descriptors in its server process, which may hold %d: use fewer clients, or %d rooms",
				ceil(s.Clients, s.Rooms), perRoom+ownFiles, m.NoFile, ceil(s.Clients, max(perProcess-ofRoom, 1)))
		}
		roomsPerServer := min(perProcess/perRoom, chat.MaxRooms)
		z.servers = ceil(s.Rooms, roomsPerServer)
	}
	if perShard := ceil(s.Clients, z.shards) + ceil(publishers, z.shards); m.Ports > 0 && int64(perShard) > m.Ports {
		return size{}, refuse("%d connections from one shard need as many local ports, but only %d are available: use at least %d shards, or shards: auto",
			perShard, m.Ports, forPorts)
	}
	if err := fitMemory(s, connections, m.AvailableBytes); err != nil {
		return size{}, err
	}
	return z, nil
}

// fitMemory refuses what the memory available cannot hold; 0 is unknown.
func fitMemory(s scenario.Scenario, connections int, available int64) error {
	// Floating point: a rate or a steady state may be beyond all reason.
	steady := s.Phases.Steady.Seconds()
	messages := s.Publish.Rate * steady * float64(s.Rooms)
	if messages > maxMessages {
		return refuse("%.0f messages are due in the steady state, but a trial can have at most %d: use a lower rate or a shorter steady state", messages, maxMessages)
	}
	if available <= 0 {
		return nil
	}
	perClient := clientMemory
	if s.TLS {
		perClient += tlsMemory
	}
	need := float64(baseMemory) + float64(connections)*float64(perClient)
	if need > float64(available) {
		return refuse("%d clients need about %s of memory, but only %s are free: use fewer clients", s.Clients, mebibytes(int64(need)), mebibytes(available))
	}
	deliveries := min(messages*float64(s.Clients)/float64(s.Rooms), maxDeliveries*steady)
	if need += deliveries * deliveryMemory; need > float64(available) {
		return refuse("%.0f deliveries to %d clients need about %s of memory, but only %s are free: use a lower rate, fewer clients or a shorter steady state",
			deliveries, s.Clients, mebibytes(int64(need)), mebibytes(available))
	}
	return nil
}

func ceil(a, b int) int { return (a + b - 1) / b }

func mebibytes(n int64) string { return fmt.Sprintf("%d MiB", n>>20) }
