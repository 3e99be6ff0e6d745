package web

import (
	"fmt"
	"strings"
)

// Colour is a colour of pages and charts, 0xRRGGBB on light pages and on dark
// ones. Style sheets call it var(--Name).
type Colour struct {
	Name        string
	Light, Dark uint32
}

// The colours of everything that is not data, each for one purpose.
var (
	Paper = Colour{"paper", 0xFFFFFF, 0x1B1F24} // behind text, tables and charts
	Text  = Colour{"text", 0x1F2328, 0xE6EDF3}
	Faint = Colour{"faint", 0x59636E, 0x9DA7B3}
	Warn  = Colour{"warn", 0xA5360B, 0xFF9A6B}
)

var palette = []Colour{
	Paper, Text, Faint, Warn,
	{"page", 0xF6F7F9, 0x14171A}, // behind papers
	{"line", 0xD8DDE3, 0x363C44},
	{"field", 0x8B949E, 0x6E7781}, // around what takes input
	{"accent", 0x0B5CAD, 0x6CB6FF},
	{"on-accent", 0xFFFFFF, 0x0B1A2A},
	{"good", 0x1A7F37, 0x56D364},
	{"warn-back", 0xFFF4EE, 0x2C1F19},
	{"own", 0xEEF4FB, 0x1F2A37}, // behind one's own messages
}

// Palette is the part of a style sheet that defines the colours.
func Palette() string {
	var light, dark strings.Builder
	for _, c := range palette {
		fmt.Fprintf(&light, " --%s: #%06x;", c.Name, c.Light)
		fmt.Fprintf(&dark, " --%s: #%06x;", c.Name, c.Dark)
	}
	return ":root { color-scheme: light dark;" + light.String() + " }\n" +
		"@media (prefers-color-scheme: dark) {\n  :root {" + dark.String() + " }\n}\n"
}
