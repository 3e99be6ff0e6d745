package main

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/pollpush/pollpush/internal/serving"
	"gotest.tools/v3/assert"
)

// The first line says where it listens, and the input's end is the program's.
func TestServesUntilItsInputEnds(t *testing.T) {
	stdin, end := io.Pipe()
	said, stdout := io.Pipe()
	ended := make(chan int, 1)
	go func() {
		ended <- command().Run(t.Context(), stdin, stdout, io.Discard, []string{"--exit-with-stdin", "--delay", "1ms", "--lose", "10", "--stall", "1s"})
	}()
	var line struct {
		URL string `json:"url"`
		PID int    `json:"pid"`
	}
	if err := json.NewDecoder(said).Decode(&line); err != nil || line.PID == 0 {
		t.Fatalf("%+v (%v)", line, err)
	}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	answer, err := client.Get(line.URL + "/healthz")
	assert.NilError(t, err)
	defer answer.Body.Close()
	if body, err := io.ReadAll(answer.Body); err != nil || answer.StatusCode != http.StatusOK || string(body) != `{"status":"ok"}` {
		t.Errorf("%s: %s (%v)", answer.Status, body, err)
	}
	end.Close()
	select {
	case code := <-ended:
		if code != serving.Fine {
			t.Errorf("exit code %d", code)
		}
	case <-time.After(time.Minute):
		t.Error("it goes on")
	}
}

func TestRefuses(t *testing.T) {
	for _, c := range []struct {
		args string
		said string
	}{
		{"--delay -1s", "--delay -1s: want at least 0s"},
		{"--stall x", "--stall"},
		{"--lose 7", "--lose 7: want 0 for none, or at least 8"},
		{"--swap -8", "--swap -8: want 0 for none, or at least 8"},
	} {
		t.Run(c.args, func(t *testing.T) {
			var stdout, stderr bytes.Buffer
			args := strings.Fields(strings.ReplaceAll(c.args, " -", "=-"))
			if code := command().Run(t.Context(), strings.NewReader(""), &stdout, &stderr, args); code != serving.Usage {
				t.Errorf("exit code %d, want %d", code, serving.Usage)
			}
			if !strings.Contains(stderr.String(), c.said) {
				t.Errorf("it said %q, want %q", stderr.String(), c.said)
			}
		})
	}
}
