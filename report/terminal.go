package report

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/pollpush/pollpush/internal/result"
)

// TextOptions say what the text is read on.
type TextOptions struct {
	Width    int  // in columns; 0 is 80
	Terminal bool // understands bold and colour
}

// Text prints the verdict's table and sentences for a terminal. Trials of
// several scenarios, or none, are an error.
func Text(w io.Writer, trials []result.Trial, o TextOptions) error {
	r, err := newRun(trials)
	if err != nil {
		return err
	}
	if o.Width <= 0 {
		o.Width = 80
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n\n", o.bold(r.title()))
	o.metrics(&b, r)
	if notes := r.footnotes(); len(notes) > 0 {
		for _, note := range notes {
			o.wrap(&b, note, "")
		}
		b.WriteString("\n")
	}
	v := r.judge()
	for _, s := range v.headlines {
		o.wrap(&b, s, "⚠ ")
	}
	for _, s := range append(v.paragraphs, v.notes...) {
		o.wrap(&b, s, "")
	}
	if doubts := r.doubts(); len(doubts) > 0 {
		b.WriteString("\n")
		for _, s := range doubts {
			o.wrap(&b, s, "- ")
		}
	}
	if parts := r.sections(); len(parts) > 0 {
		more := "More in report.html: Charts · Model and measurement"
		for _, s := range parts {
			more += " · " + s.title
		}
		b.WriteString("\n")
		o.wrap(&b, more, "")
	}
	_, err = io.WriteString(w, b.String())
	return err
}

// title names the run.
func (r *run) title() string {
	s := or(r.head.Scenario, "unnamed scenario") + ": " + plural(float64(r.head.Clients), "client")
	if a := r.head.Asked; a.PublishRate > 0 {
		s += ", " + plural(a.PublishRate, "message") + "/s"
		if a.Rooms > 1 {
			s += " in each of " + thousands(fmt.Sprint(a.Rooms)) + " rooms"
		}
	} else {
		s += ", nothing said"
	}
	return s
}

// doubts lists the trials that are not plainly valid and used, with reasons.
func (r *run) doubts() []string {
	var out []string
	for _, row := range r.trialsTable().rows {
		transport, trial, attempt, status, validity, used, why := row[0], row[1], row[2], row[3], row[4], row[5], row[6]
		if status == "complete" && validity == "valid" && used == "yes" && why == "none" {
			continue
		}
		s := transport + " trial " + trial
		if attempt != "1" {
			s += ", attempt " + attempt
		}
		s += ": " + status + ", " + validity
		if used == "no" {
			s += ", enters no number"
		}
		if why != "none" {
			s += ". " + why
		}
		out = append(out, s)
	}
	return out
}

// metrics prints the table in as many blocks of transports as the width takes.
// Ranges are left out before a table is broken.
func (o TextOptions) metrics(b *strings.Builder, r *run) {
	t := r.mainTable(true)
	if t.width() > o.Width {
		if short := r.mainTable(false); short.width() <= o.Width || len(r.sides) > 3 {
			t = short
		}
	}
	widths := t.widths()
	for from := 1; from < len(t.head); {
		total, to := widths[0], from
		for to < len(t.head) && (to == from || total+2+widths[to] <= o.Width) {
			total += 2 + widths[to]
			to++
		}
		for i, row := range append([][]string{t.head}, t.rows...) {
			line := row[0] + pad(widths[0]-utf8.RuneCountInString(row[0]))
			for j := from; j < to; j++ {
				line += "  " + pad(widths[j]-utf8.RuneCountInString(row[j])) + row[j]
			}
			if i == 0 {
				line = o.bold(line)
			}
			b.WriteString(strings.TrimRight(line, " ") + "\n")
		}
		b.WriteString("\n")
		from = to
	}
}

func (t *table) widths() []int {
	widths := make([]int, len(t.head))
	for _, row := range append([][]string{t.head}, t.rows...) {
		for i, s := range row {
			widths[i] = max(widths[i], utf8.RuneCountInString(s))
		}
	}
	return widths
}

func (t *table) width() int {
	total := -2
	for _, w := range t.widths() {
		total += 2 + w
	}
	return total
}

func pad(n int) string { return strings.Repeat(" ", max(n, 0)) }

func (o TextOptions) bold(s string) string {
	if !o.Terminal {
		return s
	}
	return "\x1b[1m" + s + "\x1b[0m"
}

// wrap prints a paragraph within the width, its later lines indented by as
// much as the mark before the first.
func (o TextOptions) wrap(b *strings.Builder, s, mark string) {
	indent := pad(utf8.RuneCountInString(mark))
	line, n := mark, utf8.RuneCountInString(mark)
	empty := true
	flush := func() {
		if o.Terminal && strings.HasPrefix(mark, "⚠") {
			line = "\x1b[1;31m" + line + "\x1b[0m"
		}
		b.WriteString(line + "\n")
	}
	for _, word := range strings.Fields(s) {
		w := utf8.RuneCountInString(word)
		if !empty && n+1+w > o.Width {
			flush()
			line, n, empty = indent, len(indent), true
		}
		if !empty {
			line += " "
			n++
		}
		line, n, empty = line+word, n+w, false
	}
	flush()
}
