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

	"github.com/pollpush/pollpush/internal/web"
	"github.com/pollpush/pollpush/report/internal/figure"
	"github.com/pollpush/pollpush/report/internal/theme"
)

//go:embed page.html
var pageHTML string

//go:embed page.css
var pageCSS string

//go:embed page.js
var pageJS string

//go:embed charts.js
var chartsJS string

var pageTemplate = template.Must(template.New("page").Funcs(template.FuncMap{"linked": linked}).Parse(pageHTML))

// tutorial is where its claims are written down.
const tutorial = "https://github.com/pollpush/pollpush/blob/main/docs/papers.md#the-tutorial"

// linked is a text in which the tutorial is a link.
func linked(s string) template.HTML {
	return template.HTML(strings.ReplaceAll(template.HTMLEscapeString(s), "the tutorial", `<a href="`+tutorial+`">the tutorial</a>`))
}

// Picture is one chart within the page.
type Picture struct {
	SVG     []byte
	Title   string
	Stamp   string
	Caption string
	Asks    figure.Question
}

type pageFigure struct {
	Anchor       string // of the question that it is the first to answer; else empty
	SVG          template.HTML
	Title, Stamp string // beside the picture where the page is too narrow for all of it
	Caption      string
}

// pageQuestion is a question that a chart answers.
type pageQuestion struct{ Anchor, Title string }

// Page is report.html: one file that loads nothing, and that reads without its
// script. Its policy allows the one style block and the one script, by their
// hashes, and no attribute of either kind anywhere. The trials are a file within
// the page, if their URL is not empty.
func (d *Document) Page(figures []Picture, trials template.URL) ([]byte, error) {
	all, questions := drawn(figures)
	beside := min(len(all), 2)
	if d.Table.Wide() {
		beside = min(len(all), 1)
	}
	css, script := web.Palette()+pageCSS+darkCharts(), pageJS+"\n"+chartsJS
	data := struct {
		*Document
		Policy        string
		Style, Script template.HTML
		Questions     []pageQuestion
		Beside, Below []pageFigure // the verdict and the table, where the page is wide
		TrialsURL     template.URL
	}{
		Document: d,
		Policy:   "default-src 'none'; base-uri 'none'; form-action 'none'; style-src " + hashed(css) + "; script-src " + hashed(script),
		// Nothing foreign is in style and script, nor in an SVG beyond text that was escaped.
		Style:     template.HTML("<style>" + css + "</style>"),
		Script:    template.HTML("<script>" + script + "</script>"),
		Questions: questions,
		Beside:    all[:beside],
		Below:     all[beside:],
		TrialsURL: trials,
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

// drawn are the charts by their questions, and the questions that any answers.
func drawn(figures []Picture) (list []pageFigure, questions []pageQuestion) {
	for q, title := range figure.Questions {
		anchor := slug(title)
		for _, f := range figures {
			if f.Asks != figure.Question(q) {
				continue
			}
			start := max(bytes.Index(f.SVG, []byte("<svg")), 0)
			list = append(list, pageFigure{anchor, template.HTML(f.SVG[start:]), f.Title, f.Stamp, f.Caption})
			if anchor != "" {
				questions = append(questions, pageQuestion{anchor, title})
			}
			anchor = ""
		}
	}
	return list, questions
}

// slug is a title as an anchor: "How fresh is it?" is how-fresh-is-it.
func slug(title string) string {
	return strings.Join(strings.FieldsFunc(strings.ToLower(title), func(r rune) bool { return r < 'a' || r > 'z' }), "-")
}

// darkCharts recolours the charts on a dark page, by the colours that they
// were drawn in.
func darkCharts() string {
	var b strings.Builder
	b.WriteString("@media (prefers-color-scheme: dark) {\n")
	for _, c := range theme.Dark() {
		from, to := hex(c[0]), hex(c[1])
		fmt.Fprintf(&b, "  figure [fill=\"%s\"] { fill: %s; }\n  figure [stroke=\"%s\"] { stroke: %s; }\n", from, to, from, to)
	}
	b.WriteString("}\n")
	return b.String()
}

// hex is a colour as vgsvg writes it.
func hex(c color.RGBA) string { return fmt.Sprintf("#%02X%02X%02X", c.R, c.G, c.B) }
