package proc

import (
	"bufio"
	"fmt"
	"net"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"gotest.tools/v3/assert"
)

// The tests run this binary again as the child whose usage they read.
const helperTask = "POLLPUSH_PROC_TEST_TASK"

func TestMain(m *testing.M) {
	task, amount, _ := strings.Cut(os.Getenv(helperTask), " ")
	switch task {
	case "":
		os.Exit(m.Run())
	case "burn":
		burnTask(amount)
	case "hold":
		holdTask(amount)
	case "term":
		termTask()
	case "listen":
		listenTask()
	case "freeze":
		freezeTask()
	default:
		fmt.Fprintln(os.Stderr, "no such task:", task)
		os.Exit(2)
	}
}

// helper starts this binary with a task; it ends when its input does.
type helper struct {
	*Process
	t    *testing.T
	said *bufio.Reader
}

func startHelper(t *testing.T, task string) *helper {
	t.Helper()
	t.Setenv(helperTask, task)
	self, err := os.Executable()
	assert.NilError(t, err)
	return &helper{start(t, self), t, nil}
}

// hear waits for the child's next line.
func (h *helper) hear() string {
	h.t.Helper()
	if h.said == nil {
		h.said = bufio.NewReader(h.Stdout)
	}
	line, err := h.said.ReadString('\n')
	if err != nil {
		h.t.Fatalf("the child said nothing: %v; %v", err, h.Err())
	}
	return strings.TrimSpace(line)
}

func (h *helper) goOn() {
	h.t.Helper()
	_, err := fmt.Fprintln(h.Stdin)
	assert.NilError(h.t, err)
}

func (h *helper) usage() Usage {
	h.t.Helper()
	u, err := Read(h.Pid())
	assert.NilError(h.t, err)
	return u
}

func ownCPU() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// burnTask burns CPU and tells how much it has used.
func burnTask(amount string) {
	d, err := time.ParseDuration(amount)
	if err != nil {
		panic(err)
	}
	for ownCPU() < d {
	}
	fmt.Println(int64(ownCPU()))
	waitForLine()
}

// holdTask touches so many bytes, and gives them back when told to.
func holdTask(amount string) {
	n, err := strconv.Atoi(amount)
	if err != nil {
		panic(err)
	}
	fmt.Println("begun")
	waitForLine()
	held, err := syscall.Mmap(-1, 0, n, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
	if err != nil {
		panic(err)
	}
	for i := 0; i < n; i += os.Getpagesize() {
		held[i] = 1
	}
	fmt.Println("held")
	waitForLine()
	if err := syscall.Munmap(held); err != nil {
		panic(err)
	}
	fmt.Println("given back")
	waitForLine()
}

// termTask ends well when it is asked to.
func termTask() {
	asked := make(chan os.Signal, 1)
	signal.Notify(asked, syscall.SIGTERM)
	fmt.Println("ready")
	<-asked
}

// listenTask listens on a port, and says which.
func listenTask() {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	fmt.Println(l.Addr().(*net.TCPAddr).Port, "ready")
	for {
		if _, err := l.Accept(); err != nil {
			panic(err)
		}
	}
}

var stdin = bufio.NewReader(os.Stdin)

func waitForLine() {
	if _, err := stdin.ReadString('\n'); err != nil {
		os.Exit(0)
	}
}
