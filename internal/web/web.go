// Package web holds what the project's pages share: one palette, one table of
// transports, one way to print numbers. The chat and the live page serve
// [Files]; the report, which loads nothing, has [Palette] in its style.
package web

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"github.com/pollpush/pollpush/internal/transport"
)

//go:embed format.js
var format string

// Files are what a page refers to, by file name.
var Files = sync.OnceValue(func() map[string]string {
	return map[string]string{"palette.css": Palette() + inks(), "transports.js": transports(), "format.js": format}
})

// inks gives elements with data-transport their --ink, and an --edge and a
// --casing that differ from it only where it is too light for the page.
func inks() string {
	var light, dark strings.Builder
	for _, t := range transport.All() {
		cased := ""
		if t.Cased {
			cased = " --edge: var(--text); --casing: var(--text);"
		}
		fmt.Fprintf(&light, "[data-transport=%q] { --ink: #%06x;%s }\n", t.Name, t.Ink, cased)
		if t.Cased {
			cased = " --edge: var(--ink); --casing: none;"
		}
		fmt.Fprintf(&dark, "  [data-transport=%q] { --ink: #%06x;%s }\n", t.Name, t.Dark, cased)
	}
	return "[data-transport] { --ink: var(--text); --edge: var(--ink); --casing: none; }\n" +
		light.String() + "@media (prefers-color-scheme: dark) {\n" + dark.String() + "}\n"
}

// row is what scripts know of a transport.
type row struct {
	Name   string           `json:"name"`
	Label  string           `json:"label"`
	Paced  bool             `json:"paced"`
	Cased  bool             `json:"cased"`
	Marker transport.Marker `json:"marker"`
}

// transports is a module of the table's rows, in their order.
func transports() string {
	var rows []row
	for _, t := range transport.All() {
		rows = append(rows, row{t.Name, capital(t.Spoken), t.Paced, t.Cased, t.Marker})
	}
	text, err := json.MarshalIndent(rows, "", "  ")
	if err != nil {
		panic(err) // strings and booleans
	}
	return fmt.Sprintf("export const transports = %s\n", text)
}

func capital(text string) string {
	first, size := utf8.DecodeRuneInString(text)
	return string(unicode.ToUpper(first)) + text[size:]
}
