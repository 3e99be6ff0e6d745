package svg

import (
	"encoding/xml"
	"fmt"
	"strings"

	"gonum.org/v1/plot/vg"
)

// Spot is a place that shows words when pointed at.
type Spot struct {
	Box   vg.Rectangle
	Owner string
	Words string
}

// Bytes is the whole document. Its class, if any, and its title are for the page;
// without words, spots are those of another drawing in the same order.
func (c *Canvas) Bytes(class, title string, spots []Spot) []byte {
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" width="%[1]spt" height="%[2]spt" viewBox="0 0 %[1]s %[2]s"`, number(tenths(c.width)), number(tenths(c.height)))
	if class != "" {
		fmt.Fprintf(&b, ` class="%s"`, class)
	}
	// Liberation Sans has the widths of Arial, which has those of Helvetica.
	fmt.Fprintf(&b, ` role="img" aria-label="%s" font-family="Liberation Sans, Arimo, Arial, Helvetica, sans-serif" fill="none">`+"\n", Escaped(title))
	var open Owner
	for i := range c.elements {
		e := &c.elements[i]
		turn(&b, &open, e.owner)
		e.write(&b)
	}
	turn(&b, &open, Owner{})
	c.writeSpots(&b, spots)
	b.WriteString("</svg>\n")
	return []byte(b.String())
}

// turn closes the group of one owner and opens that of another.
func turn(b *strings.Builder, open *Owner, to Owner) {
	if *open == to {
		return
	}
	if *open != (Owner{}) {
		b.WriteString("</g>\n")
	}
	if to.Name != "" {
		class := ""
		if to.Entry {
			class = ` class="entry"`
		}
		fmt.Fprintf(b, `<g data-line="%s"%s>`+"\n", Escaped(to.Name), class)
	}
	*open = to
}

func (e *element) write(b *strings.Builder) {
	switch e.words {
	case 0:
		fmt.Fprintf(b, `<path%s d="%s"/>`+"\n", e.attributes, e.content)
	case 1:
		b.WriteString(strings.Replace(e.content, "<text", "<text"+e.attributes, 1) + "\n")
	default:
		fmt.Fprintf(b, "<g%s>%s</g>\n", e.attributes, e.content)
	}
}

func (c *Canvas) writeSpots(b *strings.Builder, spots []Spot) {
	if len(spots) == 0 {
		return
	}
	b.WriteString(`<g class="spots" pointer-events="all">` + "\n")
	var open Owner
	for _, s := range spots {
		turn(b, &open, Owner{Name: s.Owner})
		fmt.Fprintf(b, `<path d="%s"`, c.data(s.Box.Path()))
		if s.Words == "" {
			b.WriteString("/>\n")
		} else {
			fmt.Fprintf(b, "><title>%s</title></path>\n", Escaped(s.Words))
		}
	}
	turn(b, &open, Owner{})
	b.WriteString("</g>\n")
}

// Escaped is text for an element or an attribute, line ends included.
func Escaped(s string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(s)) // a Builder takes everything
	return b.String()
}
