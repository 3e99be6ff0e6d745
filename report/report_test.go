package report

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"gotest.tools/v3/assert"

	"github.com/pollpush/pollpush/internal/result"
	"github.com/pollpush/pollpush/report/internal/document"
	"github.com/pollpush/pollpush/report/internal/export"
	"github.com/pollpush/pollpush/report/internal/fixture"
)

// TestWrite makes the whole report of every case: all files, without a panic,
// each well-formed and without what its strings would inject.
func TestWrite(t *testing.T) {
	for name, trials := range fixture.Cases() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			files := written(t, name, trials)
			for _, want := range []string{"report.md", "report.html", "charts/requests", "charts/latency", "charts/bytes", "charts/cost", "charts/timeline"} {
				if !strings.HasPrefix(want, "charts/") {
					assert.Check(t, len(files[want]) != 0, "no %s", want)
					continue
				}
				checkSVG(t, want, files[want+".svg"])
			}
			checkPage(t, files["report.html"])
			checkMarkdown(t, string(files["report.md"]))
			var text bytes.Buffer
			assert.NilError(t, Text(&text, trials, document.TextOptions{}))
			assert.Check(t, !strings.ContainsAny(text.String(), "\x1b\u202e"), "the text holds a control character")
		})
	}
}

// written is a case's report. Pictures are slow to draw, and drawn by the same
// calls as their SVG, so that most cases go without.
func written(t *testing.T, name string, trials []result.Trial) map[string][]byte {
	t.Helper()
	if slices.Contains([]string{"doubted", "bare"}, name) {
		dir := t.TempDir()
		assert.NilError(t, Write(dir, trials))
		files := read(t, dir)
		for file, content := range files {
			assert.Check(t, !strings.HasSuffix(file, ".png") || bytes.HasPrefix(content, []byte("\x89PNG")), "%s is no PNG", file)
		}
		for _, want := range []string{"report.md", "report.html", "charts/cost.png", "summary.csv"} {
			assert.Check(t, len(files[want]) != 0, "no %s was written", want)
		}
		return files
	}
	d := mustDocument(t, trials)
	files := map[string][]byte{"report.md": d.Markdown()}
	for i := range d.Charts {
		files["charts/"+d.Charts[i].Name+".svg"] = d.Charts[i].SVG()
	}
	var err error
	files["report.html"], err = page(&d, trials)
	assert.NilError(t, err)
	return files
}

func checkSVG(t *testing.T, name string, svg []byte) {
	t.Helper()
	elements := wellFormed(t, name, svg, true)
	for _, e := range elements {
		assert.Check(t, slices.Contains([]string{"svg", "g", "path", "text", "title"}, e.Name.Local), "%s holds a <%s>", name, e.Name.Local)
		for _, a := range e.Attr {
			if a.Name.Local == "style" || strings.HasPrefix(a.Name.Local, "on") {
				t.Errorf("%s: <%s> has a %s attribute", name, e.Name.Local, a.Name.Local)
			}
		}
	}
	for _, bad := range []string{"NaN", "Inf", "%!"} {
		assert.Check(t, !bytes.Contains(svg, []byte(bad)), "%s holds %q", name, bad)
	}
}

func checkPage(t *testing.T, page []byte) {
	t.Helper()
	count := map[string]int{}
	anchors := map[string]bool{}
	var links []string
	for _, e := range wellFormed(t, "report.html", page, false) {
		name := e.Name.Local
		count[name]++
		assert.Check(t, !slices.Contains([]string{"link", "img", "iframe", "object", "base", "form"}, name), "the page holds a <%s>", name)
		for _, a := range e.Attr {
			switch n := a.Name.Local; {
			case n == "id":
				assert.Check(t, !anchors["#"+a.Value], "the page has two elements of the id %s", a.Value)
				anchors["#"+a.Value] = true
			case n == "href" && name == "a":
				links = append(links, a.Value)
			case n == "style" || n == "src" || n == "href" || strings.HasPrefix(n, "on"):
				t.Errorf("the page's <%s> has a %s attribute", name, n)
			}
		}
	}
	for _, to := range links {
		known := anchors[to] || strings.HasPrefix(to, "data:application/octet-stream;base64,") || strings.HasPrefix(to, "https://github.com/pollpush/pollpush/")
		assert.Check(t, known, "the page links to %q, which is not in it", to)
	}
	if count["style"] != 1 || count["script"] != 1 {
		t.Errorf("the page has %d style blocks and %d scripts, want 1 of each", count["style"], count["script"])
	}
	sum := func(tag string) string {
		found := regexp.MustCompile("(?s)<" + tag + ">(.*?)</" + tag + ">").FindSubmatch(page)
		hash := sha256.Sum256(found[1])
		return fmt.Sprintf("&#39;sha256-%s&#39;", strings.ReplaceAll(base64.StdEncoding.EncodeToString(hash[:]), "+", "&#43;"))
	}
	policy := "default-src &#39;none&#39;; base-uri &#39;none&#39;; form-action &#39;none&#39;; style-src " + sum("style") + "; script-src " + sum("script")
	assert.Check(t, bytes.Contains(page, []byte(policy)), "the page's policy does not allow its own style and script: want %s", policy)
	page = regexp.MustCompile(`(?s)<script>.*?</script>|base64,[^"]*`).ReplaceAll(page, nil)
	for _, bad := range []string{"NaN", "%!", "ZgotmplZ"} {
		assert.Check(t, !bytes.Contains(page, []byte(bad)), "the page holds %q", bad)
	}
}

// checkMarkdown takes away what is escaped, and looks for markup in the rest.
func checkMarkdown(t *testing.T, text string) {
	t.Helper()
	bare := regexp.MustCompile(`\\.`).ReplaceAllString(regexp.MustCompile("(?s)```sh\n.*?\n```\n").ReplaceAllString(text, ""), "")
	for _, bad := range []string{"<script", "<svg", "](javascript", "\x1b", "NaN", "%!"} {
		assert.Check(t, !strings.Contains(bare, bad), "report.md holds %q", bad)
	}
	want := 2
	if strings.Contains(text, "<summary>Profiles</summary>") {
		want = 4
	}
	n := strings.Count(text, "```")
	assert.Check(t, n == want, "report.md has %d code fences, want %d", n, want)
	columns := 0
	for line := range strings.Lines(bare) {
		n := strings.Count(line, "|")
		assert.Check(t, n <= 0 || columns <= 0 || n == columns, "a table's row has %d bars where the one before has %d: %s", n, columns, line)
		columns = n
	}
}

// wellFormed reads a document to its end and returns its elements.
func wellFormed(t *testing.T, name string, doc []byte, strict bool) []xml.StartElement {
	t.Helper()
	d := xml.NewDecoder(bytes.NewReader(doc))
	if !strict {
		d.Strict, d.AutoClose, d.Entity = false, xml.HTMLAutoClose, xml.HTMLEntity
	}
	var out []xml.StartElement
	depth := 0
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		assert.NilError(t, err, "%s is not well-formed", name)
		switch e := token.(type) {
		case xml.StartElement:
			out, depth = append(out, e.Copy()), depth+1
		case xml.EndElement:
			depth--
		}
	}
	assert.Check(t, depth == 0 && len(out) != 0, "%s: %d elements, %d left open", name, len(out), depth)
	return out
}

func read(t *testing.T, dir string) map[string][]byte {
	t.Helper()
	files := map[string][]byte{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		name, _ := filepath.Rel(dir, path)
		files[filepath.ToSlash(name)], err = os.ReadFile(path)
		return err
	})
	assert.NilError(t, err)
	return files
}

func TestSameTrialsSameBytes(t *testing.T) {
	trials := fixture.Cases()["one"]
	once := written(t, "once", trials)
	exports := func() map[string][]byte {
		files, err := export.Files(mustSweep(t, trials))
		assert.NilError(t, err)
		return files
	}
	maps.Copy(once, exports())
	picture := firstPicture(t, trials)
	slices.Reverse(trials) // the order of the lines is no information
	again := written(t, "again", trials)
	maps.Copy(again, exports())
	for name, content := range once {
		assert.Check(t, bytes.Equal(content, again[name]), "%s differs between two reports of the same trials", name)
	}
	assert.Check(t, bytes.Equal(picture, firstPicture(t, trials)), "a picture differs between two reports of the same trials")
}

// firstPicture draws one chart as PNG: all are drawn by the same means, which
// takes a while.
func firstPicture(t *testing.T, trials []result.Trial) []byte {
	t.Helper()
	picture, err := mustDocument(t, trials).Charts[0].PNG()
	assert.NilError(t, err)
	return picture
}

func TestTrialsAreLeftAlone(t *testing.T) {
	trials := fixture.Cases()["hostile"]
	assert.NilError(t, Text(io.Discard, trials, document.TextOptions{}))
	if trials[0].Reasons[0].Text != fixture.Attack || trials[0].Scenario != fixture.Attack {
		t.Error("the report changed the trials that it was given")
	}
}

func TestRefused(t *testing.T) {
	other := fixture.Usual().Run("ws")
	other[0].ScenarioHash = "another"
	for name, trials := range map[string][]result.Trial{"none": nil, "two scenarios": append(fixture.Usual().Run("poll"), other...)} {
		dir := filepath.Join(t.TempDir(), "out")
		err := Write(dir, trials)
		assert.Check(t, err != nil, "%s: Write took them", name)
		_, err = os.Stat(dir)
		assert.Check(t, err != nil, "%s: Write made its folder before it refused", name)
		err = Text(io.Discard, trials, document.TextOptions{})
		assert.Check(t, err != nil, "%s: Text took them", name)
	}
}
