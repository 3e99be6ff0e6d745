package report

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pollpush/pollpush/internal/result"
)

var pictures = flag.String("pictures", "", "a folder to draw the charts of the sweeps into")

func mustSweep(t *testing.T, trials []result.Trial) *sweep {
	t.Helper()
	s, err := newSweep(trials)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestSweepGolden(t *testing.T) {
	for name, trials := range sweeps() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := mustSweep(t, trials).document()
			var numbers strings.Builder
			for i := range d.charts {
				numbers.WriteString(d.charts[i].numbers())
			}
			var text bytes.Buffer
			if err := Text(&text, trials, TextOptions{Width: 110}); err != nil {
				t.Fatal(err)
			}
			golden(t, "sweep-"+name+".md", d.markdown())
			golden(t, "sweep-"+name+".txt", text.Bytes())
			golden(t, "sweep-"+name+".charts.txt", []byte(numbers.String()))
			if dir := *pictures; dir != "" {
				for i := range d.charts {
					picture, err := d.charts[i].png()
					if err != nil {
						t.Fatal(err)
					}
					if err := os.WriteFile(filepath.Join(dir, name+"-"+d.charts[i].name+".png"), picture, 0o666); err != nil {
						t.Fatal(err)
					}
				}
			}
		})
	}
}
