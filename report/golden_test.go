package report

import (
	"bytes"
	"strings"
	"testing"

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
			if err := Text(&text, list, document.TextOptions{Width: 96}); err != nil {
				t.Fatal(err)
			}
			fixture.Golden(t, name+".md", d.Markdown())
			fixture.Golden(t, name+".txt", text.Bytes())
			fixture.Golden(t, name+".charts.txt", []byte(numbers.String()))
		})
	}
}

func mustDocument(t *testing.T, list []result.Trial) document.Document {
	t.Helper()
	s, err := trials.NewSet(list)
	if err != nil {
		t.Fatal(err)
	}
	return documentOf(s)
}
