package control

import (
	"fmt"
	"io"
	"sync"
	"time"
)

// progress tells people how far a run is: one live line on a terminal, and
// plain lines, not too many, elsewhere.
type progress struct {
	w    io.Writer
	live bool

	mu     sync.Mutex
	onLine bool      // the live line holds something
	last   time.Time // of the last status without a terminal
}

// quiet is the time between two status lines where there is no terminal.
const quiet = 5 * time.Second

// line prints a line that stays.
func (p *progress) line(format string, args ...any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.clear()
	fmt.Fprintf(p.w, format+"\n", args...)
	p.last = time.Now()
}

// status shows where things stand, until the next line or status.
func (p *progress) status(format string, args ...any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.live {
		p.clear()
		fmt.Fprintf(p.w, format, args...)
		p.onLine = true
	} else if time.Since(p.last) >= quiet {
		fmt.Fprintf(p.w, format+"\n", args...)
		p.last = time.Now()
	}
}

func (p *progress) clear() {
	if p.onLine {
		fmt.Fprint(p.w, "\r\x1b[K")
		p.onLine = false
	}
}

func (p *progress) end() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.clear()
}
