package proc

import (
	"bufio"
	"net"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"testing"

	"gotest.tools/v3/assert"
)

// clientScript has bash hold a connection, and start a bash and a sleep; each
// says its process id.
const clientScript = `exec 3<>/dev/tcp/127.0.0.1/PORT
bash -c 'echo $BASHPID; read -r line <&0; :' &
sleep 100 & echo $!; echo $BASHPID
trap 'kill %2' EXIT
read -r line`

// A process that this one has not started, as a browser is, is found with its
// own; those that this one has started never are.
func TestClients(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	assert.NilError(t, err)
	defer listener.Close()
	port := uint16(listener.Addr().(*net.TCPAddr).Port)
	assert.Check(t, len(Clients(port)) == 0, "nobody is connected, but %v are", Clients(port))
	own, err := net.Dial("tcp", listener.Addr().String())
	assert.NilError(t, err)
	defer own.Close()
	child := exec.Command("bash", "-c", strings.ReplaceAll(clientScript, "PORT", strconv.Itoa(int(port))))
	in, err := child.StdinPipe()
	assert.NilError(t, err)
	out, err := child.StdoutPipe()
	assert.NilError(t, err)
	assert.NilError(t, child.Start())
	lines := bufio.NewScanner(out)
	var pids []int
	for len(pids) < 3 && lines.Scan() {
		pid, err := strconv.Atoi(lines.Text())
		assert.NilError(t, err)
		pids = append(pids, pid)
	}
	assert.Check(t, len(Clients(port)) == 0, "this process's own are %v", Clients(port))

	// To an asker that has not started them, they are found: not the sleep, which
	// is another program.
	f := readFamily()
	tops := map[int]bool{child.Process.Pid: true}
	for _, pid := range pids {
		name := f.program[pid]
		assert.Check(t, f.belongs(pid, tops) == strings.HasSuffix(name, "bash"), "%d, a %s: %t", pid, name, f.belongs(pid, tops))
	}
	assert.Check(t, slices.Contains(held(child.Process.Pid, sockets("self", 2, port, "01")), heldBy(t, child.Process.Pid)), "the connection is not found")
	assert.Check(t, !f.belongs(os.Getpid(), tops), "this process is taken for a client")
	in.Close()
	_ = child.Wait()
}

// heldBy is the socket behind descriptor 3 of a process.
func heldBy(t *testing.T, pid int) string {
	t.Helper()
	target, err := os.Readlink("/proc/" + strconv.Itoa(pid) + "/fd/3")
	assert.NilError(t, err)
	return target
}
