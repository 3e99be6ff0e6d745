package gate

import (
	"fmt"
	"io"
	"strings"

	"github.com/pollpush/pollpush/report/internal/compare"
	"github.com/pollpush/pollpush/report/internal/document"
)

// Markdown writes the comparison, all rows of it, for a pull request.
func (c *Comparison) Markdown(w io.Writer) error {
	var b strings.Builder
	list := func(format string, paragraphs ...string) {
		for _, s := range paragraphs {
			fmt.Fprintf(&b, format, document.EscapeMarkdown(s))
		}
	}
	list("**⚠ %s**\n\n", said(c.Faults, faults)...)
	list("### %s\n\n", c.Base.Title())
	list("**%s**\n\n", c.conclusion())
	list("- %s\n", c.Regressions()...)
	list("- ⚠ %s\n", c.Warnings()...)
	b.WriteString("\n")
	first := 1 // column: the point's is there only where anything is swept
	if len(c.Base.Swept) > 0 {
		first = 0
	}
	all := document.Table{Head: document.Texts("point", "transport", "metric", "base", "new", "change", "p and n", "limit", "gates", "verdict")[first:]}
	found := document.Table{Head: all.Head}
	for _, r := range c.rows() {
		cells := r.long()[first:]
		all.Rows = append(all.Rows, cells)
		if r.Verdict == compare.Worse || r.Verdict == compare.Better || r.Verdict == compare.Untested && !r.Within() {
			found.Rows = append(found.Rows, cells)
		}
	}
	if len(found.Rows) > 0 {
		document.WriteTable(&b, found)
	}
	b.WriteString("<details><summary>All rows</summary>\n\n")
	document.WriteTable(&b, all)
	b.WriteString("</details>\n\n")
	list("- base: %s\n", c.Base.Origin())
	list("- new: %s\n\n", c.New.Origin())
	list("%s\n\n", c.notes()...)
	_, err := io.WriteString(w, b.String())
	return err
}
