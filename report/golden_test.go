package report

import (
	"bytes"
	"strings"
	"testing"

	"gotest.tools/v3/assert"
	"gotest.tools/v3/golden"

	"github.com/pollpush/pollpush/internal/result"
	"github.com/pollpush/pollpush/report/internal/document"
	"github.com/pollpush/pollpush/report/internal/fixture"
	"github.com/pollpush/pollpush/report/internal/trials"
)

func TestGolden(t *testing.T) {
	for _, name := range []string{"usual", "doubted", "lossy", "quiet", "target", "frozen"} {
		t.Run(name, func(t *testing.T) {
			list := fixture.Cases()[name]
			d := mustDocument(t, list)
			var numbers strings.Builder
			for i := range d.Charts {
				numbers.WriteString(d.Charts[i].Numbers())
			}
			var text bytes.Buffer
			assert.NilError(t, Text(&text, list, document.TextOptions{Width: 96}))
			golden.AssertBytes(t, d.Markdown(), name+".md")
			golden.AssertBytes(t, text.Bytes(), name+".txt")
			golden.AssertBytes(t, []byte(numbers.String()), name+".charts.txt")
		})
	}
}

func mustDocument(t *testing.T, list []result.Trial) document.Document {
	t.Helper()
	s, err := trials.NewSet(list)
	assert.NilError(t, err)
	return documentOf(s)
}
