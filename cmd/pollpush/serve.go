package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"

	"github.com/pollpush/pollpush/internal/control"
	"github.com/pollpush/pollpush/internal/proc"
)

type serveCommand struct {
	Args []string `arg:"" optional:""` // chatserver's, --help among them
}

// Run runs chatserver until it ends or is interrupted.
func (c *serveCommand) Run(s *session) error {
	program, err := beside("chatserver")
	if err != nil {
		return err
	}
	args := c.Args
	if len(args) > 0 && args[0] == "--" {
		args = args[1:]
	}
	server := exec.CommandContext(s, program, args...)
	server.Stdin, server.Stdout, server.Stderr = os.Stdin, s.stdout.file, s.stderr.file
	server.Cancel = func() error { return server.Process.Signal(syscall.SIGTERM) }
	server.WaitDelay = 10 * time.Second
	err = server.Run()
	var exit *exec.ExitError
	if errors.As(err, &exit) && exit.ExitCode() > 0 {
		return &exitError{code: exit.ExitCode()} // chatserver has said why
	}
	if errors.Is(err, context.Canceled) {
		return nil // ended as it was asked to
	}
	return err
}

type demoCommand struct {
	Listen string `default:"127.0.0.1:8080" placeholder:"HOST:PORT" help:"Address to serve on; port 0 takes a free one (${default})."`
	Room   string `default:"lobby" placeholder:"NAME" help:"Room of the chat (${default})."`
}

// Run serves the chat with a trickle of messages in a room until interrupted.
func (c *demoCommand) Run(s *session) error {
	program, err := beside("chatserver")
	if err != nil {
		return err
	}
	server, err := proc.Start(program, "--listen", c.Listen, "--deflate", "--exit-with-stdin")
	if err != nil {
		return &control.Refusal{Err: err}
	}
	defer server.Stdout.Close()
	var line struct {
		URL string `json:"url"`
	}
	if err := json.NewDecoder(server.Stdout).Decode(&line); err != nil {
		server.WaitOrKill(5 * time.Second)
		return refuse("the chat could not be served: %s", strings.TrimSpace(server.Log()))
	}
	err = c.talk(s, line.URL)
	server.Stdin.Close()
	server.WaitOrKill(5 * time.Second)
	return err
}

// talk says where the chat is once a first message is in it, and goes on to
// post one every second or so, at times as people do: independent of one
// another.
func (c *demoCommand) talk(s *session, base string) error {
	client := &http.Client{Timeout: 5 * time.Second}
	defer client.CloseIdleConnections()
	if err := c.post(client, base, 0); err != nil {
		return err
	}
	fmt.Fprintf(s.stdout, "Chat:  %s/?room=%s\nRace:  %s/?room=%s#race\nPress Ctrl-C to stop.\n", base, c.Room, base, c.Room)
	for n := 1; ; n++ {
		if !s.sleep(time.Duration(rand.ExpFloat64() * float64(time.Second))) {
			return nil
		}
		if err := c.post(client, base, n); err != nil {
			return err
		}
	}
}

// post posts the nth message of the talk.
func (c *demoCommand) post(client *http.Client, base string, n int) error {
	said := smallTalk[n%len(smallTalk)]
	body, err := json.Marshal(map[string]string{"user": said[0], "text": said[1]})
	if err != nil {
		return err
	}
	answer, err := client.Post(base+"/api/rooms/"+url.PathEscape(c.Room)+"/messages", "application/json", bytes.NewReader(body))
	if err != nil {
		return refuse("the chat has ended: %w", err)
	}
	answer.Body.Close()
	if answer.StatusCode != http.StatusCreated {
		return usage("--room %s: the server answered %s; a room name is 1 to 64 characters of A-Z a-z 0-9 _ -", c.Room, answer.Status)
	}
	return nil
}

// smallTalk is who says what, over and over.
var smallTalk = [][2]string{
	{"ada", "has anybody seen the build go green today?"},
	{"ben", "once. I took a picture"},
	{"cleo", "so do we poll for it or do we get told?"},
	{"ada", "depends. how fresh do you want it?"},
	{"ben", "fresh 🍞"},
	{"dov", "every second, from a thousand browsers, is sixty thousand requests a minute"},
	{"cleo", "and most of them are told: nothing new"},
	{"ada", "a socket says nothing when nothing is said"},
	{"ben", "it also remembers everybody who is not talking"},
	{"dov", "can we measure that?"},
	{"cleo", "funny you should ask"},
}
