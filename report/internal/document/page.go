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

//go:embed charts.css
var chartsCSS string

//go:embed charts.js
var chartsJS string

var pageTemplate = template.Must(template.New("page").Parse(pageHTML))

// pageFigure is a chart, drawn for desks and for phones.
type pageFigure struct {
	*figure.Chart
	Wide, Narrow template.HTML
}

// pageQuestion is a question with what answers it.
type pageQuestion struct {
	ID, Title string
	Figures   []pageFigure
	Answer    *Section
}

// Page is report.html: one file that loads nothing, and that reads without its
// script. Its policy allows the one style block and the one script, by their
// hashes, and no attribute of either kind anywhere.
func (d *Document) Page(files []Download) ([]byte, error) {
	css, script := web.Palette()+pageCSS+chartsCSS+darkCharts(), pageJS+"\n"+chartsJS
	data := struct {
		*Document
		Policy        string
		Style, Script template.HTML
		Questions     []pageQuestion
		Files         []Download
	}{
		Document: d,
		Policy:   "default-src 'none'; base-uri 'none'; form-action 'none'; style-src " + hashed(css) + "; script-src " + hashed(script),
		// Nothing foreign is in style and script, nor in an SVG beyond text that was escaped.
		Style:     template.HTML("<style>" + css + "</style>"),
		Script:    template.HTML("<script>" + script + "</script>"),
		Questions: d.asked(),
		Files:     files,
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
func (d *Document) asked() []pageQuestion {
	var list []pageQuestion
	for q, title := range figure.Questions {
		p := pageQuestion{ID: slug(title), Title: title}
		for i := range d.Charts {
			if c := &d.Charts[i]; c.Asks == figure.Question(q) {
				wide, narrow := c.OnPage()
				p.Figures = append(p.Figures, pageFigure{c, template.HTML(wide), template.HTML(narrow)})
			}
		}
		if s, ok := d.Answers[figure.Question(q)]; ok && len(s.Table.Rows) > 0 {
			p.Answer = &s
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
