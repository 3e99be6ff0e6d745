package wire

import (
	"syscall"
	"unsafe"
)

// unacknowledged returns how many bytes the kernel holds that the peer's has not
// acknowledged, sent or not.
func unacknowledged(fd uintptr) int {
	var n int32
	if _, _, errno := syscall.RawSyscall(syscall.SYS_IOCTL, fd, syscall.TIOCOUTQ, uintptr(unsafe.Pointer(&n))); errno != 0 {
		return 0
	}
	return int(n)
}
