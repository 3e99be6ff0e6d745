package proc

import (
	"net"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"gotest.tools/v3/assert"
	is "gotest.tools/v3/assert/cmp"
)

// command starts one that says "ready" when what it does before has been done.
func command(t *testing.T, text string) *Process {
	t.Helper()
	p, err := StartCommand(text)
	assert.NilError(t, err)
	t.Cleanup(func() {
		assert.Check(t, p.Stop(ample))
	})
	look := time.NewTicker(time.Millisecond)
	defer look.Stop()
	for !strings.Contains(p.Log(), "ready") {
		select {
		case <-p.Ended():
			if !strings.Contains(p.Log(), "ready") {
				t.Fatalf("it ended: %v", p.Err())
			}
		case <-look.C:
		}
	}
	return p
}

func groupOf(t *testing.T, p *Process) []int {
	t.Helper()
	pids, err := Group(p.Pid())
	assert.NilError(t, err)
	return pids
}

// All that a command has started ends with it: what ends by itself, what ignores
// SIGTERM, and what has outlived the shell.
func TestStopOfACommand(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		text  string
		grace time.Duration
		group int
		ended bool // the shell has, before
	}{
		"alone":           {"echo ready; exec sleep 1000", ample, 1, false},
		"a child":         {"sleep 1000 & echo ready; wait", ample, 2, false},
		"grandchildren":   {"(sleep 1000 & sleep 1000 & wait) & echo ready >&2; wait", ample, 4, false},
		"deaf":            {`trap "" TERM; sleep 1000 & echo ready; wait`, 50 * time.Millisecond, 2, false},
		"without a shell": {"sleep 1000 & echo ready", ample, 1, true},
		"all ended":       {"echo ready; exit 3", ample, 0, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := command(t, c.text)
			if c.ended {
				<-p.Ended()
			}
			pids := groupOf(t, p)
			for begun := time.Now(); len(pids) != c.group && time.Since(begun) < ample; { // forks come one by one
				pids = groupOf(t, p)
			}
			if len(pids) != c.group || c.group > 0 && !c.ended && !slices.Contains(pids, p.Pid()) {
				t.Errorf("the group of %d is %v, want %d", p.Pid(), pids, c.group)
			}
			assert.Check(t, p.Stop(c.grace))
			<-p.Ended()
			left := groupOf(t, p)
			assert.Check(t, len(left) == 0, "%v are left", left)
			p.Kill() // harms nobody
		})
	}
}

// A command says on which output it likes why it ends, and with which words it was
// given.
func TestEndOfACommand(t *testing.T) {
	t.Parallel()
	p := command(t, `echo ready; echo "no port" >&2; exit 7`)
	<-p.Ended()
	if want := "\"echo ready; echo \\\"no port\\\" >&2; exit 7\": exit status 7; it printed: ready\nno port"; p.Err() == nil || p.Err().Error() != want {
		t.Errorf("error %q, want %q", p.Err(), want)
	}
	n, err := p.Stdout.Read(make([]byte, 1))
	assert.Check(t, n == 0 && err != nil, "its standard output holds %d bytes, %v", n, err)
}

// A group is killed as a whole.
func TestKillOfACommand(t *testing.T) {
	t.Parallel()
	p := command(t, "sleep 1000 & echo ready; wait")
	p.Kill()
	<-p.Ended()
	if !p.emptied(ample) {
		t.Errorf("%v are left", groupOf(t, p))
	}
}

func TestListens(t *testing.T) {
	t.Parallel()
	for _, address := range []string{"127.0.0.1:0", "[::1]:0"} {
		l, err := net.Listen("tcp", address)
		if err != nil {
			t.Logf("left out: %v", err)
			continue
		}
		defer l.Close()
		c, err := net.Dial("tcp", l.Addr().String())
		assert.NilError(t, err)
		defer c.Close()
		listening, dialled := uint16(l.Addr().(*net.TCPAddr).Port), uint16(c.LocalAddr().(*net.TCPAddr).Port)
		other := shell(t, "sleep 1000")
		defer other.Kill()
		if got := Stranger(other.Pid(), listening); got != 0 {
			t.Errorf("%s: Stranger(%d, %d) = %d, its parent listens", address, other.Pid(), listening, got)
		}
		for _, tt := range []struct {
			pids []int
			port uint16
			want bool
		}{
			{[]int{os.Getpid()}, listening, true},
			{[]int{other.Pid(), 0, os.Getpid()}, listening, true},
			{[]int{os.Getpid()}, dialled, false},
			{[]int{other.Pid()}, listening, false},
			{nil, listening, false},
		} {
			got := Listens(tt.pids, tt.port)
			assert.Check(t, got == tt.want, "%s: Listens(%v, %d) = %v", address, tt.pids, tt.port, got)
		}
	}
}

// Only who is seen to listen where the named process and its kin do not is a
// stranger.
func TestStranger(t *testing.T) {
	t.Setenv(helperTask, "listen")
	self, err := os.Executable()
	assert.NilError(t, err)
	server, idle := command(t, "'"+self+"' & wait"), command(t, "sleep 1000 & echo ready; wait")
	said, _, _ := strings.Cut(server.Log(), " ")
	port, err := strconv.ParseUint(said, 10, 16)
	assert.NilError(t, err)
	child := func(p *Process) int {
		pids := slices.DeleteFunc(groupOf(t, p), func(pid int) bool { return pid == p.Pid() })
		assert.Assert(t, len(pids) == 1, "it has started %v", pids)
		return pids[0]
	}
	listener := child(server)
	for _, tt := range []struct {
		name string
		pid  int
		port uint16
		want int
	}{
		{"itself", listener, uint16(port), 0},
		{"its parent", server.Pid(), uint16(port), 0},
		{"what has started the caller, too", os.Getppid(), uint16(port), listener},
		{"another", idle.Pid(), uint16(port), listener},
		{"a child of another", child(idle), uint16(port), listener},
		{"nobody listens", idle.Pid(), 1, 0},
		{"no process", 999999999, uint16(port), 0},
	} {
		assert.Check(t, is.Equal(Stranger(tt.pid, tt.port), tt.want), tt.name)
	}
}
