package main

import (
	"errors"
	"os"
	"sync"
	"syscall"

	"golang.org/x/term"
)

// output is standard output or standard error. When its reader has left, as head
// does, the rest is dropped without an error: the command goes on, and its exit
// code stays its own. Any other failure, such as a full disk, is a
// *[control.Refusal], kept for those that do not look at what Write returns.
type output struct {
	file     *os.File
	terminal bool
	escapes  bool // the terminal understands them

	mu     sync.Mutex
	screen screen // of the terminal
	unread bool   // the reader has left
	failed error
}

func newOutput(f *os.File) *output {
	o := &output{file: f, terminal: term.IsTerminal(int(f.Fd())), screen: screen{ascii: !hasUTF8(os.Getenv)}}
	o.escapes = o.terminal && os.Getenv("TERM") != "dumb"
	return o
}

// Write prints text, which is fitted to a terminal.
func (o *output) Write(b []byte) (int, error) {
	if !o.terminal {
		return o.data(b)
	}
	o.mu.Lock()
	o.screen.columns = o.width()
	text := o.screen.fit(string(b))
	o.mu.Unlock()
	if _, err := o.data([]byte(text)); err != nil {
		return 0, err
	}
	return len(b), nil
}

// data prints what programs read, as it is.
func (o *output) data(b []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.unread {
		return len(b), nil
	}
	n, err := o.file.Write(b)
	switch {
	case err == nil:
		return n, nil
	case errors.Is(err, syscall.EPIPE), o.terminal && errors.Is(err, syscall.EIO): // EIO: the terminal was closed
		o.unread = true
		return len(b), nil
	}
	err = refuse("the output cannot be written: %w; free some space, or redirect it elsewhere", err)
	if o.failed == nil {
		o.failed = err
	}
	return n, err
}

// isUnread reports whether what is written is dropped, since the reader has left.
func (o *output) isUnread() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.unread
}

// failure is the first failure to write.
func (o *output) failure() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.failed
}

// width is the terminal's, in columns; 0 where it is none, or its width is unknown.
func (o *output) width() int {
	width, _, _ := term.GetSize(int(o.file.Fd())) // 0 where it fails
	return width
}
