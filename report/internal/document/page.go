package document

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"image/color"
	"slices"
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

//go:embed charts.css
var chartsCSS string

//go:embed charts.js
var chartsJS string

var pageTemplate = template.Must(template.New("page").Funcs(template.FuncMap{"linked": linked}).Parse(pageHTML))

// tutorial is where its claims are written down.
const tutorial = "https://github.com/pollpush/pollpush/blob/main/docs/papers.md#the-tutorial"

// linked is a text in which the tutorial is a link.
func linked(s string) template.HTML {
	return template.HTML(strings.ReplaceAll(template.HTMLEscapeString(s), "the tutorial", `<a href="`+tutorial+`">the tutorial</a>`))
}

// pageFigure is a chart, drawn for desks and for phones.
type pageFigure struct {
	*figure.Chart
	Wide, Narrow template.HTML
}

// pageQuestion is a question, and the first chart that answers it.
type pageQuestion struct{ Anchor, Title string }

// Page is report.html: one file that loads nothing, and that reads without its
// script. Its policy allows the one style block and the one script, by their
// hashes, and no attribute of either kind anywhere. The trials are a file within
// the page, if their URL is not empty.
func (d *Document) Page(trials template.URL) ([]byte, error) {
	all, questions := d.drawn()
	timed := slices.IndexFunc(all, func(f pageFigure) bool { return f.Asks == figure.InTime }) // the last question
	if timed < 0 {
		timed = len(all)
	}
	all, inTime := all[:timed], all[timed:]
	beside := min(len(all), 2)
	if d.Table.Wide() {
		beside = min(len(all), 1)
	}
	css, script := web.Palette()+pageCSS+chartsCSS+darkCharts(), pageJS+"\n"+chartsJS
	data := struct {
		*Document
		Policy        string
		Style, Script template.HTML
		Questions     []pageQuestion
		Beside, Below []pageFigure // the verdict and the table, where the page is wide
		InTime        []pageFigure // folded on phones
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
		InTime:    inTime,
		TrialsURL: trials,
	}
	var b bytes.Buffer
	if err := pageTemplate.Execute(&b, data); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// hashed is a source that a policy allows by its content.
func hashed(source string) string {
	sum := sha256.Sum256([]byte(source))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}

// drawn are the charts by their questions, and the questions that any answers.
func (d *Document) drawn() (list []pageFigure, questions []pageQuestion) {
	for q, title := range figure.Questions {
		first := true
		for i := range d.Charts {
			c := &d.Charts[i]
			if c.Asks != figure.Question(q) {
				continue
			}
			wide, narrow := c.OnPage()
			list = append(list, pageFigure{c, template.HTML(wide), template.HTML(narrow)})
			if first {
				questions = append(questions, pageQuestion{"chart-" + c.Name, title})
			}
			first = false
		}
	}
	return list, questions
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
