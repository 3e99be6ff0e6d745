package figure

import (
	"bytes"
	"html"
	"regexp"
	"strings"
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
