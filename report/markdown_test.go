package report

import (
	"strings"
	"testing"

	"gotest.tools/v3/assert"

	"github.com/pollpush/pollpush/report/internal/document"
	"github.com/pollpush/pollpush/report/internal/fixture"
)

// TestMarkdownFits makes a report that would be longer than a comment may be.
func TestMarkdownFits(t *testing.T) {
	trials := fixture.Cases()["nine"]
	d := mustDocument(t, trials)
	whole := string(d.Markdown())
	if len(whole) > document.Longest || strings.Contains(whole, "Left out here") {
		t.Fatalf("the report of nine transports is %d bytes long, and is cut", len(whole))
	}
	wide := strings.Repeat("words ", 9000)
	d.Sections = append(d.Sections, document.Section{Title: "Profiles", Notes: []string{wide}}, document.Section{Title: "Unit costs", Notes: []string{wide[:5000]}})
	cut := string(d.Markdown())
	assert.Check(t, len(cut) <= 65_536, "report.md is %d bytes long", len(cut))
	for _, want := range append([]string{"\n## Numbers\n", "\n## Warnings\n", "Too long for this file; see report.html: Profiles.", "<summary>Unit costs</summary>"}, d.Verdict.Paragraphs...) {
		assert.Check(t, strings.Contains(cut, want) || strings.Contains(cut, document.EscapeMarkdown(want)), "report.md lacks %q", want)
	}
	assert.Check(t, !strings.Contains(cut, "<summary>Profiles</summary>"), "report.md holds the longest part")
	if open, closed := strings.Count(cut, "<details>"), strings.Count(cut, "</details>"); open != closed {
		t.Errorf("report.md unfolds %d parts and closes %d", open, closed)
	}
}
