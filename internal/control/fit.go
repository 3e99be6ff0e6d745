package control

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/pollpush/pollpush/internal/chat"
	"github.com/pollpush/pollpush/internal/proc"
	"github.com/pollpush/pollpush/internal/quantity"
	"github.com/pollpush/pollpush/internal/result"
	"github.com/pollpush/pollpush/internal/scenario"
	"github.com/pollpush/pollpush/internal/transport"
)

// size is how many processes a trial takes, and how many event loops each shard.
type size struct{ shards, servers, loops int }

const (
	// ownFiles are the descriptors that a process needs beside its clients'.
	ownFiles = 100
	// A connection takes about so much on both sides and in the kernel, generously:
	// most of it in the server's net/http, which push has left.
	pushMemory    = 18 << 10
	requestMemory = 56 << 10
	tlsMemory     = 32 << 10  // more with TLS
	baseMemory    = 256 << 20 // of the processes without clients
	// Every delivery's latency is kept, by its shard and then by the controller;
	// no machine makes more of them than maxDeliveries a second.
	deliveryMemory = 2 * 8
	maxDeliveries  = 2_000_000
	// maxMessages is how many messages may be due in a trial.
	maxMessages = 100_000_000
)

// limit is how many clients something allows at most, and what is said of more.
type limit struct {
	clients int
	what    string // such as memoryLimit
	refusal error
}

const memoryLimit = "memory"

// fit finds how many processes the scenario needs on this machine: no process may
// hold more connections than it may hold descriptors. Target is the base URL of a
// server that is not ours, which is taken as it is; "" is none. What it returns
// beside is the limit that more clients would meet first.
func fit(s scenario.Scenario, m proc.Machine, target string) (z size, next limit, err error) {
	perProcess := int(m.NoFile) - ownFiles
	if perProcess < 1 {
		return z, next, refuse("a process may hold %d descriptors, but needs at least %d: raise the limit (ulimit -n)", m.NoFile, ownFiles+1)
	}
	ofRoom := 0 // connections that only publish
	if s.Publish.Rate > 0 && slices.ContainsFunc(s.Transports, posts) {
		ofRoom = s.Publish.Publishers
	}
	connections := s.Clients + s.Rooms*ofRoom
	var limits []limit
	add := func(most int, what, refusal string, args ...any) {
		limits = append(limits, limit{most, what, refuse(refusal, args...)})
	}

	needed := ceil(connections, perProcess)
	if z.shards = s.Shards; z.shards == 0 {
		z.shards = max(needed, 1)
	} else {
		add(z.shards*perProcess-s.Rooms*ofRoom, fmt.Sprintf("descriptors of %s", quantity.Of(z.shards, "shard")),
			"%d clients need %d descriptors in each of %d shards, but a process may hold %d: use at least %d shards, or shards: auto",
			s.Clients, ceil(connections, z.shards)+ownFiles, z.shards, m.NoFile, needed)
	}
	// The servers want their half of the cores.
	z.loops = max(1, min(int(m.Usable()/2), s.Clients)/z.shards)
	if target == "" {
		perRoom := ceil(s.Clients, s.Rooms) + ofRoom
		z.servers = ceil(s.Rooms, min(max(perProcess/perRoom, 1), chat.MaxRooms))
		add(s.Rooms*(perProcess-ofRoom), "descriptors of the server process that a room lives in",
			"a room of %d clients needs %d descriptors in its server process, which may hold %d, and a room cannot be split: use fewer clients, or %d rooms",
			ceil(s.Clients, s.Rooms), perRoom+ownFiles, m.NoFile, ceil(s.Clients, max(perProcess-ofRoom, 1)))
	} else if m.Ports > 0 && !loopback([]string{target}) { // whom shards reach from one address only
		add(int(m.Ports)-s.Rooms*ofRoom, "local ports to the target",
			"%d connections to target %s need as many local ports, but only %d are available: use fewer clients", connections, target, m.Ports)
	}
	if m.AvailableBytes > 0 {
		need := float64(baseMemory) + float64(connections)*perConnection(s)
		add(int((float64(m.AvailableBytes)-baseMemory)/perConnection(s))-s.Rooms*ofRoom, memoryLimit,
			"%d clients need about %s of memory, but only %s are free: use fewer clients", s.Clients, mebibytes(need), mebibytes(float64(m.AvailableBytes)))
	}
	for _, l := range limits {
		if l.clients < s.Clients {
			return z, l, l.refusal
		}
	}
	if len(limits) > 0 {
		next = slices.MinFunc(limits, func(a, b limit) int { return cmp.Compare(a.clients, b.clients) })
	}
	return z, next, fitMessages(s, connections, m.AvailableBytes)
}

// posts reports whether those who publish by a transport need a second connection.
func posts(name string) bool {
	t, _ := transport.Find(name)
	return t.Posts
}

// perConnection is the memory that a connection takes, by the transport that takes
// most.
func perConnection(s scenario.Scenario) float64 {
	memory := pushMemory
	for _, name := range s.Transports {
		if t, _ := transport.Find(name); t.Paced || t.Wait > 0 || t.Heartbeat > 0 {
			memory = requestMemory
		}
	}
	if s.TLS {
		memory += tlsMemory
	}
	return float64(memory)
}

// fitMessages refuses more messages than a trial can have, and more deliveries
// than the memory available can hold; 0 is unknown.
func fitMessages(s scenario.Scenario, connections int, available int64) error {
	// Floating point: a rate or a steady state may be beyond all reason.
	steady := s.Phases.Steady.Seconds()
	messages := s.Publish.Rate * steady * float64(s.Rooms)
	if messages > maxMessages {
		return refuse("%.0f messages are due in the steady state, but a trial can have at most %d: use a lower rate or a shorter steady state", messages, maxMessages)
	}
	deliveries := min(messages*float64(s.Clients)/float64(s.Rooms), maxDeliveries*steady)
	need := baseMemory + float64(connections)*perConnection(s) + deliveries*deliveryMemory
	if available > 0 && need > float64(available) {
		return refuse("%.0f deliveries to %d clients need about %s of memory, but only %s are free: use a lower rate, fewer clients or a shorter steady state",
			deliveries, s.Clients, mebibytes(need), mebibytes(float64(available)))
	}
	return nil
}

// strain says how much of what there is a trial has used, the most strained first:
// what stops a larger one.
func strain(t *result.Trial, m proc.Machine, next limit) string {
	type used struct {
		share float64
		text  string
	}
	generator, server, memory := t.Generator.CPUS()/t.WindowS, 0.0, memoryOf(&t.Generator)
	side := "generator"
	if t.Server != nil {
		server = t.Server.CPUS() / t.WindowS
		memory += memoryOf(t.Server)
		if server > generator {
			side = "server"
		}
	}
	all := []used{{(generator + server) / m.Usable(), fmt.Sprintf("CPU of the %s (generator %.2f, server %.2f of %s cores)", side, generator, server, quantity.Plain(m.Usable(), 3))}}
	if m.AvailableBytes > 0 {
		all = append(all, used{memory / float64(m.AvailableBytes), fmt.Sprintf("memory (%s of %s)", mebibytes(memory), mebibytes(float64(m.AvailableBytes)))})
	}
	if next.clients > 0 && next.what != memoryLimit { // which has been measured
		all = append(all, used{float64(t.Clients) / float64(next.clients), next.what})
	}
	slices.SortStableFunc(all, func(a, b used) int { return cmp.Compare(b.share, a.share) })
	texts := make([]string, len(all))
	for i, u := range all {
		texts[i] = fmt.Sprintf("%.0f %% of %s", 100*u.share, u.text)
	}
	return strings.Join(texts, ", ")
}

// memoryOf is what processes held at most, and the kernel for their sockets.
func memoryOf(c *result.Cost) float64 {
	held := c.RSSPeakBytes
	if c.Connected != nil {
		held += c.Connected.SocketBytes
	}
	return float64(held)
}

func ceil(a, b int) int { return (a + b - 1) / b }

func mebibytes(n float64) string { return fmt.Sprintf("%d MiB", int64(n)>>20) }
