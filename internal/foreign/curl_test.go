package foreign

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"gotest.tools/v3/assert"

	"github.com/pollpush/pollpush/internal/testkit"
)

func needCurl(t *testing.T) {
	t.Helper()
	if _, err := exec.LookPath("curl"); err != nil {
		testkit.Missing(t, "curl is not there: install it")
	}
}

// curl asks, and returns the answer with its body.
func curl(t *testing.T, args ...string) (*http.Response, string) {
	t.Helper()
	needCurl(t)
	output, err := exec.Command("curl", append([]string{"-sSi", "--max-time", fmt.Sprint(patience.Seconds())}, args...)...).Output()
	assert.NilError(t, err, "curl %v", args)
	return answered(t, output)
}

func answered(t *testing.T, output []byte) (*http.Response, string) {
	t.Helper()
	answer, err := http.ReadResponse(bufio.NewReader(bytes.NewReader(output)), nil)
	assert.NilError(t, err, "%v in %q", err, output)
	body, err := io.ReadAll(answer.Body)
	assert.NilError(t, err, "%v in %q", err, output)
	return answer, string(body)
}

// page is the answer to a poll.
type page struct {
	Messages  []message `json:"messages"`
	Last      uint64    `json:"last"`
	Truncated bool      `json:"truncated"`
}

// wantPage checks an answer that holds messages up to last.
func wantPage(t *testing.T, answer *http.Response, body string, last uint64, texts ...string) page {
	t.Helper()
	var p page
	if err := json.Unmarshal([]byte(body), &p); err != nil {
		t.Fatalf("%v in %q", err, body)
	}
	var got []string
	for _, m := range p.Messages {
		got = append(got, m.Text)
	}
	if answer.StatusCode != http.StatusOK || p.Last != last || fmt.Sprint(got) != fmt.Sprint(texts) {
		t.Errorf("%s with %q up to %d, want %q up to %d", answer.Status, got, p.Last, texts, last)
	}
	if tag := fmt.Sprintf("%q", fmt.Sprint(last)); answer.Header.Get("ETag") != tag || answer.Header.Get("Cache-Control") != "no-cache" {
		t.Errorf("headers %v, want the ETag %s and no-cache", answer.Header, tag)
	}
	return p
}

func TestCurlPostsAndPolls(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, start func(*testing.T, ...string) *chatserver) {
		s := start(t, "--history", "3")
		messages := s.url + "/api/rooms/lobby/messages"
		answer, body := curl(t, messages)
		wantPage(t, answer, body, 0)
		assert.Check(t, strings.HasPrefix(body, `{"messages":[],`), "an empty page is %s", body)
		answer, body = curl(t, messages, "-H", "Content-Type: application/json", "-d", `{"user":"ada","text":"\"one\" ä€😀 <3"}`)
		var m message
		if err := json.Unmarshal([]byte(body), &m); err != nil || answer.StatusCode != http.StatusCreated ||
			m != (message{1, "lobby", "ada", `"one" ä€😀 <3`, m.At}) || m.At == 0 {
			t.Fatalf("%s %s, want 201 and the message", answer.Status, body)
		}
		location := answer.Header.Get("Location")
		answer, body = curl(t, s.url+location)
		p := wantPage(t, answer, body, 1, m.Text)
		assert.Check(t, p.Messages[0] == m, "at %s is %+v, want %+v", location, p.Messages[0], m)
		s.post("lobby", "two", "three", "four", "five")
		answer, body = curl(t, messages+"?after=2&limit=2")
		p = wantPage(t, answer, body, 4, "three", "four")
		assert.Check(t, !p.Truncated, "truncated, though history reaches back to the cursor")
		answer, body = curl(t, messages+"?after=1")
		p = wantPage(t, answer, body, 5, "three", "four", "five")
		assert.Check(t, p.Truncated, "not truncated, though a message is missing")
		answer, body = curl(t, messages+"?limit=1")
		wantPage(t, answer, body, 5, "five")
		answer, body = curl(t, messages+"?after=99")
		wantPage(t, answer, body, 5)
	})
}

func TestCurlAsksConditionally(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, start func(*testing.T, ...string) *chatserver) {
		s := start(t, "--history", "3")
		s.post("lobby", numbered(5)...)
		for _, c := range []struct {
			query, condition string
			status           int
		}{
			{"after=5", `"5"`, 304},
			{"after=5", `W/"5"`, 304},
			{"after=5", `"1", "5" ,"7"`, 304},
			{"after=5", `*`, 304},
			{"", `"5"`, 304},
			{"after=5&wait=1s", `"5"`, 304},
			{"after=5", `"4"`, 200},
			{"after=5", `5`, 200},
			{"after=5", `"55"`, 200},
			{"after=4", `"4"`, 200},
			{"after=4", `""`, 200},
			{"after=4", `"5"`, 304},
			{"after=4&wait=30s", `"4"`, 200},
			{"after=5&wait=1s", `"4"`, 200},
			{"after=1", `"5"`, 200}, // truncated, which must be told
		} {
			answer, body := curl(t, s.url+"/api/rooms/lobby/messages?"+c.query, "-H", "If-None-Match: "+c.condition)
			if answer.StatusCode != c.status || (body == "") != (c.status == 304) || answer.Header.Get("ETag") != `"5"` {
				t.Errorf("%s with %s: %s %v %q, want %d", c.query, c.condition, answer.Status, answer.Header, body, c.status)
			}
		}
	})
}

func TestCurlWaits(t *testing.T) {
	t.Parallel()
	needCurl(t)
	onBoth(t, func(t *testing.T, start func(*testing.T, ...string) *chatserver) {
		s := start(t)
		s.post("lobby", "one")
		messages := s.url + "/api/rooms/lobby/messages"
		answer, body := curl(t, messages+"?after=0&wait=30s") // there is news
		wantPage(t, answer, body, 1, "one")
		answer, body = curl(t, messages+"?after=1&wait=1s") // there is none
		wantPage(t, answer, body, 1)

		// -v says when the request is out.
		waiting := launch(t, "sh", "-c", `exec curl -sv "$1" 2>&1`, "sh", messages+"?after=1&wait=30s")
		for !strings.HasPrefix(string(waiting.line()), "> GET ") {
		}
		s.post("elsewhere", "not here")
		s.post("lobby", "two")
		for {
			if line := string(waiting.line()); strings.HasPrefix(line, `{"messages":`) {
				assert.Check(t, strings.Contains(line, `"text":"two"`), "came %s", line)
				break
			}
		}
	})
}

func TestCurlIsRefused(t *testing.T) {
	t.Parallel()
	large := filepath.Join(t.TempDir(), "large")
	assert.NilError(t, os.WriteFile(large, bytes.Repeat([]byte("x"), 100_000), 0o644))
	const asJSON = "Content-Type: application/json"
	onBoth(t, func(t *testing.T, start func(*testing.T, ...string) *chatserver) {
		s := start(t)
		for _, c := range []struct {
			status int
			args   []string // the first is the path
		}{
			{400, []string{"/api/rooms/no%20room/messages"}},
			{400, []string{"/api/rooms/" + strings.Repeat("x", 65) + "/messages"}},
			{400, []string{"/api/rooms/lobby/messages?after=-1"}},
			{400, []string{"/api/rooms/lobby/messages?after=1&after=2"}},
			{400, []string{"/api/rooms/lobby/messages?limit=0"}},
			{400, []string{"/api/rooms/lobby/messages?limit=1001"}},
			{400, []string{"/api/rooms/lobby/messages?wait=1s"}}, // behind what?
			{400, []string{"/api/rooms/lobby/messages?after=0&wait=61s"}},
			{400, []string{"/api/rooms/lobby/messages?after=0&wait=10ms"}},
			{400, []string{"/api/rooms/lobby/messages?after=0&wait=5"}},
			{400, []string{"/api/rooms/lobby/messages", "-H", asJSON, "-d", `{"user":"ada"}`}},
			{400, []string{"/api/rooms/lobby/messages", "-H", asJSON, "-d", `{"user":"ada","text":""}`}},
			{400, []string{"/api/rooms/lobby/messages", "-H", asJSON, "-d", `{"user":"ada","text":"hi","id":7}`}},
			{400, []string{"/api/rooms/lobby/messages", "-H", asJSON, "-d", `{"user":"ada","text":"\ud800"}`}},
			{400, []string{"/api/rooms/lobby/messages", "-H", asJSON, "-d", `nonsense`}},
			{404, []string{"/api/rooms/lobby"}},
			{405, []string{"/api/rooms/lobby/messages", "-X", "DELETE"}},
			{413, []string{"/api/rooms/lobby/messages", "-H", asJSON, "-d", "@" + large}},
			{415, []string{"/api/rooms/lobby/messages", "-d", `{"user":"ada","text":"hi"}`}},
		} {
			answer, body := curl(t, append([]string{s.url + c.args[0]}, c.args[1:]...)...)
			var problem struct {
				Status int
				Title  string
			}
			if err := json.Unmarshal([]byte(body), &problem); err != nil || answer.StatusCode != c.status || problem.Status != c.status ||
				problem.Title == "" || answer.Header.Get("Content-Type") != "application/problem+json" {
				t.Errorf("curl %v: %s %s %s, want %d as application/problem+json", c.args, answer.Status, answer.Header.Get("Content-Type"), body, c.status)
			}
		}
		answer, body := curl(t, s.url+"/api/rooms/lobby/messages")
		wantPage(t, answer, body, 0)
	})
}

// curl -N shows events as they are on the wire, and ends without an error only
// where the stream is ended as HTTP has it.
func TestCurlReadsEvents(t *testing.T) {
	t.Parallel()
	needCurl(t)
	s := ours(t)
	s.post("lobby", "one", "two", "three")
	stream := launch(t, "curl", "-sSiN", "-H", "Last-Event-ID: 2", s.url+"/api/rooms/lobby/events?after=0")
	header := map[string]string{}
	for {
		line := strings.TrimRight(string(stream.line()), "\r\n")
		if line == "" {
			break
		}
		name, value, _ := strings.Cut(line, ": ")
		header[strings.ToLower(name)] = value
	}
	kind, _, _ := strings.Cut(header["content-type"], ";")
	assert.Check(t, kind == "text/event-stream" && header["cache-control"] == "no-cache", "headers %v", header)
	want := func(id int, text string) {
		t.Helper()
		for _, want := range []string{fmt.Sprintf("id: %d\n", id), "event: message\n", fmt.Sprintf("data: {\"id\":%d,", id), "\n"} {
			if line := string(stream.line()); !strings.HasPrefix(line, want) || strings.HasPrefix(want, "data") && !strings.Contains(line, text) {
				t.Fatalf("came %q, want %q of %q", line, want, text)
			}
		}
	}
	want(3, "three")
	s.post("lobby", "four", "five")
	want(4, "four")
	want(5, "five")
	s.terminate()
	assert.Check(t, stream.end(), "at the server's end")
}
