//go:build unix && (race || !linux)

package wire

import "syscall"

// readNow and writeNow are for a descriptor that does not block. The race detector
// takes these calls for what they are: bytes that pass from one goroutine to another.
func readNow(fd uintptr, p []byte) (int, syscall.Errno)  { return now(syscall.Read, fd, p) }
func writeNow(fd uintptr, p []byte) (int, syscall.Errno) { return now(syscall.Write, fd, p) }

func now(call func(int, []byte) (int, error), fd uintptr, p []byte) (int, syscall.Errno) {
	n, err := call(int(fd), p)
	errno, _ := err.(syscall.Errno)
	return max(n, 0), errno
}
