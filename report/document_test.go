package report

import (
	"bytes"
	"cmp"
	"encoding/xml"
	"errors"
	"io"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"gonum.org/v1/plot/vg"
	"gotest.tools/v3/assert"

	"github.com/pollpush/pollpush/report/internal/theme"
)

// readPage is what can be read on a page: its sentences, its tables and the
// words in its charts.
type readPage struct {
	prose  []string
	tables []readTable
	charts [][]label
	hits   []pointed
}

// readTable is a table as it stands on the page, and the heading above it.
type readTable struct {
	title string
	rows  [][]string // the head, if any, is the first
	head  bool
}

// label is a text within a chart, and where it stands: its beginning, or another
// share of its width, is at x.
type label struct {
	text     string
	x, y     float64
	anchored float64
	size     string
}

func (l label) width() float64 {
	size, _ := strconv.ParseFloat(l.size, 64)
	return float64(theme.Style(vg.Length(size), theme.TextInk, false).Width(l.text))
}

// pointed is what a chart tells who points at a place in it.
type pointed struct{ chart, name, x, y string }

// besides is what differs from another page, in which nothing is wrong.
func (doc readPage) besides(sound readPage) readPage {
	return readPage{
		prose: differing(doc.prose, sound.prose), tables: differing(doc.tables, sound.tables),
		charts: differing(doc.charts, sound.charts), hits: differing(doc.hits, sound.hits),
	}
}

// differing are those of a list that are not at the same place in another; all,
// if that has more or fewer.
func differing[T any](list, other []T) (found []T) {
	if len(list) != len(other) {
		return list
	}
	for i := range list {
		if !reflect.DeepEqual(list[i], other[i]) {
			found = append(found, list[i])
		}
	}
	return found
}

// readDocument takes a page apart, or a chart by itself.
func readDocument(t *testing.T, content []byte) readPage {
	t.Helper()
	d := xml.NewDecoder(bytes.NewReader(content))
	d.Strict, d.AutoClose, d.Entity = false, xml.HTMLAutoClose, xml.HTMLEntity
	var doc readPage
	var open []string
	var said strings.Builder
	title := "" // of a table
	var group xml.StartElement
	flush := func() {
		if s := strings.Join(strings.Fields(said.String()), " "); s != "" {
			doc.prose = append(doc.prose, s)
		}
		said.Reset()
	}
	within := func(name string) bool { return slices.Contains(open, name) }
	table := func() *readTable { return &doc.tables[len(doc.tables)-1] }
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			flush()
			return doc
		}
		assert.NilError(t, err)
		switch e := token.(type) {
		case xml.StartElement:
			name := e.Name.Local
			open = append(open, name)
			switch name {
			case "svg":
				doc.charts = append(doc.charts, []label{{text: attribute(e, "aria-label")}})
			case "g":
				group = e
			case "text":
				doc.charts[len(doc.charts)-1] = append(doc.charts[len(doc.charts)-1], labelOf(group, e))
			case "table":
				doc.tables = append(doc.tables, readTable{title: title})
			case "thead":
				table().head = true
			case "tr":
				table().rows = append(table().rows, nil)
			case "th", "td":
				row := &table().rows[len(table().rows)-1]
				*row = append(*row, "")
			case "h1", "h2", "h3", "p", "li", "summary", "code", "figcaption", "title":
				flush()
			}
		case xml.EndElement:
			if e.Name.Local == "h2" || e.Name.Local == "h3" {
				title = strings.TrimSpace(said.String())
			}
			if e.Name.Local == "title" && within("path") {
				list := doc.charts[len(doc.charts)-1]
				doc.hits = append(doc.hits, pointedOf(list[0].text, said.String()))
				said.Reset()
			}
			if slices.Contains([]string{"h1", "h2", "h3", "p", "li", "summary", "code", "figcaption", "title"}, e.Name.Local) {
				flush()
			}
			open = open[:len(open)-1]
		case xml.CharData:
			switch {
			case within("style"), within("script"), within("nav"):
			case within("text"):
				list := doc.charts[len(doc.charts)-1]
				list[len(list)-1].text += strings.ReplaceAll(string(e), "\u00a0", "")
			case within("th"), within("td"):
				row := table().rows[len(table().rows)-1]
				row[len(row)-1] += string(e)
			default:
				said.Write(e)
			}
		}
	}
}

// pointedOf takes the words of a hit apart: a name, what it is of, and values; or what
// values of several are of, and these.
func pointedOf(chart, words string) pointed {
	head, rest, _ := strings.Cut(words, "\n")
	if of, values, found := strings.Cut(rest, ": "); found {
		return pointed{chart, head, of, values}
	}
	return pointed{chart, "", head, rest}
}

func attribute(e xml.StartElement, name string) string {
	for _, a := range e.Attr {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

// labelOf is a text with attributes of its own or of its group; anchored is what share
// of its width x is moved by.
func labelOf(group, e xml.StartElement) label {
	of := func(name string) string { return cmp.Or(attribute(e, name), attribute(group, name)) }
	l := label{size: of("font-size"), anchored: map[string]float64{"middle": 0.5, "end": 1}[of("text-anchor")]}
	l.x, _ = strconv.ParseFloat(attribute(e, "x"), 64)
	l.y, _ = strconv.ParseFloat(attribute(e, "y"), 64)
	return l
}
