package document

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"image/color"
	"strings"

	"github.com/pollpush/pollpush/report/internal/figure"
	"github.com/pollpush/pollpush/report/internal/theme"
)

//go:embed page.html
var pageHTML string

//go:embed page.css
var pageCSS string

//go:embed page.js
var pageJS string

var pageTemplate = template.Must(template.New("page").Parse(pageHTML))

// DrawnFigure is one chart within the page.
type DrawnFigure struct {
	Svg     []byte
	Title   string
	Stamp   string
	Caption string
	Asks    figure.Question
}

type pageCell struct {
	Text  string
	Range string // beside a number, or below it where the page is narrow
	Key   string // by which it is sorted
	Name  bool   // of a row
	Warn  bool
	Long  bool   // a sentence or more
	Stamp string // beneath a name
}

type pageTable struct {
	Numbers bool // to the right
	Across  bool // each column is one transport's: rows sort columns
	Many    bool // columns: what can stand beneath its number does
	Head    []pageCell
	Rows    [][]pageCell
}

type pageSection struct {
	Title, About    string
	Table           pageTable
	Notes, Commands []string
	Meanings        []Meaning
}

type pageFigure struct {
	SVG          template.HTML
	Title, Stamp string // beside the picture where the page is too narrow for all of it
	Caption      string
}

// pageQuestion is a question with what answers it.
type pageQuestion struct {
	ID, Title string
	Figures   []pageFigure
	Answer    *pageSection
}

// Page is report.html: one file that loads nothing, and that reads without its
// script. Its policy allows the one style block and the one script, by their
// hashes, and no attribute of either kind anywhere.
func (d *Document) Page(figures []DrawnFigure, files []Download) ([]byte, error) {
	css := pageCSS + darkCharts()
	type judged struct{ Headlines, Paragraphs, Notes []string }
	data := struct {
		Policy, Title    string
		Style, Script    template.HTML
		Verdict          judged
		Numbers          pageTable
		Footnotes        []string
		Meanings         []Meaning
		Questions        []pageQuestion
		Sections         []pageSection
		Environment      pageTable
		Repeat, Warnings []string
		Trials           pageTable
		Files            []Download
	}{
		Policy: "default-src 'none'; base-uri 'none'; form-action 'none'; style-src " + hashed(css) + "; script-src " + hashed(pageJS),
		Title:  d.Title,
		// Nothing foreign is in style and script, nor in an SVG beyond text that was escaped.
		Style:       template.HTML("<style>" + css + "</style>"),
		Script:      template.HTML("<script>" + pageJS + "</script>"),
		Verdict:     judged{d.Verdict.Headlines, d.Verdict.Paragraphs, d.Verdict.Notes},
		Numbers:     onPage(d.Table, true, d.Table.across()),
		Footnotes:   d.Footnotes,
		Meanings:    d.Meanings,
		Questions:   d.asked(figures),
		Environment: onPage(d.Environment, false, false),
		Repeat:      d.Repeat,
		Warnings:    d.warnings(),
		Trials:      onPage(d.Trials, false, false),
		Files:       files,
	}
	for _, s := range d.Sections {
		data.Sections = append(data.Sections, sectionOnPage(s))
	}
	var b bytes.Buffer
	if err := pageTemplate.Execute(&b, data); err != nil {
		return nil, fmt.Errorf("report: %w", err)
	}
	return b.Bytes(), nil
}

// hashed is a source that a policy allows by its content.
func hashed(source string) string {
	sum := sha256.Sum256([]byte(source))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}

// asked are the questions that anything answers.
func (d *Document) asked(figures []DrawnFigure) []pageQuestion {
	var list []pageQuestion
	for q, title := range figure.Questions {
		p := pageQuestion{ID: slug(title), Title: title}
		for _, f := range figures {
			if f.Asks == figure.Question(q) {
				start := max(bytes.Index(f.Svg, []byte("<svg")), 0)
				p.Figures = append(p.Figures, pageFigure{template.HTML(f.Svg[start:]), f.Title, f.Stamp, f.Caption})
			}
		}
		if s, ok := d.Answers[figure.Question(q)]; ok && len(s.Table.Rows) > 0 {
			answer := sectionOnPage(s)
			p.Answer = &answer
		}
		if len(p.Figures) > 0 || p.Answer != nil {
			list = append(list, p)
		}
	}
	return list
}

// slug is a title as an anchor: "How fresh is it?" is how-fresh-is-it.
func slug(title string) string {
	return strings.Join(strings.FieldsFunc(strings.ToLower(title), func(r rune) bool { return r < 'a' || r > 'z' }), "-")
}

func sectionOnPage(s Section) pageSection {
	return pageSection{s.Title, s.About, onPage(s.Table, s.Numbers, s.Numbers && s.Table.across()), s.Notes, s.Commands, s.Meanings}
}

func onPage(t Table, numbers, across bool) pageTable {
	names := t.names()
	cells := func(row []string, head, ranges bool) []pageCell {
		var out []pageCell
		for i, s := range row {
			c := pageCell{Text: s, Key: SortKey(s), Name: i < names, Warn: strings.Contains(s, "⚠") || s == "invalid" || s == "suspect"}
			c.Long = len(s) > 80
			if name, stamp, ok := strings.Cut(s, " ⚠"); ok && head {
				c.Text, c.Stamp = name, "⚠"+stamp
			}
			if number, around, ok := strings.Cut(s, " ("); ok && ranges && !c.Name {
				c.Text, c.Range = number, "("+around
			}
			out = append(out, c)
		}
		return out
	}
	p := pageTable{Numbers: numbers, Across: across, Many: len(t.Head) > 7, Head: cells(t.Head, true, false)}
	for _, row := range t.Rows {
		p.Rows = append(p.Rows, cells(row, false, numbers))
	}
	return p
}

// darkCharts recolours the charts on a dark page, by the colours that they
// were drawn in.
func darkCharts() string {
	var b strings.Builder
	rule := func(from, to color.RGBA) {
		f, t := hex(from), hex(to)
		fmt.Fprintf(&b, "  figure [fill=\"%s\"] { fill: %s; }\n  figure [stroke=\"%s\"] { stroke: %s; }\n", f, t, f, t)
	}
	b.WriteString("@media (prefers-color-scheme: dark) {\n")
	for _, c := range append([]color.RGBA{theme.Paper, theme.TextInk, theme.FaintInk, theme.GridInk, theme.ShadeInk, theme.WarningInk, theme.HeaderInk}, theme.LayerInks...) {
		rule(c, theme.DarkOf[c])
	}
	for _, l := range theme.Looks() {
		rule(l.Ink, l.Dark)
		rule(theme.Pale(l.Ink), theme.PaleDark(l.Dark))
	}
	b.WriteString("}\n")
	return b.String()
}

// hex is a colour as vgsvg writes it.
func hex(c color.RGBA) string { return fmt.Sprintf("#%02X%02X%02X", c.R, c.G, c.B) }
