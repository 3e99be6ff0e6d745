package report

import (
	"bytes"
	"html"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"gotest.tools/v3/assert"

	"github.com/pollpush/pollpush/internal/result"
	"github.com/pollpush/pollpush/report/internal/document"
	"github.com/pollpush/pollpush/report/internal/fixture"
)

// A run that lacks trials says so in every form of its report, and one that is
// whole in none.
func TestAPartialRunSaysSo(t *testing.T) {
	planned := func(trials []result.Trial, points ...string) []result.Trial {
		return fixture.Each(func(t *result.Trial) { t.Asked.Transports, t.Asked.Points = []string{"poll", "ws"}, points })(trials)
	}
	whole := fixture.TrialsOf(3, "poll", "ws")
	underWay := slices.Clone(fixture.TrialsOf(3, "poll", "ws"))
	underWay[5].Status = result.Partial
	first := slices.Clone(underWay[:1])
	first[0].Status = result.Partial
	failed := slices.Clone(fixture.TrialsOf(3, "poll", "ws"))
	failed[5].Status = result.Failed
	for _, tt := range []struct {
		name   string
		trials []result.Trial
		want   string // before what makes it partial; empty where it is whole
	}{
		{"whole", planned(whole, "9f2c41d07a55"), ""},
		{"a trial failed", planned(failed), ""},
		{"killed after the first", planned(whole[:1]), "poll has 1 of 3 trials, ws has 0 of 3 trials"},
		{"killed before the last", planned(whole[:5]), "ws has 2 of 3 trials"},
		{"interrupted in the last", planned(underWay), "ws has 2 of 3 trials"},
		{"interrupted in the first", planned(first), "poll has 0 of 3 trials, ws has 0 of 3 trials"},
		{"a point is missing", planned(fixture.ByClients(100, 300), "000000000100", "000000000300", "000000001000"),
			"it has no trial at 1 point of its plan (hash 000000001000)"},
		{"an old run, which does not say", fixture.TrialsOf(3, "poll"), ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			assert.NilError(t, Write(dir, tt.trials))
			var text bytes.Buffer
			assert.NilError(t, Text(&text, tt.trials, document.TextOptions{Width: 1000, Folder: "my run"}))
			assert.Check(t, strings.Contains(text.String(), "--resume 'my run'") == (tt.want != ""), text.String())
			assert.Check(t, tt.name != "interrupted in the first" || !strings.Contains(text.String(), "requests per client"), "a table of dashes:\n%s", text.String())
			forms := map[string]string{"terminal": text.String()}
			for _, name := range []string{"report.md", "report.html"} {
				b, err := os.ReadFile(filepath.Join(dir, name))
				assert.NilError(t, err)
				forms[name] = html.UnescapeString(string(b))
			}
			for name, form := range forms {
				want := tt.want + ": the run is partial; continue it with"
				if said := strings.Contains(form, "the run is partial"); said != (tt.want != "") || said && !strings.Contains(form, want) {
					t.Errorf("%s: it says that it is partial: %v; want %q", name, said, tt.want)
				}
			}
		})
	}
}
