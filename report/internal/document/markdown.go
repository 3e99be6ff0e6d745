package document

import (
	"fmt"
	"html"
	"slices"
	"strings"
)

// Longest is how many bytes report.md may have: fewer than the characters that
// GitHub takes for a comment.
const Longest = 65_000

// part is a piece of report.md that folds up, and is left out where all of them
// would be too long.
type part struct{ title, text string }

// Markdown is report.md. Everything that is not fixed text goes through md.
func (d *Document) Markdown() []byte {
	var b strings.Builder
	fmt.Fprintf(&b, "# %s\n\n", EscapeMarkdown(d.Title))
	for _, s := range d.Verdict.Headlines {
		fmt.Fprintf(&b, "> **⚠ %s**\n>\n", EscapeMarkdown(s))
	}
	if len(d.Verdict.Headlines) > 0 {
		b.WriteString("\n")
	}
	if h := &d.Headline; len(h.Tiles) > 0 {
		mark := ""
		if h.Warning {
			mark = "⚠ "
		}
		fmt.Fprintf(&b, "**%s**: %s%s.\n\n", EscapeMarkdown(h.About), mark, EscapeMarkdown(h.Trust))
		WriteTable(&b, h.table())
	}
	for _, s := range d.Verdict.Paragraphs {
		fmt.Fprintf(&b, "%s\n\n", EscapeMarkdown(s))
	}
	for _, s := range d.Verdict.Notes {
		fmt.Fprintf(&b, "%s\n\n", EscapeMarkdown(s))
	}
	b.WriteString("## Numbers\n\n")
	WriteTable(&b, d.Table)
	for _, s := range d.Footnotes {
		fmt.Fprintf(&b, "%s\n\n", EscapeMarkdown(s))
	}
	b.WriteString("## Warnings\n\n")
	mdList(&b, d.Warnings())
	b.WriteString("## More\n\n")
	for _, p := range fitting(d.parts(), Longest-b.Len()) {
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
		parts = append(parts, part{text: "Too long for this file; see report.html: " + EscapeMarkdown(strings.Join(out, ", ")) + ".\n"})
	}
	return parts
}

// parts are what a reader unfolds.
func (d *Document) parts() []part {
	var parts []part
	add := func(title string, write func(*strings.Builder)) {
		var b strings.Builder
		fmt.Fprintf(&b, "<details><summary>%s</summary>\n\n", html.EscapeString(title))
		write(&b)
		b.WriteString("</details>\n\n")
		parts = append(parts, part{title, b.String()})
	}
	add("What the rows mean", func(b *strings.Builder) { mdMeanings(b, d.Meanings) })
	add("Charts", func(b *strings.Builder) {
		for i := range d.Charts {
			c := &d.Charts[i]
			fmt.Fprintf(b, "%s\n\n[![%s](charts/%s.png)](charts/%s.svg)\n\n", EscapeMarkdown(c.Caption), EscapeMarkdown(c.Title), c.Name, c.Name)
		}
	})
	for _, s := range d.Sections {
		add(s.Title, func(b *strings.Builder) { mdSection(b, s) })
	}
	add("All trials", func(b *strings.Builder) { WriteTable(b, d.Trials) })
	add("Environment", func(b *strings.Builder) {
		WriteTable(b, Table{Head: Texts("what", "found"), Rows: d.Environment.Rows})
	})
	add("How to repeat this run", func(b *strings.Builder) { b.WriteString(mdCommands(d.Repeat) + "\n") })
	return parts
}

func mdSection(b *strings.Builder, s Section) {
	if s.About != "" {
		fmt.Fprintf(b, "%s\n\n", EscapeMarkdown(s.About))
	}
	if len(s.Table.Rows) > 0 {
		WriteTable(b, s.Table)
	}
	for _, note := range s.Notes {
		fmt.Fprintf(b, "%s\n\n", EscapeMarkdown(note))
	}
	if len(s.Commands) > 0 {
		b.WriteString(mdCommands(s.Commands) + "\n")
	}
	mdMeanings(b, s.Meanings)
}

// mdCommands is commands of a shell, set as they are.
func mdCommands(list []string) string {
	return "```sh\n" + strings.ReplaceAll(strings.Join(list, "\n"), "```", "'''") + "\n```\n"
}

func mdMeanings(b *strings.Builder, list []Meaning) {
	for _, m := range list {
		fmt.Fprintf(b, "- **%s**: %s.\n", EscapeMarkdown(m.Name), EscapeMarkdown(m.Text))
	}
	if len(list) > 0 {
		b.WriteString("\n")
	}
}

func mdList(b *strings.Builder, list []string) {
	for _, s := range list {
		fmt.Fprintf(b, "- %s\n", EscapeMarkdown(s))
	}
	b.WriteString("\n")
}

// WriteTable writes a table.
func WriteTable(b *strings.Builder, t Table) {
	head, rows := t.lines(true)
	row := func(cells []string) {
		for _, c := range cells {
			b.WriteString("| " + EscapeMarkdown(c) + " ")
		}
		b.WriteString("|\n")
	}
	row(head)
	for i := range head {
		if t.Numbers && i >= t.NameColumns() {
			b.WriteString("|--:")
		} else {
			b.WriteString("|:--")
		}
	}
	b.WriteString("|\n")
	for _, cells := range rows {
		row(cells)
	}
	b.WriteString("\n")
	if legend := t.Legend(); legend != "" {
		b.WriteString(legend + "\n\n")
	}
}

// EscapeMarkdown makes text mean itself in Markdown: no markup, links or HTML of its own.
func EscapeMarkdown(s string) string {
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
