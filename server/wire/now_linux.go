//go:build !race

package wire

import (
	"syscall"
	"unsafe"
)

// readNow and writeNow are syscall.Read and syscall.Write for a descriptor that
// does not block, without telling the Go scheduler: the call is over within
// microseconds, and to let go of the processor and take it back costs a sixth of a
// delivery. p must not be empty.
func readNow(fd uintptr, p []byte) (int, syscall.Errno)  { return now(syscall.SYS_READ, fd, p) }
func writeNow(fd uintptr, p []byte) (int, syscall.Errno) { return now(syscall.SYS_WRITE, fd, p) }

func now(call, fd uintptr, p []byte) (int, syscall.Errno) {
	n, _, errno := syscall.RawSyscall(call, fd, uintptr(unsafe.Pointer(unsafe.SliceData(p))), uintptr(len(p)))
	if errno != 0 {
		return 0, errno
	}
	return int(n), 0
}
