package proc

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"github.com/prometheus/procfs"
	"golang.org/x/sys/unix"
)

// Sockets is what the kernel holds for TCP connections; it is in no process's
// RSS.
type Sockets struct {
	Count int64

	// BufferBytes is what `ss -m` shows, added up: bytes received and not yet
	// read (r), sent and not yet acknowledged (w), reserved for the next of
	// either (f), options (o) and backlog (bl). Bytes count as the kernel
	// charges them, with what its packets take.
	BufferBytes int64

	// ObjectBytes is what the sockets themselves take: for each, its share of
	// the kernel's memory for one TCP socket, inode, directory entry and open
	// file, by /proc/slabinfo. 0 where that cannot be read: it takes root.
	ObjectBytes int64
}

// Bytes is all of it.
func (s Sockets) Bytes() int64 { return s.BufferBytes + s.ObjectBytes }

// ReadSockets reads what the kernel holds for the established connections from
// a local port to a remote one, in this network namespace; 0 means any
// port. A connection over loopback has two sockets, one for each direction of
// asking. It takes about a microsecond for each socket of the machine.
func ReadSockets(local, remote uint16) (s Sockets, err error) {
	slabs, _ := os.ReadFile("/proc/slabinfo")
	for _, family := range []struct {
		number byte
		cache  string
	}{{unix.AF_INET, "TCP"}, {unix.AF_INET6, "TCPv6"}} {
		var found Sockets
		if err := found.ask(family.number, local, remote); err != nil {
			return Sockets{}, fmt.Errorf("sockets of port %d to %d: asking the kernel (sock_diag): %w", local, remote, err)
		}
		each := 0.0
		for _, cache := range []string{family.cache, "sock_inode_cache", "dentry", "filp"} {
			each += slabBytes(slabs, cache)
		}
		s.Count += found.Count
		s.BufferBytes += found.BufferBytes
		s.ObjectBytes += int64(float64(found.Count) * each)
	}
	return s, nil
}

// The numbers of linux/inet_diag.h.
const (
	memInfo     = 7 // INET_DIAG_SKMEMINFO
	headerSize  = unix.SizeofNlMsghdr
	requestSize = headerSize + 56 // inet_diag_req_v2
	messageSize = 72              // inet_diag_msg; attributes follow
	established = 1               // TCP_ESTABLISHED
)

// ask adds the sockets of one family. The kernel chooses them by their ports.
func (s *Sockets) ask(family byte, local, remote uint16) error {
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.NETLINK_SOCK_DIAG)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	question := make([]byte, requestSize)
	binary.NativeEndian.PutUint32(question, requestSize)
	binary.NativeEndian.PutUint16(question[4:], unix.SOCK_DIAG_BY_FAMILY)
	binary.NativeEndian.PutUint16(question[6:], unix.NLM_F_REQUEST|unix.NLM_F_DUMP)
	request := question[headerSize:]
	request[0], request[1], request[2] = family, unix.IPPROTO_TCP, 1<<(memInfo-1)
	binary.NativeEndian.PutUint32(request[4:], 1<<established)
	binary.BigEndian.PutUint16(request[8:], local)
	binary.BigEndian.PutUint16(request[10:], remote)
	if err := unix.Sendto(fd, question, 0, &unix.SockaddrNetlink{Family: unix.AF_NETLINK}); err != nil {
		return err
	}
	answer := make([]byte, 1<<16)
	for {
		n, _, err := unix.Recvfrom(fd, answer, 0)
		if err != nil {
			return err
		}
		if ended, err := s.add(answer[:n]); ended || err != nil {
			return err
		}
	}
}

// add adds the sockets of one piece of the answer, and reports whether it was
// the last.
func (s *Sockets) add(answer []byte) (ended bool, err error) {
	messages, err := syscall.ParseNetlinkMessage(answer)
	for _, m := range messages {
		switch {
		case m.Header.Type == unix.NLMSG_DONE:
			return true, nil
		case m.Header.Type == unix.NLMSG_ERROR && len(m.Data) >= 4:
			return false, unix.Errno(-int32(binary.NativeEndian.Uint32(m.Data)))
		case m.Header.Type == unix.SOCK_DIAG_BY_FAMILY && len(m.Data) >= messageSize:
			s.Count++
			s.BufferBytes += buffers(m.Data[messageSize:])
		default:
			return false, unix.EINVAL
		}
	}
	return false, err
}

// buffers adds up a socket's memory, which is among its attributes.
func buffers(attributes []byte) (bytes int64) {
	// By linux/sock_diag.h; the send and receive limits, what is on its way
	// again though it is queued already, and drops are left out.
	const received, reserved, queued, options, backlog = 0, 4, 5, 6, 7
	for len(attributes) >= unix.SizeofRtAttr {
		size := int(binary.NativeEndian.Uint16(attributes))
		if size < unix.SizeofRtAttr || size > len(attributes) {
			break
		}
		if value := attributes[unix.SizeofRtAttr:size]; binary.NativeEndian.Uint16(attributes[2:]) == memInfo {
			for _, i := range []int{received, reserved, queued, options, backlog} {
				if at := 4 * i; at+4 <= len(value) {
					bytes += int64(binary.NativeEndian.Uint32(value[at:]))
				}
			}
		}
		attributes = attributes[min((size+3)&^3, len(attributes)):] // netlink rounds up to 4
	}
	return bytes
}

// slabBytes is what one object of a kernel cache takes of the pages that it
// shares with its like: pages × page size ÷ objects, by a line of
// /proc/slabinfo. It is 0 where there is no such line.
func slabBytes(slabinfo []byte, cache string) float64 {
	for line := range bytes.Lines(slabinfo) {
		f := bytes.Fields(line)
		if len(f) < 6 || string(f[0]) != cache {
			continue
		}
		objects, _ := strconv.ParseFloat(string(f[4]), 64)
		pages, _ := strconv.ParseFloat(string(f[5]), 64)
		if objects > 0 {
			return pages * float64(os.Getpagesize()) / objects
		}
	}
	return 0
}

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
	const address, listening = 1, "0A"
	return sockets(pid, address, port, listening)
}

// sockets are the TCP sockets of a process's network namespace in a state of which
// an address, the local (1) or the remote one (2), has a port, as the descriptors
// of processes name them.
func sockets(pid string, address int, port uint16, in string) map[string]bool {
	all := map[string]bool{}
	for _, family := range []string{"tcp", "tcp6"} {
		sockets, _ := os.ReadFile("/proc/" + pid + "/net/" + family) // a kernel without one of the families has none of its sockets
		for line := range strings.Lines(string(sockets)) {
			const state, inode = 3, 9
			if f := strings.Fields(line); len(f) > inode && f[state] == in && strings.HasSuffix(f[address], fmt.Sprintf(":%04X", port)) {
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
