package main

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
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
	for _, text := range []string{"websocket\n  passed  the handshake is answered 101\n", "deflate\n  absent  all 4 points (permessage-deflate was offered and not agreed to)\n",
		"ws                can be measured\nws-deflate        not offered: permessage-deflate was offered and not agreed to\nws-batch          can be measured\n",
		"passed, 0 failed, 4 absent"} {
		if !strings.Contains(e.stdout, text) {
			t.Errorf("it did not say %q", text)
		}
	}
	if t.Failed() {
		t.Log(e.stdout)
	}
	e = pollpush(t, dir, "check", url, "--transports", "ws,ws-deflate")
	e.wantExit(t, regression, "breaks the contract in 4 of ", "1 of them needed to measure")
	for text, want := range map[string]bool{"FAILED  permessage-deflate is agreed": true, "leave its transport out": true, "socketio-ws": false, "passed  a ping gets its pong": true, "sse\n": false} {
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
	e.wantExit(t, regression, s.URL+" breaks the contract in ", ", none of them needed to measure; see docs/contract.md")
	for _, text := range []string{
		"sse               not offered: POST /api/rooms/pollpush-",
		"publishing\n  absent  all 8 points (POST /api/rooms/pollpush-",
		"  FAILED  a bad cursor or limit is refused 400 (not needed to measure)\n          asked:  GET /api/rooms/pollpush-",
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
	down := httptest.NewServer(http.NotFoundHandler())
	defer down.Close()
	page := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "<html>") }))
	defer page.Close()
	for _, c := range []struct {
		args string
		code int
		said string
	}{
		{"http://" + closed.Addr().String(), refused, "connection refused"},
		{page.URL, refused, `200 with "<html>"; it must speak the chat contract`},
		{down.URL, refused, `404 with "404 page not found\n"; it must speak the chat contract`},
		{"http://127.0.0.1:99999", badInput, "give a server's base address, as"},
		{"http://:8080", badInput, "give a server's base address, as"},
		{"http://[::1:8080", badInput, "give a server's base address, as"},
		{"127.0.0.1:8080", badInput, "give a server's base address, as"},
		{page.URL + " --for poll,wss", badInput, `transport "wss": there is none of this name`},
		{page.URL + " --for poll --transports sse", badInput, "--for and --transports can't be used together"},
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
	e.wantExit(t, refused, "the server at "+s.URL+" stopped answering after ", "; start it again")
	for text, want := range map[string]bool{
		"  not known: the check ended before\n": true, "(under way when the server stopped answering)\n": true,
		"history\n  not tried  all 6 points\n": true, "remedy: answer in full": false,
	} {
		if strings.Contains(e.stdout, text) != want {
			t.Errorf("that it said %q: %v, want %v:\n%s", text, !want, want, e.stdout)
		}
	}
}

// A server that is only measured need not keep the whole contract.
func TestCheckForMeasuring(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	said := map[string][]string{}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		if r.Method == "POST" {
			var m struct{ Text string }
			_ = json.NewDecoder(r.Body).Decode(&m)
			text, _ := json.Marshal(m.Text)
			room := strings.Split(r.URL.Path, "/")[3]
			said[r.URL.Path] = append(said[r.URL.Path], fmt.Sprintf(`{"id":%d,"room":%q,"text":%s}`, len(said[r.URL.Path])+1, room, text))
			w.WriteHeader(http.StatusCreated)
			return
		}
		list := said[r.URL.Path]
		after, _ := strconv.Atoi(r.URL.Query().Get("after"))
		fmt.Fprintf(w, `{"messages":[%s],"last":%d}`, strings.Join(list[min(after, len(list)):], ","), len(list))
	}))
	defer s.Close()
	dir := workplace(t)
	pollpush(t, dir, "check", s.URL).wantExit(t, regression, "breaks the contract in ")
	e := pollpush(t, dir, "check", s.URL, "--for", "poll")
	e.wantExit(t, fine)
	if want := "poll              can be measured\n\npublishing\n  passed  POST is answered 201\n"; !strings.HasPrefix(e.stdout, want) || strings.Contains(e.stdout, "errors\n") {
		t.Errorf("it said:\n%s", e.stdout)
	}
	e = pollpush(t, dir, "check", s.URL, "--for", "poll,poll-etag")
	e.wantExit(t, regression, s.URL+" fails 2 of 5 points that measuring needs")
	if want := "poll              can be measured\npoll-etag         not offered: no ETag\n"; !strings.HasPrefix(e.stdout, want) {
		t.Errorf("it said:\n%s", e.stdout)
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
  FAILED  three (not needed to measure)
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
	if got := b.String(); got != want || count != (tally{passed: 1, absent: 3, failed: 2, untried: 3, needed: 1}) {
		t.Errorf("%v:\n%s", count, got)
	}
}

func TestPrintAbility(t *testing.T) {
	t.Parallel()
	result := func(name, transport string, v contract.Verdict, why string) contract.Result {
		return contract.Result{Point: contract.Point{Name: name, Transports: []string{transport}, Needed: true},
			Verdict: v, Why: why, Fault: &contract.Fault{Found: "200", Remedy: "answer 304"}}
	}
	results := []contract.Result{
		result("one", "poll", contract.Passed, ""),
		{Point: contract.Point{Name: "more", Transports: []string{"poll"}}, Verdict: contract.Failed},
		result("one", "poll-etag", contract.Untried, "under way"),
		result("two", "poll-etag", contract.Failed, ""),
		result("one", "longpoll", contract.Absent, "no wait"),
		result("one", "sse", contract.Failed, "404, though it was asked for"),
		result("one", "ws", contract.Passed, ""),
		result("two", "ws", contract.Untried, ""),
	}
	var b strings.Builder
	printAbility(&b, results, contract.Part{Transports: []string{"ws", "poll", "poll-etag", "longpoll", "sse"}})
	const want = `poll              can be measured
poll-etag         cannot be measured: two: 200; remedy: answer 304
longpoll          not offered: no wait
sse               not offered: 404, though it was asked for
ws                not known: the check ended before
`
	if got := b.String(); got != want {
		t.Errorf("%s", got)
	}
}

func TestJudge(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		count  tally
		needed bool
		code   int
		said   string
	}{
		{tally{passed: 2, absent: 3}, false, fine, ""},
		{tally{passed: 2, absent: 3}, true, fine, ""},
		{tally{passed: 2, absent: 3, failed: 1}, false, regression, "pollpush: http://h:1 breaks the contract in 1 of 6 points, none of them needed to measure; see docs/contract.md\n"},
		{tally{passed: 2, absent: 3, failed: 2, needed: 1}, false, regression, "pollpush: http://h:1 breaks the contract in 2 of 7 points, 1 of them needed to measure; see docs/contract.md\n"},
		{tally{passed: 2, failed: 2, needed: 2}, true, regression, "pollpush: http://h:1 fails 2 of 4 points that measuring needs; see docs/contract.md\n"},
		{tally{passed: 2, absent: 3, untried: 4}, false, refused, "pollpush: the check of http://h:1 ran out of time (1m0s): 4 of 9 points were not tried, 0 failed; see docs/contract.md\n"},
		{tally{passed: 2, absent: 3, failed: 1, untried: 4}, true, refused, "pollpush: the check of http://h:1 ran out of time (1m0s): 4 of 10 points were not tried, 1 failed; see docs/contract.md\n"},
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
	if lines := strings.Count(e.stderr, "\n"); lines != 1 {
		t.Errorf("stderr has %d lines:\n%s", lines, e.stderr)
	}
}
