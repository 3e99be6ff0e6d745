package report

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pollpush/pollpush/report/internal/document"
	"github.com/pollpush/pollpush/report/internal/fixture"
)

var pictures = flag.String("pictures", "", "a folder to draw the charts of the sweeps into")

func TestSweepGolden(t *testing.T) {
	for name, trials := range fixture.Sweeps() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := documentOf(mustSweep(t, trials))
			var numbers strings.Builder
			for i := range d.Charts {
				numbers.WriteString(d.Charts[i].Numbers())
			}
			var text bytes.Buffer
			if err := Text(&text, trials, document.TextOptions{Width: 110}); err != nil {
				t.Fatal(err)
			}
			fixture.Golden(t, "sweep-"+name+".md", d.Markdown())
			fixture.Golden(t, "sweep-"+name+".txt", text.Bytes())
			fixture.Golden(t, "sweep-"+name+".charts.txt", []byte(numbers.String()))
			if dir := *pictures; dir != "" {
				for i := range d.Charts {
					picture, err := d.Charts[i].PNG()
					if err != nil {
						t.Fatal(err)
					}
					if err := os.WriteFile(filepath.Join(dir, name+"-"+d.Charts[i].Name+".png"), picture, 0o666); err != nil {
						t.Fatal(err)
					}
				}
			}
		})
	}
}
