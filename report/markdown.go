package report

import (
	"fmt"
	"html"
	"slices"
	"strings"
)

// longest is how many bytes report.md may have: fewer than the characters that
// GitHub takes for a comment.
const longest = 65_000

// part is a piece of report.md that folds up, and is left out where all of them
// would be too long.
type part struct{ title, text string }

// markdown is report.md. Everything that is not fixed text goes through md.
func (d *document) markdown() []byte {
	var b strings.Builder
	fmt.Fprintf(&b, "# %s\n\n", md(d.title))
	for _, s := range d.verdict.headlines {
		fmt.Fprintf(&b, "> **⚠ %s**\n>\n", md(s))
	}
	if len(d.verdict.headlines) > 0 {
		b.WriteString("\n")
	}
	for _, s := range d.verdict.paragraphs {
		fmt.Fprintf(&b, "**%s**\n\n", md(s))
	}
	for _, s := range d.verdict.notes {
		fmt.Fprintf(&b, "%s\n\n", md(s))
	}
	b.WriteString("## Numbers\n\n")
	mdTable(&b, d.table, true)
	for _, s := range d.footnotes {
		fmt.Fprintf(&b, "%s\n\n", md(s))
	}
	b.WriteString("## Warnings\n\n")
	mdList(&b, d.warnings())
	b.WriteString("## More\n\n")
	for _, p := range fitting(d.parts(), longest-b.Len()) {
		b.WriteString(p.text)
	}
	return []byte(b.String())
}

// fitting leaves the longest parts out until the others fit into so many bytes,
// and says so.
func fitting(parts []part, room int) []part {
	room -= 400 // for what is said of those that are left out
	var out []string
	for {
		sum, most := 0, 0
		for i, p := range parts {
			sum += len(p.text)
			if len(p.text) > len(parts[most].text) {
				most = i
			}
		}
		if sum <= room || len(parts) == 0 {
			break
		}
		out = append(out, parts[most].title)
		parts = slices.Delete(parts, most, most+1)
	}
	if len(out) > 0 {
		parts = append(parts, part{text: "Left out here for length, and in report.html: " + md(strings.Join(out, ", ")) + ".\n"})
	}
	return parts
}

// parts are what a reader unfolds.
func (d *document) parts() []part {
	var parts []part
	add := func(title string, write func(*strings.Builder)) {
		var b strings.Builder
		fmt.Fprintf(&b, "<details><summary>%s</summary>\n\n", html.EscapeString(title))
		write(&b)
		b.WriteString("</details>\n\n")
		parts = append(parts, part{title, b.String()})
	}
	addSection := func(s section) {
		add(s.title, func(b *strings.Builder) { mdSection(b, s) })
	}
	add("What the rows count", func(b *strings.Builder) { mdMeanings(b, d.meanings) })
	for q, title := range questions {
		if s, ok := d.answers[question(q)]; ok {
			s.title = title
			addSection(s)
		}
	}
	add("Charts", func(b *strings.Builder) {
		for i := range d.charts {
			c := &d.charts[i]
			fmt.Fprintf(b, "%s\n\n[![%s](charts/%s.png)](charts/%s.svg)\n\n", md(c.caption), md(c.title), c.name, c.name)
		}
	})
	for _, s := range d.sections {
		addSection(s)
	}
	add("Every trial", func(b *strings.Builder) { mdTable(b, d.trials, false) })
	add("Environment", func(b *strings.Builder) {
		mdTable(b, table{head: []string{"what", "found"}, rows: d.environment.rows}, false)
	})
	add("To repeat this", func(b *strings.Builder) { b.WriteString(mdCommands(d.repeat) + "\n") })
	return parts
}

func mdSection(b *strings.Builder, s section) {
	if s.about != "" {
		fmt.Fprintf(b, "%s\n\n", md(s.about))
	}
	if len(s.table.rows) > 0 {
		mdTable(b, s.table, s.numbers)
	}
	for _, note := range s.notes {
		fmt.Fprintf(b, "%s\n\n", md(note))
	}
	if len(s.commands) > 0 {
		b.WriteString(mdCommands(s.commands) + "\n")
	}
	mdMeanings(b, s.meanings)
}

// mdCommands is commands of a shell, set as they are.
func mdCommands(list []string) string {
	return "```sh\n" + strings.ReplaceAll(strings.Join(list, "\n"), "```", "'''") + "\n```\n"
}

func mdMeanings(b *strings.Builder, list []meaning) {
	for _, m := range list {
		fmt.Fprintf(b, "- **%s**: %s.\n", md(m.Name), md(m.Text))
	}
	if len(list) > 0 {
		b.WriteString("\n")
	}
}

func mdList(b *strings.Builder, list []string) {
	for _, s := range list {
		fmt.Fprintf(b, "- %s\n", md(s))
	}
	b.WriteString("\n")
}

// mdTable writes a table; numbers to the right of a row's names if asked.
func mdTable(b *strings.Builder, t table, right bool) {
	row := func(cells []string) {
		for _, c := range cells {
			b.WriteString("| " + md(c) + " ")
		}
		b.WriteString("|\n")
	}
	row(t.head)
	for i := range t.head {
		if right && i >= t.names() {
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
