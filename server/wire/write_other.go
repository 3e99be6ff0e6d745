//go:build unix && !linux

package wire

import "syscall"

// writeNow writes to a descriptor that does not block.
func writeNow(fd int, p []byte) (int, error) { return syscall.Write(fd, p) }
