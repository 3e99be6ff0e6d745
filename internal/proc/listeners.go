package proc

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/prometheus/procfs"
)

// Listens reports whether one of the processes holds a socket that listens on a
// TCP port.
func Listens(pids []int, port uint16) bool {
	listening := listeners("self", port)
	return slices.ContainsFunc(pids, func(pid int) bool { return len(held(pid, listening)) > 0 })
}

// Stranger is the process that listens on a TCP port where neither pid does, nor
// a process akin to it: what it has started and its process group, unless it, or
// the group's leader, has started the caller too, and its parents. It is 0 where that cannot be told for certain: who
// holds one of the port's sockets is not seen, or pid is in another network
// namespace.
func Stranger(pid int, port uint16) int {
	listening := listeners("self", port)
	if !maps.Equal(listening, listeners(strconv.Itoa(pid), port)) {
		return 0
	}
	all, err := procfs.AllProcs()
	if err != nil {
		return 0
	}
	akin, stranger, seen := kin(pid, all), 0, map[string]bool{}
	for _, p := range all {
		sockets := held(p.PID, listening)
		if len(sockets) > 0 && akin[p.PID] {
			return 0
		}
		for _, socket := range sockets {
			stranger, seen[socket] = p.PID, true
		}
	}
	if len(seen) < len(listening) {
		return 0
	}
	return stranger
}

// kin are a process and those akin to it.
func kin(pid int, all procfs.Procs) map[int]bool {
	parent, group := map[int]int{}, map[int]int{}
	for _, p := range all {
		if stat, err := p.Stat(); err == nil {
			parent[p.PID], group[p.PID] = stat.PPID, stat.PGRP
		}
	}
	under := func(p, top int) bool {
		for ; p != 0 && p != top; p = parent[p] {
		}
		return p == top
	}
	self, akin, leader := os.Getpid(), map[int]bool{}, group[pid]
	_, led := parent[leader]
	led = led && !under(self, leader) // not by a shell in which all were started
	for p := range parent {
		akin[p] = under(pid, p) || under(p, pid) && !under(self, pid) || led && group[p] == leader
	}
	return akin
}

// listeners are the sockets that listen on a TCP port in a process's network
// namespace, as the process's descriptors name them.
func listeners(pid string, port uint16) map[string]bool {
	all := map[string]bool{}
	for _, family := range []string{"tcp", "tcp6"} {
		sockets, _ := os.ReadFile("/proc/" + pid + "/net/" + family) // a kernel without one of the families has none of its sockets
		for line := range strings.Lines(string(sockets)) {
			const address, state, inode, listening = 1, 3, 9, "0A"
			if f := strings.Fields(line); len(f) > inode && f[state] == listening && strings.HasSuffix(f[address], fmt.Sprintf(":%04X", port)) {
				all["socket:["+f[inode]+"]"] = true
			}
		}
	}
	return all
}

// held are those of the sockets that a process holds. Of another user's process
// none is known.
func held(pid int, sockets map[string]bool) (all []string) {
	p, err := procfs.NewProc(pid)
	if err != nil {
		return nil
	}
	open, _ := p.FileDescriptorTargets()
	return slices.DeleteFunc(open, func(target string) bool { return !sockets[target] })
}
