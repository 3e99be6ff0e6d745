//go:build unix && !linux

package wire

import "syscall"

// writeNow writes to a descriptor that does not block.
func writeNow(fd int, p []byte) (int, error) { return syscall.Write(fd, p) }

// unacknowledged is not known here: what the kernel has taken counts as read.
func unacknowledged(fd uintptr) int { return 0 }
