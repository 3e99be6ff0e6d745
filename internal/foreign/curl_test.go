package foreign

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os/exec"
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
