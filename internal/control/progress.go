package control

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"time"
	"unicode/utf8"
)

// progress shows how far a run is: one live line on a terminal, and
// plain lines, not too many, elsewhere.
type progress struct {
	w     io.Writer
	live  bool
	width func() int // of the terminal, in columns; nil is unknown

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

// status shows the progress until the next line or status.
func (p *progress) status(format string, args ...any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.live {
		p.clear()
		fmt.Fprint(p.w, p.fit(fmt.Sprintf(format, args...)))
		p.onLine = true
	} else if time.Since(p.last) >= quiet {
		fmt.Fprintf(p.w, format+"\n", args...)
		p.last = time.Now()
	}
}

// moment shows a second of a trial under way: on a terminal all that fits, what
// matters most first.
func (p *progress) moment(label string, m *Moment) {
	where := fmt.Sprintf("%s: %s %.0f s", label, m.Phase, m.T)
	if !p.live {
		p.status("%s, %d clients, %d requests/s, %d deliveries/s", where, m.Clients, m.Requests, m.Deliveries)
		return
	}
	p.status("%s", strings.Join([]string{where,
		fmt.Sprintf("%s (run %s) left", span(m.PhaseLeftS), span(m.RunLeftS)),
		"p50 " + latency(m.P50), "p99 " + latency(m.P99),
		fmt.Sprintf("%d missing", m.Missing),
		of(m.Clients, float64(m.ClientsAsked)) + " clients",
		of(m.Published, m.RateAsked) + " messages/s",
		fmt.Sprintf("%d deliveries/s", m.Deliveries),
		fmt.Sprintf("%d requests/s", m.Requests)}, separator))
}

// separator is between the parts of a live line, which is cut there.
const separator = ", "

// fit cuts a line that is wider than the terminal: between two parts where that
// is possible. The last column stays free, or some terminals begin a new line.
func (p *progress) fit(line string) string {
	if p.width == nil {
		return line
	}
	columns := p.width() - 1
	if columns < 1 || utf8.RuneCountInString(line) <= columns {
		return line
	}
	cut := string([]rune(line)[:columns])
	label := strings.Index(line, ": ") // which may hold separators, too
	if i := strings.LastIndex(line[:min(len(cut)+len(separator), len(line))], separator); i > label {
		return line[:i]
	}
	return cut
}

// of is what there is of what was asked for: "998 of 1000", or "1000" where it is
// the same.
func of(have int64, asked float64) string {
	if float64(have) == asked {
		return fmt.Sprint(have)
	}
	return fmt.Sprintf("%d of %.4g", have, asked)
}

// span is a time in whole seconds: "56 s", "1m40s".
func span(seconds float64) string {
	if seconds < 59.5 {
		return fmt.Sprintf("%.0f s", seconds)
	}
	return time.Duration(seconds * float64(time.Second)).Round(time.Second).String()
}

// latency is a latency in three digits; a dash where it is not known.
func latency(seconds *float64) string {
	switch {
	case seconds == nil:
		return "–"
	case *seconds >= .9995:
		return fmt.Sprintf("%.3g s", *seconds)
	case *seconds >= .9995e-3:
		return fmt.Sprintf("%.3g ms", 1e3**seconds)
	}
	return fmt.Sprintf("%.3g µs", 1e6**seconds)
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
