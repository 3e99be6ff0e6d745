package proc

import "syscall"

// FreeDisk is how many bytes may be written to the file system of a folder.
func FreeDisk(dir string) (int64, error) {
	var fs syscall.Statfs_t
	err := syscall.Statfs(dir, &fs)
	return int64(fs.Bavail) * int64(fs.Bsize), err // whose types differ by machine
}
