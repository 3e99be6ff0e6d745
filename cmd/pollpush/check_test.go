package main

import (
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"syscall"
	"testing"

	"github.com/pollpush/pollpush/internal/contract"
)

func TestCheckOurServer(t *testing.T) {
	t.Parallel()
	dir := workplace(t)
	url, _ := serve(t) // without --deflate
	e := pollpush(t, dir, "check", url+"/")
	e.wantExit(t, fine)
	if e.stderr != "" {
		t.Errorf("stderr: %s", e.stderr)
	}
	for _, text := range []string{"websocket\n  passed  the handshake is answered 101\n", "deflate\n  absent  all 3 points (permessage-deflate was offered and not agreed to)\n",
		"passed, 0 failed, 3 absent"} {
		if !strings.Contains(e.stdout, text) {
			t.Errorf("it did not say %q", text)
		}
	}
	if t.Failed() {
		t.Log(e.stdout)
	}
	e = pollpush(t, dir, "check", url, "--transports", "ws,ws-deflate")
	e.wantExit(t, regression, "breaks the contract in 3 of ")
	for text, want := range map[string]bool{"FAILED  permessage-deflate is agreed": true, "leave its transport out of --transports": true, "passed  a ping gets its pong": true, "sse\n": false} {
		if strings.Contains(e.stdout, text) != want {
			t.Errorf("that it said %q: %v, want %v", text, !want, want)
		}
	}
}

func TestCheckWrongServer(t *testing.T) {
	t.Parallel()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != "GET" || !strings.HasSuffix(r.URL.Path, "/messages") {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprint(w, `{"messages":[],"last":0}`)
	}))
	defer s.Close()
	e := pollpush(t, workplace(t), "check", s.URL)
	e.wantExit(t, regression, s.URL+" breaks the contract in ", "docs/contract.md")
	for _, text := range []string{
		"publishing\n  absent  all 7 points (POST /api/rooms/pollpush-",
		"  FAILED  a bad cursor or limit is refused 400\n          asked:  GET /api/rooms/pollpush-",
		"          found:  200 with \"{\\\"messages\\\":[],\\\"last\\\":0}\"\n          remedy: answer 400\n",
	} {
		if !strings.Contains(e.stdout, text) {
			t.Errorf("it did not say %q:\n%s", text, e.stdout)
		}
	}
}

func TestCheckRefuses(t *testing.T) {
	t.Parallel()
	dir := workplace(t)
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed.Close()
	page := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "<html>") }))
	defer page.Close()
	for _, c := range []struct {
		args string
		code int
		said string
	}{
		{"http://" + closed.Addr().String(), refused, "connection refused"},
		{page.URL, refused, `200 with "<html>"; it must speak the chat contract`},
		{"", badInput, "expected \"<url>\""},
		{"nonsense", badInput, "give a server's base address, as"},
		{page.URL + "/api", badInput, "below a path cannot be measured"},
		{page.URL + " --transports wss", badInput, `transport "wss": there is none of this name; there are poll, `},
	} {
		t.Run(c.args, func(t *testing.T) {
			e := pollpush(t, dir, append([]string{"check"}, strings.Fields(c.args)...)...)
			e.wantExit(t, c.code, c.said)
			if e.stdout != "" {
				t.Errorf("stdout: %s", e.stdout)
			}
		})
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
	p.end().wantExit(t, interrupted, "interrupted before all was checked")
}

func TestPrintResults(t *testing.T) {
	t.Parallel()
	point := func(group, name string) contract.Point { return contract.Point{Group: group, Name: name} }
	var b strings.Builder
	count := printResults(&b, []contract.Result{
		{Point: point("a", "one")},
		{Point: point("a", "two"), Verdict: contract.Absent, Why: "no two"},
		{Point: point("a", "three"), Verdict: contract.Failed, Fault: &contract.Fault{Asked: "GET /", Found: "404", Remedy: "answer 200"}},
		{Point: point("b", "one"), Verdict: contract.Absent, Why: "no b"},
		{Point: point("b", "two"), Verdict: contract.Absent, Why: "no b either"},
		{Point: point("c", "one"), Verdict: contract.Untried},
		{Point: point("c", "two"), Verdict: contract.Untried},
	})
	const want = `a
  passed  one
  absent  two (no two)
  FAILED  three
          asked:  GET /
          found:  404
          remedy: answer 200
b
  absent  all 2 points (no b)
c
  not tried  one
  not tried  two

1 passed, 1 failed, 3 absent, 2 not tried, of 7 points
`
	if got := b.String(); got != want || count != (tally{1, 3, 1, 2}) {
		t.Errorf("%d:\n%s", count, got)
	}
}

func TestJudge(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		count tally // passed, absent, failed, not tried
		code  int
		said  string
	}{
		{tally{2, 3, 0, 0}, fine, ""},
		{tally{2, 3, 1, 0}, regression, "pollpush: http://h:1 breaks the contract in 1 of 6 points; see docs/contract.md\n"},
		{tally{2, 3, 0, 4}, refused, "pollpush: the check of http://h:1 ran out of time (1m0s): 4 of 9 points were not tried, 0 failed; see docs/contract.md\n"},
		{tally{2, 3, 1, 4}, refused, "pollpush: the check of http://h:1 ran out of time (1m0s): 4 of 10 points were not tried, 1 failed; see docs/contract.md\n"},
	} {
		var said strings.Builder
		if code := explain(&said, judge("http://h:1", c.count)); code != c.code || said.String() != c.said {
			t.Errorf("%v: exit code %d, said %q; want %d, %q", c.count, code, said.String(), c.code, c.said)
		}
	}
}
