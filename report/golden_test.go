package report

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pollpush/pollpush/internal/result"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, got, 0o666); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s differs (go test ./report -update rewrites it; -want +got):\n%s", path, diff)
	}
}

func TestGolden(t *testing.T) {
	for _, name := range []string{"usual", "doubted", "lossy", "quiet", "target", "frozen"} {
		t.Run(name, func(t *testing.T) {
			trials := cases()[name]
			d := mustDocument(t, trials)
			var numbers strings.Builder
			for i := range d.charts {
				numbers.WriteString(d.charts[i].numbers())
			}
			var text bytes.Buffer
			if err := Text(&text, trials, TextOptions{Width: 96}); err != nil {
				t.Fatal(err)
			}
			golden(t, name+".md", d.markdown())
			golden(t, name+".txt", text.Bytes())
			golden(t, name+".charts.txt", []byte(numbers.String()))
		})
	}
}

func mustRun(t *testing.T, trials []result.Trial) *run {
	t.Helper()
	r, err := newRun(trials)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func mustDocument(t *testing.T, trials []result.Trial) document {
	t.Helper()
	s, err := newSweep(trials)
	if err != nil {
		t.Fatal(err)
	}
	return documentOf(s)
}
