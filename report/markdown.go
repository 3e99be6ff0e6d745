package report

import (
	"fmt"
	"strings"
)

// markdown is report.md. Everything that is not fixed text goes through md.
func (r *run) markdown(charts []chart) []byte {
	var b strings.Builder
	fmt.Fprintf(&b, "# %s\n\n", md(r.title()))
	v := r.judge()
	for _, s := range v.headlines {
		fmt.Fprintf(&b, "> **⚠ %s**\n>\n", md(s))
	}
	if len(v.headlines) > 0 {
		b.WriteString("\n")
	}
	for _, s := range v.paragraphs {
		fmt.Fprintf(&b, "**%s**\n\n", md(s))
	}
	for _, s := range v.notes {
		fmt.Fprintf(&b, "%s\n\n", md(s))
	}

	b.WriteString("## Numbers\n\n")
	mdTable(&b, r.mainTable(true), true)
	for _, s := range r.footnotes() {
		fmt.Fprintf(&b, "%s\n\n", md(s))
	}
	mdMeanings(&b, meanings(metrics))

	b.WriteString("## Charts\n\n")
	for i := range charts {
		c := &charts[i]
		fmt.Fprintf(&b, "%s\n\n[![%s](charts/%s.png)](charts/%s.svg)\n\n", md(c.caption), md(c.title), c.name, c.name)
	}

	b.WriteString("## Model and measurement\n\n" + md(modelText) + "\n\n")
	mdTable(&b, r.modelTable(), false)
	for _, s := range r.agreement() {
		fmt.Fprintf(&b, "- %s\n", md(s))
	}

	b.WriteString("\n")

	for _, s := range r.sections() {
		fmt.Fprintf(&b, "## %s\n\n", md(s.title))
		if s.about != "" {
			fmt.Fprintf(&b, "%s\n\n", md(s.about))
		}
		if len(s.table.rows) > 0 {
			mdTable(&b, s.table, s.numbers)
		}
		for _, note := range s.notes {
			fmt.Fprintf(&b, "%s\n\n", md(note))
		}
		if len(s.commands) > 0 {
			b.WriteString(mdCommands(s.commands) + "\n")
		}
		mdMeanings(&b, s.meanings)
	}

	b.WriteString("## Validity\n\n")
	mdTable(&b, r.trialsTable(), false)

	b.WriteString("## Environment\n\n")
	env := r.environment()
	env.head = []string{"what", "found"}
	mdTable(&b, env, false)

	b.WriteString("## To repeat this\n\n" + mdCommands(r.repeat()))
	return []byte(b.String())
}

// mdCommands is commands of a shell, set as they are.
func mdCommands(list []string) string {
	return "```sh\n" + strings.ReplaceAll(strings.Join(list, "\n"), "```", "'''") + "\n```\n"
}

func mdMeanings(b *strings.Builder, list []meaning) {
	if len(list) == 0 {
		return
	}
	b.WriteString("<details><summary>What the rows count</summary>\n\n")
	for _, m := range list {
		fmt.Fprintf(b, "- **%s**: %s.\n", md(m.Name), md(m.Text))
	}
	b.WriteString("\n</details>\n\n")
}

// mdTable writes a table; numbers to the right of the first column if asked.
func mdTable(b *strings.Builder, t table, right bool) {
	row := func(cells []string) {
		for _, c := range cells {
			b.WriteString("| " + md(c) + " ")
		}
		b.WriteString("|\n")
	}
	row(t.head)
	for i := range t.head {
		if right && i > 0 {
			b.WriteString("|--:")
		} else {
			b.WriteString("|:--")
		}
	}
	b.WriteString("|\n")
	for _, cells := range t.rows {
		row(cells)
	}
	b.WriteString("\n")
}

// md makes text mean itself in Markdown: no markup, links or HTML of its own.
func md(s string) string {
	var b strings.Builder
	for _, r := range s {
		if strings.ContainsRune("\\`*_[]<>|&~#!$@", r) {
			b.WriteByte('\\')
		}
		b.WriteRune(r)
	}
	// A bare address would become a link.
	return strings.NewReplacer("://", "\\://", "www.", "www\\.").Replace(b.String())
}
