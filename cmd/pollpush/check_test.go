package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"gotest.tools/v3/assert"
	is "gotest.tools/v3/assert/cmp"

	"github.com/pollpush/pollpush/internal/contract"
)

func TestCheckOurServer(t *testing.T) {
	t.Parallel()
	url, _ := serve(t) // without --deflate
	for _, c := range []struct {
		args     string
		code     int
		err      string
		said     []string
		unspoken string
	}{
		{"/", fine, "", []string{
			"websocket\n  passed  the handshake gets 101\n", "deflate\n  absent  all 4 points (permessage-deflate was offered but not accepted)\n",
			"ws                can be measured\nws-deflate        not offered: permessage-deflate was offered but not accepted\nws-batch          can be measured\n",
			"passed, 0 failed, 4 absent"}, "FAILED"},
		{" --transports ws,ws-deflate", regression, "breaks the contract in 4 of .. 1 of them needed for measuring",
			[]string{"FAILED  permessage-deflate is accepted", "omit its transport", "passed  a ping gets a pong"}, "sse\n"},
		{" --for poll", fine, "", []string{"poll              can be measured\n\npublishing\n  passed  POST gets 201\n"}, "errors\n"},
		{" --for poll,ws-deflate", regression, " points needed for measuring", []string{"ws-deflate        not offered: "}, "errors\n"},
	} {
		e := pollpush(t, "", words("check "+url+c.args)...)
		e.wantExit(t, c.code, strings.Split(c.err, " .. ")...)
		for _, text := range c.said {
			assert.Check(t, strings.Contains(e.stdout, text), "%s: it did not say %q:\n%s", c.args, text, e.stdout)
		}
		if strings.Contains(e.stdout, c.unspoken) || c.code == fine && e.stderr != "" {
			t.Errorf("%s: it said %q:\n%s%s", c.args, c.unspoken, e.stdout, e.stderr)
		}
	}
}

// A server that dies is one sentence, and no remedy for each point.
func TestCheckServerDies(t *testing.T) {
	t.Parallel()
	var asked atomic.Int64
	var s *httptest.Server
	s = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if asked.Add(1) > 3 {
			s.Listener.Close()
			panic(http.ErrAbortHandler)
		}
		fmt.Fprint(w, `{"messages":[],"last":0}`)
	}))
	defer s.Close()
	e := pollpush(t, workplace(t), "check", s.URL)
	e.wantExit(t, refused, "the server at "+s.URL+" stopped answering after ", "; restart it")
	for text, want := range map[string]bool{
		"  not known: the check ended too early\n": true, "(under way when the server stopped answering)\n": true,
		"history\n  not tried  all 6 points\n": true, "remedy: send a complete HTTP/1.1 answer": false,
	} {
		assert.Check(t, strings.Contains(e.stdout, text) == want, "that it said %q: %v, want %v:\n%s", text, !want, want, e.stdout)
	}
}

func TestCheckInterrupted(t *testing.T) {
	t.Parallel()
	dir := workplace(t)
	asked := make(chan struct{}, 100)
	s := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		asked <- struct{}{}
		<-r.Context().Done()
	}))
	defer s.Close()
	p := launch(t, dir, program(t, "pollpush"), "check", s.URL)
	<-asked
	p.signal(syscall.SIGINT)
	p.end().wantExit(t, interrupted, "interrupted before the check was complete")
}

func TestPrintResults(t *testing.T) {
	t.Parallel()
	point := func(group, name string, needed bool) contract.Point {
		return contract.Point{Group: group, Name: name, Transports: []string{"poll"}, Needed: needed}
	}
	fault := &contract.Fault{Asked: "GET /", Found: "404", Remedy: "answer 200"}
	var b strings.Builder
	count := printResults(&b, []contract.Result{
		{Point: point("a", "one", true)},
		{Point: point("a", "two", false), Verdict: contract.Absent, Why: "no two"},
		{Point: point("a", "three", false), Verdict: contract.Failed, Fault: fault},
		{Point: point("b", "one", false), Verdict: contract.Absent, Why: "no b"},
		{Point: point("b", "two", false), Verdict: contract.Absent, Why: "no b either"},
		{Point: point("c", "one", false), Verdict: contract.Untried},
		{Point: point("c", "two", false), Verdict: contract.Untried},
		{Point: point("d", "one", true), Verdict: contract.Failed, Why: "absent, though it was asked for", Fault: fault},
		{Point: point("d", "two", true), Verdict: contract.Untried, Why: "under way"},
	})
	const want = `a
  passed  one
  absent  two (no two)
  FAILED  three (not needed for measuring)
          asked:  GET /
          found:  404
          remedy: answer 200
b
  absent  all 2 points (no b)
c
  not tried  all 2 points
d
  FAILED  one
          asked:  GET /
          found:  404
          remedy: answer 200
  not tried  two (under way)

1 passed, 2 failed, 3 absent, 3 not tried, of 9 points
`
	got := b.String()
	assert.Check(t, got == want && count == (tally{all: 9, passed: 1, absent: 3, failed: 2, untried: 3, needed: 1}), "%v:\n%s", count, got)
}

func TestAbility(t *testing.T) {
	t.Parallel()
	failed := contract.Result{Point: contract.Point{Name: "two"}, Verdict: contract.Failed, Fault: &contract.Fault{Found: "200", Remedy: "answer 304"}}
	untried := contract.Result{Verdict: contract.Untried, Why: "under way"}
	absent := contract.Result{Verdict: contract.Absent, Why: "no wait"}
	for want, lacking := range map[string][]contract.Result{
		"can be measured": nil,
		"cannot be measured: two: 200; remedy: answer 304": {untried, failed},
		"not offered: no wait":                             {absent, failed},
		"not known: the check ended too early":             {untried},
	} {
		assert.Check(t, is.Equal(ability(lacking), want))
	}
}

func TestJudge(t *testing.T) {
	t.Parallel()
	const breaks = "pollpush: http://h:1 breaks the contract in "
	for _, c := range []struct {
		count  tally
		needed bool
		code   int
		said   string
	}{
		{tally{all: 5}, false, fine, ""},
		{tally{all: 5}, true, fine, ""},
		{tally{all: 6, failed: 1}, false, regression, breaks + "1 of 6 points, none of them needed for measuring; see " + contract.Page + "\n"},
		{tally{all: 7, failed: 2, needed: 1}, false, regression, breaks + "2 of 7 points, 1 of them needed for measuring; see " + contract.Page + "\n"},
		{tally{all: 7, failed: 2, needed: 2}, false, regression, breaks + "2 of 7 points, all of them needed for measuring; see " + contract.Page + "\n"},
		{tally{all: 4, failed: 2, needed: 2}, true, regression, "pollpush: http://h:1 fails 2 of 4 points needed for measuring; see " + contract.Page + "\n"},
		{tally{all: 10, failed: 1, untried: 4}, true, refused, "pollpush: the check of http://h:1 ran out of time (1m0s): 4 of 10 points were not tried, 1 failed; see " + contract.Page + "\n"},
	} {
		var said strings.Builder
		if code := explain(&said, judge("http://h:1", contract.Part{Needed: c.needed}, c.count)); code != c.code || said.String() != c.said {
			t.Errorf("%v: exit code %d, said %q; want %d, %q", c.count, code, said.String(), c.code, c.said)
		}
	}
}

// What a library has to say of a server is nothing that pollpush says.
func TestCheckKeepsLibrariesQuiet(t *testing.T) {
	t.Parallel()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c, rest, err := w.(http.Hijacker).Hijack()
		if err != nil {
			panic(err)
		}
		defer c.Close()
		fmt.Fprint(c, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 24\r\n\r\n"+`{"messages":[],"last":0}and more`)
		_, _ = rest.ReadByte()
	}))
	defer s.Close()
	e := pollpush(t, workplace(t), "check", s.URL, "--for", "poll")
	lines := strings.Count(e.stderr, "\n")
	assert.Check(t, lines == 1, "stderr has %d lines:\n%s", lines, e.stderr)
}
