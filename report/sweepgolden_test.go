package report

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gotest.tools/v3/assert"
	"gotest.tools/v3/golden"

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
			assert.NilError(t, Text(&text, trials, document.TextOptions{Width: 110}))
			golden.AssertBytes(t, d.Markdown(), "sweep-"+name+".md")
			golden.AssertBytes(t, text.Bytes(), "sweep-"+name+".txt")
			golden.AssertBytes(t, []byte(numbers.String()), "sweep-"+name+".charts.txt")
			if dir := *pictures; dir != "" {
				for i := range d.Charts {
					picture, err := d.Charts[i].PNG()
					assert.NilError(t, err)
					assert.NilError(t, os.WriteFile(filepath.Join(dir, name+"-"+d.Charts[i].Name+".png"), picture, 0o666))
				}
			}
		})
	}
}
