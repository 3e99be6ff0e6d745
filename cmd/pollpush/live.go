package main

import (
	"fmt"
	"io"
	"net"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/alecthomas/kong"

	"github.com/pollpush/pollpush/internal/live"
)

// liveAddress is where the live page is served unless an address is given: for
// this machine alone.
const liveAddress = "127.0.0.1:0"

// liveFlag is --live or --live=ADDRESS: its value is only what follows "=", so
// that a scenario's name may follow the flag.
type liveFlag struct{ address string } // "" does without

// Decode reads the flag.
func (l *liveFlag) Decode(ctx *kong.DecodeContext) error {
	l.address = liveAddress
	if ctx.Scan.Peek().Type != kong.FlagValueToken {
		return nil
	}
	l.address = fmt.Sprint(ctx.Scan.Pop().Value)
	if !isAddress(l.address) {
		return fmt.Errorf("%q is not an address: write HOST:PORT, as in --live=127.0.0.1:9000, or omit it", l.address)
	}
	return nil
}

// misread finds an address where a scenario's name should be: it was written
// without "=".
func (l *liveFlag) misread(scenarios []string) error {
	for _, name := range scenarios {
		if l.address != "" && isAddress(name) {
			return usage("--live %s: put \"=\" before the address, as in --live=%s", name, name)
		}
	}
	return nil
}

// isAddress reports whether text has the form HOST:PORT.
func isAddress(text string) bool {
	_, port, err := net.SplitHostPort(text)
	if err == nil {
		_, err = strconv.ParseUint(port, 10, 16)
	}
	return err == nil
}

// IsBool says that the flag stands without a value, too.
func (l *liveFlag) IsBool() bool { return true }

// open serves the page that --live asks for, and says where it is; nil without it.
func (l *liveFlag) open(stderr io.Writer) (*live.Page, error) {
	if l.address == "" {
		return nil, nil
	}
	page, err := live.Listen(l.address)
	if err != nil {
		return nil, refuse("--live=%s: the page cannot be served there: %w; give another address, or --live alone for a free port", l.address, err)
	}
	fmt.Fprintf(stderr, "Live: %s\n", page.URL)
	return page, nil
}

// endLive sends the page that it is over and in which folders the reports are.
func endLive(s *session, page *live.Page, reported []string) {
	var said []string
	if s.Err() != nil {
		said = append(said, "It was interrupted.")
	}
	for _, dir := range reported {
		said = append(said, "Report: "+filepath.Join(dir, "report.html"))
	}
	page.End(map[string]any{"over": map[string]string{"text": strings.Join(said, " ")}})
}
