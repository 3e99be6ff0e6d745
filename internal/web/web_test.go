package web_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"gotest.tools/v3/assert"

	"github.com/pollpush/pollpush/internal/transport"
	"github.com/pollpush/pollpush/internal/web"
)

// Style sheet and script know every transport, in the table's order.
func TestFilesKnowEveryTransport(t *testing.T) {
	var rows []transport.Transport
	text, found := strings.CutPrefix(web.Files()["transports.js"], "export const transports = ")
	assert.Assert(t, found)
	assert.NilError(t, json.Unmarshal([]byte(text), &rows))
	light, dark, _ := strings.Cut(strings.TrimPrefix(web.Files()["palette.css"], web.Palette()), "prefers-color-scheme: dark")
	for i, want := range transport.All() {
		got := rows[i]
		assert.Check(t, got.Name == want.Name && got.Paced == want.Paced && got.Cased == want.Cased && got.Marker == want.Marker, "%+v, want %+v", got, want)
		for part, ink := range map[string]uint32{light: want.Ink, dark: want.Dark} {
			rule := fmt.Sprintf("[data-transport=%q] { --ink: #%06x;", want.Name, ink)
			assert.Check(t, strings.Contains(part, rule), "no rule %s", rule)
		}
	}
	assert.Equal(t, len(rows), len(transport.All()))
}
