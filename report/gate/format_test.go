package gate

import (
	"bytes"
	"encoding/xml"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"gotest.tools/v3/assert"
	"gotest.tools/v3/golden"

	"github.com/pollpush/pollpush/internal/result"
	"github.com/pollpush/pollpush/report/internal/compare"
	"github.com/pollpush/pollpush/report/internal/fixture"
)

// Each format is shown once as a whole, and what differs in sweeps and between
// machines in that which shows it best.
func TestGolden(t *testing.T) {
	runTests(t, []test{
		{name: "one machine", trials: of(6, "poll", "ws", "sse"), fails: anything, next: inTurn(only("sse", dearer(0.7)), only("ws", dearer(1.5)), only("ws", percentIn(110))),
			check: func(t *testing.T, c *Comparison) {
				wantGolden(t, "compare.txt", func(b *bytes.Buffer) error { return c.Text(b, TextOptions{}, false) })
				wantGolden(t, "compare.md", func(b *bytes.Buffer) error { return c.Markdown(b) })
				wantGolden(t, "compare.junit.xml", func(b *bytes.Buffer) error { return c.JUnit(b) })
			}},
		{name: "elsewhere, all rows", trials: of(6, "poll", "socketio-polling"), warns: anything,
			next: inTurn(each(elsewhere), each(func(t *result.Trial) { t.Env.Commit = "77aa001" }), only("socketio-polling", func(t *result.Trial) {
				dearer(1.5)(t)
				t.Latency = fixture.Scaled(t.Latency, 0.5)
			})),
			check: func(t *testing.T, c *Comparison) {
				wantGolden(t, "compare-elsewhere.all.txt", func(b *bytes.Buffer) error { return c.Text(b, TextOptions{}, true) })
			}},
		{name: "a sweep", base: at(100, 300), fails: anything, next: inTurn(at(100, 300), only("ws", func(t *result.Trial) {
			if t.Clients == 300 {
				t.Lost = 2
				fixture.Doubt(t, result.Suspect, result.Losses, "2 deliveries were lost")
			}
		})), check: func(t *testing.T, c *Comparison) {
			wantGolden(t, "compare-sweep.txt", func(b *bytes.Buffer) error { return c.Text(b, TextOptions{}, false) })
			if _, markdown := written(t, c); !strings.Contains(markdown, "\n| point | transport | metric |") || !strings.Contains(markdown, "\n| 300 clients | ws | lost | 0 | 2 |") {
				t.Errorf("points are not told apart:\n%s", markdown)
			}
		}},
	})
}

func wantGolden(t *testing.T, name string, write func(*bytes.Buffer) error) {
	t.Helper()
	var b bytes.Buffer
	assert.NilError(t, write(&b))
	for line := range strings.SplitSeq(b.String(), "\n") {
		n := utf8.RuneCountInString(line)
		assert.Check(t, n <= 100 || !strings.HasSuffix(name, ".txt"), "a line of %d columns: %s", n, line)
	}
	golden.AssertBytes(t, b.Bytes(), name)
}

// written is the comparison as text and as Markdown.
func written(t *testing.T, c *Comparison) (text, markdown string) {
	t.Helper()
	var b, md bytes.Buffer
	assert.NilError(t, c.Text(&b, TextOptions{}, false))
	assert.NilError(t, c.Markdown(&md))
	for _, width := range []int{60, 80, 120} {
		var fitted bytes.Buffer
		assert.NilError(t, c.Text(&fitted, TextOptions{Width: width}, true))
		for line := range strings.SplitSeq(fitted.String(), "\n") {
			n := utf8.RuneCountInString(line)
			assert.Check(t, n <= width, "a line of %d columns, not %d: %s", n, width, line)
		}
	}
	return b.String(), md.String()
}

func onOneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// wantInAllFormats wants the conclusion in whatever is written, and each untested
// row in it with both of its numbers.
func wantInAllFormats(t *testing.T, c *Comparison) {
	t.Helper()
	var text, junit bytes.Buffer
	for _, err := range []error{c.Text(&text, TextOptions{}, true), c.JUnit(&junit)} {
		assert.NilError(t, err)
	}
	_, markdown := written(t, c)
	out := wantJUnit(t, junit.Bytes(), c)
	for name, s := range map[string]string{"text": text.String(), "Markdown": strings.ReplaceAll(markdown, `\`, ""), "JUnit": out} {
		if !strings.Contains(onOneLine(s), c.conclusion()) {
			t.Errorf("the %s does not say %q:\n%s", name, c.conclusion(), s)
		}
	}
	untested := 0
	for _, r := range c.rows() {
		if r.Verdict == compare.Untested {
			untested++
		}
	}
	skipped := strings.Count(junit.String(), `<skipped message="untested: `)
	n := strings.Count(text.String(), "  untested\n")
	assert.Check(t, n == untested && skipped == untested, "%d rows untested, %d in the text, %d skipped by JUnit", untested, n, skipped)
}

// wantJUnit reads JUnit's XML as a CI system does, and holds its counts against
// its cases, and those against the comparison. It returns what the suites say.
func wantJUnit(t *testing.T, text []byte, c *Comparison) (out string) {
	t.Helper()
	type outcome struct {
		Message string `xml:"message,attr"`
	}
	var all struct {
		XMLName  xml.Name `xml:"testsuites"`
		Tests    int      `xml:"tests,attr"`
		Failures int      `xml:"failures,attr"`
		Suites   []struct {
			Name     string `xml:"name,attr"`
			Tests    int    `xml:"tests,attr"`
			Failures int    `xml:"failures,attr"`
			Skipped  int    `xml:"skipped,attr"`
			Out      string `xml:"system-out"`
			Cases    []struct {
				Name    string   `xml:"name,attr"`
				Class   string   `xml:"classname,attr"`
				Failure *outcome `xml:"failure"`
				Skipped *outcome `xml:"skipped"`
			} `xml:"testcase"`
		} `xml:"testsuite"`
	}
	assert.NilError(t, xml.Unmarshal(text, &all))
	seen := map[string]bool{}
	failures := 0
	for _, suite := range all.Suites {
		failed, skipped := 0, 0
		for _, test := range suite.Cases {
			name := test.Class + "/" + test.Name
			assert.Check(t, !seen[name] && test.Class != "" && test.Name != "", "test %q stands twice, or has no name", name)
			seen[test.Class+"/"+test.Name] = true
			if test.Skipped != nil {
				skipped++
			}
			if test.Failure != nil {
				failed++
				assert.Check(t, slices.Contains(c.Regressions(), test.Failure.Message), "fails for %q, which is no regression", test.Failure.Message)
			}
		}
		if len(suite.Cases) != suite.Tests || failed != suite.Failures || skipped != suite.Skipped {
			t.Errorf("%s says %d tests, %d failures, %d skipped, and has %d, %d, %d", suite.Name, suite.Tests, suite.Failures, suite.Skipped, len(suite.Cases), failed, skipped)
		}
		failures += failed
		out += suite.Out
	}
	want := len(c.Changes) + len(c.Missing) + len(c.Fresh)
	assert.Check(t, all.Tests == want && len(seen) == want, "%d tests, %d said, want %d", len(seen), all.Tests, want)
	if failures != all.Failures || failures != len(c.Regressions()) {
		t.Errorf("%d failures, %d said, %d regressions", failures, all.Failures, len(c.Regressions()))
	}
	return out
}
