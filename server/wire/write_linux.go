package wire

import (
	"syscall"
	"unsafe"
)

// writeNow is syscall.Write for a descriptor that does not block, without
// telling the Go scheduler: the write is over within microseconds, and to let go
// of the processor and take it back costs a sixth of a delivery. p must not be
// empty.
func writeNow(fd int, p []byte) (int, error) {
	n, _, errno := syscall.RawSyscall(syscall.SYS_WRITE, uintptr(fd), uintptr(unsafe.Pointer(unsafe.SliceData(p))), uintptr(len(p)))
	if errno != 0 {
		return 0, errno
	}
	return int(n), nil
}

// unacknowledged returns how many bytes the kernel holds that the peer's has not
// acknowledged, sent or not.
func unacknowledged(fd uintptr) int {
	var n int32
	if _, _, errno := syscall.RawSyscall(syscall.SYS_IOCTL, fd, syscall.TIOCOUTQ, uintptr(unsafe.Pointer(&n))); errno != 0 {
		return 0
	}
	return int(n)
}
