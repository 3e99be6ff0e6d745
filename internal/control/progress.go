package control

import (
	"fmt"
	"io"
	"math"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/pollpush/pollpush/internal/clock"
	"github.com/pollpush/pollpush/internal/quantity"
	"github.com/pollpush/pollpush/internal/result"
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
	at := m.T
	if m.Phase == rampUp { // before which the warm-up's time is below zero
		at = float64(m.K)
	}
	where := fmt.Sprintf("%s: %s %.0f s", label, m.Phase, at)
	if !p.live {
		p.status("%s, %s, %s, %s", where, quantity.Of(m.Clients, "client"), perSecond(m.Requests, "request"), perSecond(m.Deliveries, "delivery"))
		return
	}
	p.status("%s", strings.Join([]string{where,
		fmt.Sprintf("%s (run %s) left", span(m.PhaseLeftS), span(m.RunLeftS)),
		"p50 " + Latency(m.P50), "p99 " + Latency(m.P99),
		fmt.Sprintf("%d missing", m.Missing),
		of(m.Clients, float64(m.ClientsAsked), "client"),
		of(m.Published, m.RateAsked, "message") + "/s",
		perSecond(m.Deliveries, "delivery"),
		perSecond(m.Requests, "request")}, separator))
}

func perSecond(n int64, thing string) string { return quantity.Of(n, thing) + "/s" }

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

// of is what there is of what was asked for: "998 of 1000 clients", or "1000
// clients" where it is the same.
func of(have int64, asked float64, thing string) string {
	if float64(have) == asked {
		return quantity.Of(have, thing)
	}
	if asked != 1 {
		thing += "s"
	}
	return fmt.Sprintf("%d of %s %s", have, quantity.Plain(asked, 4), thing)
}

// span is a time in whole seconds: "56 s", "1m40s".
func span(seconds float64) string {
	if seconds < 59.5 {
		return fmt.Sprintf("%.0f s", seconds)
	}
	return time.Duration(seconds * float64(time.Second)).Round(time.Second).String()
}

// Latency is a time in three digits; a dash where it is not known.
func Latency(seconds *float64) string {
	if seconds == nil {
		return "–"
	}
	return quantity.Seconds(*seconds)
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

// News is what a run reports to those who follow it; one field is set. It is for
// watching, and enters no result.
type News struct {
	Begun  *Outline `json:"begun,omitempty"`
	Second *Moment  `json:"second,omitempty"`
	Ended  *Outcome `json:"ended,omitempty"`
}

// Outline is what a run is going to do.
type Outline struct {
	Scenario   string   `json:"scenario"`
	About      string   `json:"about"`
	Transports []string `json:"transports"`
	Trials     int      `json:"trials"`    // planned, of all points and transports
	PlannedS   float64  `json:"planned_s"` // for them

	ServerKnown bool `json:"server_known"` // its process, and so what it costs
}

// Name distinguishes a trial from the others of its run.
type Name struct {
	Transport string `json:"transport"`
	Point     string `json:"point"` // as [scenario.Grid.Label] has it
	Trial     int    `json:"trial"`
	Of        int    `json:"of"`
	Attempt   int    `json:"attempt"`
}

// Moment is one second of a trial under way. What is not known, or what too few
// samples can tell, is nil.
type Moment struct {
	Name
	K     int     `json:"k"` // seconds since the ramp-up began
	T     float64 `json:"t"` // since the warm-up began, as in results
	Phase string  `json:"phase"`

	// Planned, from the end of this second: a drain may end earlier.
	PhaseLeftS float64 `json:"phase_left_s"`
	TrialLeftS float64 `json:"trial_left_s"`
	RunLeftS   float64 `json:"run_left_s"`

	ClientsAsked int     `json:"clients_asked"`
	RateAsked    float64 `json:"rate_asked"` // messages per second, of all rooms

	result.SecondCounts

	ServerCPU      *float64 `json:"server_cpu"` // cores, over the last second that was looked at
	ServerRSSBytes *int64   `json:"server_rss_bytes"`

	P50     *float64 `json:"p50"` // s, from due to seen, of the deliveries of this second
	P99     *float64 `json:"p99"`
	Missing int64    `json:"missing"` // messages that clients lack although they have a later one
}

// Outcome is what became of a trial.
type Outcome struct {
	Name
	Status    string   `json:"status"`
	Validity  string   `json:"validity"`
	Reasons   []string `json:"reasons"`
	Delivered int64    `json:"delivered"`
	Lost      int64    `json:"lost"`
}

// tell informs the followers of the run.
func (r *runner) tell(n News) {
	if r.Follow != nil {
		r.Follow(n)
	}
}

func (r *runner) outline(slots []slot) *Outline {
	return &Outline{r.Grid.Name, r.Grid.About, r.Grid.Transports(), len(slots), r.left.Seconds(), r.Target == "" || r.TargetPID != 0 || r.Start != nil}
}

func (r *runner) name(t *result.Trial) Name {
	return Name{t.Transport, r.Grid.Label(r.Scenario), t.Trial, r.Scenario.Trials, t.Attempt}
}

func (r *runner) outcome(t *result.Trial) *Outcome {
	o := &Outcome{Name: r.name(t), Status: string(t.Status), Validity: string(t.Validity), Reasons: []string{}, Delivered: t.Delivered, Lost: t.Lost}
	for _, reason := range t.Reasons {
		o.Reasons = append(o.Reasons, reason.Text)
	}
	return o
}

// moment puts together second k, which all shards have reported, and now is the sum.
func (r *runner) moment(t *result.Trial, w *watch, k int, now secondSum) *Moment {
	phase, trial := w.left(k)
	m := &Moment{
		Name: r.name(t), K: k, T: now.T, Phase: now.Phase,
		PhaseLeftS: phase.Seconds(), TrialLeftS: trial.Seconds(), RunLeftS: (trial + r.left).Seconds(),
		ClientsAsked: r.Scenario.Clients, RateAsked: r.Scenario.Publish.Rate * float64(r.Scenario.Rooms),
		SecondCounts: now.SecondCounts,
		P50:          now.Latencies.Quantile(.5), P99: now.Latencies.Quantile(.99), Missing: now.missing,
	}
	m.Latencies = nil // told by the percentiles
	m.ServerCPU, m.ServerRSSBytes = w.serverNow()
	return m
}

// left is what is planned of the phase and of the trial after second k.
func (w *watch) left(k int) (phase, trial time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	p := w.plan
	at := w.plan.RampStart + int64(k)*int64(time.Second)
	start := w.begun
	if start == 0 {
		start = max(p.RampStart+int64(p.RampUp), at+int64(time.Second)) // at the earliest
	}
	from, to := p.Window(start)
	ends := [...]int64{start, from, to, to + int64(p.Drain)}
	after := func(end int64) time.Duration { return time.Duration(max(end-at-int64(time.Second), 0)) }
	for _, end := range ends {
		if at < end {
			return after(end), after(ends[len(ends)-1])
		}
	}
	return 0, 0
}

// serverNow is the servers' CPU in cores over the last second of looks, and what
// they hold, as far as that is known.
func (w *watch) serverNow() (cores *float64, rss *int64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	const apart = int(time.Second / sampleInterval)
	n := len(w.looks)
	if len(w.servers) == 0 || n <= apart {
		return nil, nil
	}
	before, last := w.looks[n-1-apart], w.looks[n-1]
	used := (last.serverCPU - before.serverCPU).Seconds() / time.Duration(last.at-before.at).Seconds()
	if last.server == 0 || !(used >= 0) || math.IsInf(used, 1) || last.at < clock.Now()-int64(2*time.Second) { // one has died, or the looks have ended
		return nil, nil
	}
	return &used, &last.server
}
