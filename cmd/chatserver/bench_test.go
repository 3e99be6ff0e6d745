package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"
	"gotest.tools/v3/assert"

	"github.com/pollpush/pollpush/internal/proc"
	"github.com/pollpush/pollpush/internal/stat"
)

// BenchmarkPoll reports the CPU that one poll costs the server at full load, and
// a program on net/http that only sends the same answers. Both are asked in turn,
// some milliseconds each, so that what else the machine does falls on both alike.
func BenchmarkPoll(b *testing.B) {
	for _, c := range []struct {
		name, query, header string
		messages            int
	}{
		{name: "empty", query: "after=0&limit=1000"},
		{name: "unchanged", query: "after=0&limit=1000", header: "If-None-Match: \"0\"\r\n"},
		{name: "4-messages", query: "after=0&limit=1000", messages: 4},
	} {
		b.Run(c.name, func(b *testing.B) {
			request := "GET /api/rooms/lobby/messages?" + c.query + " HTTP/1.1\r\nHost: localhost\r\n" + c.header + "\r\n"
			chat := start(b, program, "--listen", "127.0.0.1:0")
			for range c.messages {
				body := fmt.Sprintf(`{"user":"ada","text":%q}`, strings.Repeat("hello ", 33))
				answer, err := http.Post(chat.URL+"/api/rooms/lobby/messages", "application/json", strings.NewReader(body))
				assert.NilError(b, err)
				answer.Body.Close()
			}
			flags, size := mirror(b, chat, request)
			bare := start(b, bareProgram, flags...)
			_, bareSize := mirror(b, bare, request)
			assert.Assert(b, bareSize == size, "%d bytes, want %d: the answers must be alike", bareSize, size)
			ours, theirs := ask(b, chat, request, size), ask(b, bare, request, size)

			ours.slice(b)
			theirs.slice(b)
			var chatCPU, bareCPU, ratios []float64
			for range b.N {
				var c, t time.Duration
				for range 10 {
					c += ours.slice(b)
					t += theirs.slice(b) + theirs.slice(b)
					c += ours.slice(b)
				}
				const polls = 10 * 2 * slicePolls
				chatCPU = append(chatCPU, 1e6*c.Seconds()/polls)
				bareCPU = append(bareCPU, 1e6*t.Seconds()/polls)
				ratios = append(ratios, c.Seconds()/t.Seconds())
			}
			b.ReportMetric(0, "ns/op") // the time, which is fixed
			b.ReportMetric(stat.Median(chatCPU), "chatserver-µs/poll")
			b.ReportMetric(stat.Median(bareCPU), "bare-µs/poll")
			b.ReportMetric(stat.Median(ratios), "chatserver/bare")
			b.Logf("chatserver/bare over %d repeats: %.3f to %.3f", b.N, slices.Min(ratios), slices.Max(ratios))
		})
	}
}

// mirror asks a server once, and returns the flags with which bare answers
// the same, and the size of the answer.
func mirror(b *testing.B, p *process, request string) (flags []string, size int) {
	conn, err := net.Dial("tcp", strings.TrimPrefix(p.URL, "http://"))
	assert.NilError(b, err)
	defer conn.Close()
	io.WriteString(conn, request)
	var raw bytes.Buffer
	answer, err := http.ReadResponse(bufio.NewReader(io.TeeReader(conn, &raw)), nil)
	assert.NilError(b, err)
	body, err := io.ReadAll(answer.Body)
	assert.NilError(b, err)
	flags = []string{"--status", fmt.Sprint(answer.StatusCode), "--body", string(body)}
	for name := range answer.Header {
		if name != "Date" {
			flags = append(flags, "--header", name+":"+answer.Header.Get(name))
		}
	}
	return flags, raw.Len()
}

// askers is a closed loop of clients: threads, each of which sends a poll on all
// its connections and then reads all the answers.
type askers struct {
	pid         int
	request     []byte
	size        int // of an answer
	connections [threads][connections]int
}

const (
	threads     = 2
	connections = 32 // of a thread
	rounds      = 32 // in a slice
	slicePolls  = threads * connections * rounds
)

func ask(b *testing.B, p *process, request string, size int) *askers {
	a := &askers{pid: p.PID, request: []byte(request), size: size}
	addr, err := net.ResolveTCPAddr("tcp", strings.TrimPrefix(p.URL, "http://"))
	assert.NilError(b, err)
	to := &unix.SockaddrInet4{Port: addr.Port, Addr: [4]byte(addr.IP.To4())}
	for i := range a.connections {
		for j := range a.connections[i] {
			fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
			assert.NilError(b, err)
			b.Cleanup(func() { unix.Close(fd) })
			assert.NilError(b, unix.Connect(fd, to))
			a.connections[i][j] = fd
		}
	}
	return a
}

// slice returns the CPU that the server takes for slicePolls polls.
func (a *askers) slice(b *testing.B) time.Duration {
	before, err := proc.Read(a.pid)
	assert.NilError(b, err)
	var all sync.WaitGroup
	var failed [threads]error
	for i := range a.connections {
		all.Go(func() {
			answer := make([]byte, a.size)
			for n := 0; n < rounds && failed[i] == nil; n++ {
				failed[i] = a.round(a.connections[i][:], answer)
			}
		})
	}
	all.Wait()
	after, err := proc.Read(a.pid)
	assert.NilError(b, err)
	for _, err := range failed {
		assert.NilError(b, err)
	}
	return after.CPU - before.CPU
}

func (a *askers) round(sockets []int, answer []byte) error {
	for _, fd := range sockets {
		if _, err := unix.Write(fd, a.request); err != nil {
			return err
		}
	}
	for _, fd := range sockets {
		for got := 0; got < a.size; {
			n, err := unix.Read(fd, answer[got:])
			if err != nil {
				return err
			}
			if n == 0 {
				return io.ErrUnexpectedEOF
			}
			got += n
		}
	}
	return nil
}
