package report

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/pollpush/pollpush/internal/result"
	"github.com/pollpush/pollpush/report/internal/document"
	"github.com/pollpush/pollpush/report/internal/trials"
)

// TextOptions say how a report is printed on a terminal.
type TextOptions = document.TextOptions

// Text prints the verdict's table and sentences for a terminal. Trials of
// several runs, or none, are an error.
func Text(w io.Writer, list []result.Trial, o document.TextOptions) error {
	s, err := trials.NewSet(list)
	if err != nil {
		return err
	}
	d := documentOf(s)
	if o.Width <= 0 {
		o.Width = 80
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n\n", o.Bold(d.Title))
	o.Numbers(&b, d.Table)
	if len(d.Footnotes) > 0 {
		for _, note := range d.Footnotes {
			o.Wrap(&b, note, "")
		}
		b.WriteString("\n")
	}
	for _, s := range d.Verdict.Headlines {
		o.Wrap(&b, s, "⚠ ")
	}
	for _, s := range append(slices.Clone(d.Verdict.Paragraphs), d.Verdict.Notes...) {
		o.Wrap(&b, s, "")
	}
	doubts, more := d.ShortDoubts()
	if d.Partial != "" || len(doubts) > 0 {
		b.WriteString("\n")
		if d.Partial != "" {
			o.Wrap(&b, d.Partial, "⚠ ")
		}
		for _, s := range doubts {
			o.Wrap(&b, s, "- ")
		}
		if more != "" {
			o.Wrap(&b, more, "")
		}
	}
	further := "More in report.html: Charts"
	for _, s := range d.Sections {
		further += " · " + s.Title
	}
	b.WriteString("\n")
	o.Wrap(&b, further, "")
	_, err = io.WriteString(w, b.String())
	return err
}
