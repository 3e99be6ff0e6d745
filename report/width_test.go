package report

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"gotest.tools/v3/assert"

	"github.com/pollpush/pollpush/report/internal/document"
	"github.com/pollpush/pollpush/report/internal/fixture"
)

// Whatever the terminal's width, no line is wider, and every point and
// transport of a sweep is named in every block.
func TestTextFitsTheTerminal(t *testing.T) {
	runs := fixture.Sweeps()
	for name, trials := range fixture.Cases() {
		if name != "hostile" { // whose words fit no line
			runs[name] = trials
		}
	}
	for name, trials := range runs {
		for _, width := range []int{60, 80, 120} {
			t.Run(fmt.Sprint(name, "-", width), func(t *testing.T) {
				t.Parallel()
				var text bytes.Buffer
				assert.NilError(t, Text(&text, trials, document.TextOptions{Width: width}))
				for line := range strings.Lines(text.String()) {
					n := utf8.RuneCountInString(strings.TrimSuffix(line, "\n"))
					assert.Check(t, n <= width, "%d columns: %s", n, line)
				}
			})
		}
	}
	var text bytes.Buffer
	assert.NilError(t, Text(&text, runs["grid"], document.TextOptions{Width: 60}))
	const blocks = 3
	for _, row := range []string{"\n20 messages/s, polled every 10 s\n  poll ", "\n20 messages/s\n  sse "} {
		assert.Check(t, strings.Count(text.String(), row) == blocks, "%q is not in each of %d blocks:\n%s", row, blocks, text.String())
	}
}
