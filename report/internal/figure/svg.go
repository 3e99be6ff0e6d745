package figure

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"html"
	"regexp"
	"strings"

	"gonum.org/v1/plot/vg"

	"github.com/pollpush/pollpush/report/internal/scene"
)

var (
	styled  = regexp.MustCompile(`\s+style="([^"]*)"`)
	opening = regexp.MustCompile(`(?s)^.*?<svg width="([^"]*)" height="([^"]*)" viewBox="([^"]*)"[^>]*>`)
)

// restyle turns the style attributes that vgsvg writes into presentation
// attributes: a page whose policy allows no inline style ignores the former.
// Text cannot be mistaken for one, as vgsvg escapes its quotes.
func restyle(svg []byte, title string) []byte {
	svg = styled.ReplaceAllFunc(svg, func(match []byte) []byte {
		var b bytes.Buffer
		for rule := range strings.SplitSeq(string(styled.FindSubmatch(match)[1]), ";") {
			name, value, ok := strings.Cut(rule, ":")
			if !ok || name == "font-variant" || value == "normal" {
				continue
			}
			if name == "font-family" {
				// Liberation Sans has the widths of Arial, which has those of Helvetica.
				value += ", Arial, Helvetica, sans-serif"
			}
			b.WriteString(" " + name + `="` + value + `"`)
		}
		return b.Bytes()
	})
	return opening.ReplaceAllFunc(svg, func(match []byte) []byte {
		m := opening.FindSubmatch(match)
		return []byte(`<svg xmlns="http://www.w3.org/2000/svg" width="` + string(m[1]) + `" height="` + string(m[2]) +
			`" viewBox="` + string(m[3]) + `" role="img" aria-label="` + html.EscapeString(title) + `">`)
	})
}

// withHits lays hits over a chart of a height: without a script their titles
// show, with one their data.
func withHits(svg []byte, hits []scene.Hit, height vg.Length) []byte {
	if len(hits) == 0 {
		return svg
	}
	var b bytes.Buffer
	b.WriteString("<g fill=\"none\" pointer-events=\"all\">\n")
	for i := range hits {
		h := &hits[i]
		size := h.Box.Size()
		fmt.Fprintf(&b, `<rect x="%.1f" y="%.1f" width="%.1f" height="%.1f" data-name="%s" data-x="%s" data-y="%s"><title>%s</title></rect>`+"\n",
			h.Box.Min.X.Points(), (height - h.Box.Max.Y).Points(), size.X.Points(), size.Y.Points(),
			escaped(h.Name), escaped(h.X), escaped(h.Y), escaped(h.Says()))
	}
	b.WriteString("</g>\n</svg>")
	return append(bytes.TrimSuffix(bytes.TrimSpace(svg), []byte("</svg>")), append(b.Bytes(), '\n')...)
}

// escaped is text for an element or an attribute of XML, line ends included.
func escaped(s string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(s)) // a Builder takes everything
	return b.String()
}
