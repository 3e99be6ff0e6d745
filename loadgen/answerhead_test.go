package loadgen

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"gotest.tools/v3/assert"

	"github.com/pollpush/pollpush/internal/result"
)

func TestLinesOfAHead(t *testing.T) {
	const status = "HTTP/1.1 200 OK\r\n"
	long := strings.Repeat("x", 65)
	for name, c := range map[string]struct {
		fields string
		want   map[string]int64
	}{
		"one":               {"Content-Length: 0\r\n", map[string]int64{"": 17, "Content-Length": 19}},
		"in lower case":     {"etag:\"7\"\r\ncontent-length: 0\r\n", map[string]int64{"": 17, "Etag": 10, "Content-Length": 19}},
		"one name twice":    {"Set-Cookie: a=b\r\nSET-COOKIE: c=d\r\nContent-Length: 0\r\n", map[string]int64{"": 17, "Set-Cookie": 34, "Content-Length": 19}},
		"no name":           {"Content-Length: 0\r\n: x\r\n", map[string]int64{"": 17, "Content-Length": 19, result.OtherHeaders: 5}},
		"no name to be had": {"A\x1b[31m: x\r\nB : y\r\nContent-Length: 0\r\n", map[string]int64{"": 17, "Content-Length": 19, result.OtherHeaders: 11 + 7}},
		"too long a name":   {long + ":\r\nContent-Length: 0\r\n", map[string]int64{"": 17, "Content-Length": 19, result.OtherHeaders: 68}},
	} {
		t.Run(name, func(t *testing.T) {
			r, ok, err := parseResponse([]byte(status+c.fields+"\r\n"), false)
			if !ok || err != nil {
				t.Fatal(ok, err)
			}
			diff := cmp.Diff(c.want, r.lines())
			assert.Check(t, diff == "", diff)
		})
	}
}

// Whatever a server sends, its lines add up to the head, and are what a trial
// may hold.
func FuzzLinesOfAHead(f *testing.F) {
	for _, text := range responses {
		f.Add([]byte(text))
	}
	var many strings.Builder
	for i := range 2 * result.MaxAnswerHeaders {
		fmt.Fprintf(&many, "X-%d: %d\r\n", i, i)
	}
	f.Add([]byte("HTTP/1.1 200 OK\r\n" + many.String() + "Content-Length: 0\r\n\r\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		r, _, ok, err := parseHead(b)
		if !ok || err != nil {
			return
		}
		lines := r.lines()
		head := int64(bytes.Index(b, []byte("\r\n\r\n")) + 4)
		sum := sumOf(lines) + 2
		assert.Check(t, sum == head, "%d bytes in lines %v, the head has %d", sum, lines, head)
		assert.Check(t, len(lines) <= result.MaxAnswerHeaders+1, "%d names", len(lines))
		for name := range lines {
			assert.Check(t, name == "" || name == result.OtherHeaders || result.IsHeaderName(name), "a name %q", name)
		}
	})
}

func sumOf(lines map[string]int64) (sum int64) {
	for _, n := range lines {
		sum += n
	}
	return sum
}

// Only the first answer since one was wanted is taken down.
func TestOneHeadIsKept(t *testing.T) {
	var h answerHead
	offer := func(first string) { h.offer(response{first: []byte(first)}) }
	offer("before")
	assert.Check(t, h.lines == nil, "%v, before one was wanted", h.lines)
	h.wanted.Store(true)
	offer("first")
	offer("the second")
	diff := cmp.Diff(map[string]int64{"": 7}, h.lines)
	assert.Check(t, diff == "", diff)
}
