package report

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"image/color"
	"strings"
)

//go:embed page.html
var pageHTML string

//go:embed page.css
var pageCSS string

var pageTemplate = template.Must(template.New("page").Parse(pageHTML))

// figure is one chart within the page.
type figure struct {
	svg     []byte
	caption string
}

type pageCell struct {
	Text  string
	Range string // beside a number, or below it where the page is narrow
	Warn  bool
}

type pageTable struct {
	Numbers bool
	Head    []pageCell
	Rows    [][]pageCell
}

// page is report.html: one file, no script, nothing loaded. Its policy allows
// the one style block, by its hash, and no style attribute anywhere.
func (r *run) page(figures []figure) ([]byte, error) {
	css := pageCSS + darkCharts()
	hash := sha256.Sum256([]byte(css))
	type drawn struct {
		SVG     template.HTML
		Caption string
	}
	type judged struct{ Headlines, Paragraphs, Notes []string }
	type part struct {
		Title, About string
		Table        pageTable
		Notes        []string
		Commands     []string
		Meanings     []meaning
	}
	v := r.judge()
	data := struct {
		Policy, Title string
		Style         template.HTML
		Verdict       judged
		Metrics       pageTable
		Footnotes     []string
		Meanings      []meaning
		Charts        []drawn
		ModelText     string
		Model, Trials pageTable
		Agreement     []string
		Parts         []part
		Environment   pageTable
		Repeat        []string
	}{
		Policy: "default-src 'none'; base-uri 'none'; form-action 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(hash[:]) + "'",
		Title:  r.title(),
		// Nothing foreign is in the style, nor in an SVG beyond text that vgsvg escaped.
		Style:       template.HTML("<style>" + css + "</style>"),
		Verdict:     judged{v.headlines, v.paragraphs, v.notes},
		Metrics:     onPage(r.mainTable(true), true),
		Footnotes:   r.footnotes(),
		Meanings:    meanings(metrics),
		ModelText:   modelText,
		Model:       onPage(r.modelTable(), false),
		Agreement:   r.agreement(),
		Trials:      onPage(r.trialsTable(), false),
		Environment: onPage(r.environment(), false),
		Repeat:      r.repeat(),
	}
	for _, s := range r.sections() {
		data.Parts = append(data.Parts, part{s.title, s.about, onPage(s.table, s.numbers), s.notes, s.commands, s.meanings})
	}
	for _, f := range figures {
		start := max(bytes.Index(f.svg, []byte("<svg")), 0)
		data.Charts = append(data.Charts, drawn{template.HTML(f.svg[start:]), f.caption})
	}
	var b bytes.Buffer
	if err := pageTemplate.Execute(&b, data); err != nil {
		return nil, fmt.Errorf("report: %w", err)
	}
	return b.Bytes(), nil
}

func onPage(t table, numbers bool) pageTable {
	cells := func(row []string, ranges bool) []pageCell {
		var out []pageCell
		for _, s := range row {
			c := pageCell{Text: s, Warn: strings.Contains(s, "⚠") || s == "invalid" || s == "suspect"}
			if number, around, ok := strings.Cut(s, " ("); ok && ranges {
				c.Text, c.Range = number, "("+around
			}
			out = append(out, c)
		}
		return out
	}
	p := pageTable{Numbers: numbers, Head: cells(t.head, false)}
	for _, row := range t.rows {
		p.Rows = append(p.Rows, cells(row, numbers))
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
	for _, c := range append([]color.RGBA{paper, text, faint, grid, shade, warning, beneath}, layerInks...) {
		rule(c, darkOf[c])
	}
	for _, l := range append(looks[:len(looks):len(looks)], others...) {
		rule(l.ink, l.dark)
		rule(pale(l.ink), paleDark(l.dark))
	}
	b.WriteString("}\n")
	return b.String()
}

// hex is a colour as vgsvg writes it.
func hex(c color.RGBA) string { return fmt.Sprintf("#%02X%02X%02X", c.R, c.G, c.B) }
