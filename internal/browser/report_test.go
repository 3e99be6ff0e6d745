package browser

import (
	"compress/gzip"
	"context"
	"flag"
	"fmt"
	"maps"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"gotest.tools/v3/assert"

	"github.com/pollpush/pollpush/internal/result"
	"github.com/pollpush/pollpush/internal/transport"
)

var (
	reported = flag.String("reported", "", "a run's folder, whose report the pictures are of; relative to internal/browser")
	pictures = flag.String("pictures", "", "where to put pictures of the report, for the documentation")
)

var (
	widths  = map[string]int64{"wide": 1400, "narrow": 390}
	schemes = []string{"light", "dark"}
)

// TestReport opens the report of a run, and of a sweep, as people do: from disk,
// on a desk and on a phone, by day and by night.
func TestReport(t *testing.T) {
	t.Parallel()
	runs := map[string][]result.Trial{"run": ofEveryTransport(t), "sweep": swept(t)}
	if *reported != "" {
		runs = map[string][]result.Trial{"report": measured(t, *reported)}
	}
	for name, trials := range runs {
		t.Run(name, func(t *testing.T) {
			address := written(t, name, trials)
			for size, width := range widths {
				b := openWide(t, address, width)
				for _, scheme := range schemes {
					b.prefer(scheme)
					wide := value[int64](b, `document.documentElement.scrollWidth`)
					assert.Check(t, wide <= width, "%s: the page is %d pixels wide in a window of %d", size, wide, width)
					shown := value[[]string](b, `['wide', 'narrow'].filter(name => getComputedStyle(document.querySelector('figure .' + name)).display !== 'none')`)
					assert.Check(t, slices.Equal(shown, []string{size}), "%s: the drawings %q are shown", size, shown)
					b.wantAccessible()
					if *pictures != "" {
						b.picture(filepath.Join(*pictures, strings.Join([]string{name, size, scheme}, "-")+".png"), width)
					}
				}
			}
		})
	}
}

func TestReportSorts(t *testing.T) {
	t.Parallel()
	b := open(t, written(t, "run", ofEveryTransport(t)))
	b.do(`window.table = document.querySelector('#numbers ~ .scroll table')
		window.header = [...table.querySelectorAll('tbody th')].find(th => th.textContent === 'requests per client')
		window.shown = () => [...header.parentNode.cells].slice(1).map(cell => Number(cell.dataset.key))
		window.named = () => [...table.rows[0].cells].slice(1).map(cell => cell.textContent.split(' ')[0])`)
	first := value[[]string](b, `named()`)
	for _, way := range []string{"ascending", "descending"} {
		b.do(`header.querySelector('button').focus()`) // by keys, as it has to work without a mouse
		b.must(chromedp.Do(b.ctx, chromedp.KeyEvent("\r")))
		b.await(`header.ariaSort === ` + quote(way))
		got := value[[]float64](b, `shown()`)
		if way == "descending" {
			slices.Reverse(got)
		}
		assert.Check(t, slices.IsSorted(got), "%s: the columns stand in the order %v", way, got)
	}
	now := value[[]string](b, `named()`)
	assert.Check(t, !slices.Equal(first, now), "the heads of the columns stay where they were: %q", now)
	b.do(`window.trials = [...document.querySelectorAll('h3')].find(h => h.textContent === 'All trials').closest('details').querySelector('table')
		trials.querySelector('thead th button').click()
		trials.querySelector('thead th button').click()`)
	names := value[[]string](b, `[...trials.tBodies[0].rows].map(row => row.cells[0].textContent)`)
	if slices.Reverse(names); !slices.IsSorted(names) {
		t.Errorf("descending by transport, the trials stand in the order %q from below", names)
	}
}

func TestReportTellsValues(t *testing.T) {
	t.Parallel()
	b := open(t, written(t, "run", ofEveryTransport(t)))
	b.do(`window.says = spot => spot.getAttribute('aria-label') ?? ' '
		window.hit = [...document.querySelectorAll('.wide .spots path')].find(spot => says(spot).startsWith('ws\n'))
		window.tip = document.querySelector('.tip')
		hit.scrollIntoView({ block: 'center' })
		await new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))`)
	at := value[[]float64](b, `(() => { const { x, y, width, height } = hit.getBoundingClientRect(); return [x + width / 2, y + height / 2] })()`)
	b.must(chromedp.Do(b.ctx, chromedp.MouseEvent("mouseMoved", at[0], at[1])))
	b.await(`!tip.hidden && tip.textContent.includes(says(hit))`)
	b.do(`tip.hidden = true; hit.parentNode.querySelector('[tabindex="0"]').focus()`)
	b.must(chromedp.Do(b.ctx, chromedp.KeyEvent("\ue014"))) // to the right
	b.await(`!tip.hidden && tip.textContent === says(document.activeElement)`)
}

func TestReportHoldsItsTrials(t *testing.T) {
	t.Parallel()
	trials := measured(t, short)
	b := open(t, written(t, "short", trials))
	folder := t.TempDir()
	events := true
	_, err := chromedp.CallBrowser(b.ctx, browser.SetDownloadBehavior, browser.SetDownloadBehaviorParams{
		Behavior: browser.SetDownloadBehaviorBehaviorAllow, BrowserContextID: chromedp.FromContext(b.ctx).BrowserContextID,
		DownloadPath: folder, EventsEnabled: &events,
	})
	b.must(err)
	progress := chromedp.BrowserEvents(b.ctx, browser.DownloadProgress)
	b.must(chromedp.Do(b.ctx, chromedp.Click(chromedp.CSS(`a[download="trials.jsonl.gz"]`))))
	for e, err := range progress {
		b.must(err)
		assert.Assert(t, e.State != browser.DownloadProgressStateCanceled, "the download was cancelled")
		if e.State == browser.DownloadProgressStateCompleted {
			break
		}
	}
	f, err := os.Open(filepath.Join(folder, "trials.jsonl.gz"))
	assert.NilError(t, err)
	defer f.Close()
	lines, err := gzip.NewReader(f)
	assert.NilError(t, err)
	again, err := result.Read("trials.jsonl.gz", lines)
	assert.Check(t, err == nil && len(again) == len(trials), "the page's results hold %d trials, want %d: %v", len(again), len(trials), err)
}

func TestReportReadsWithoutScripts(t *testing.T) {
	t.Parallel()
	b := open(t, written(t, "run", ofEveryTransport(t)))
	b.scripts(false)
	b.do(`for (const part of document.querySelectorAll('details')) part.open = true`)
	for what, there := range map[string]string{
		"a button that does nothing":       `document.querySelector('button') === null`,
		"a chart without what it tells":    `[...document.querySelectorAll('figure .wide')].every(svg => svg.querySelector('.spots path:not(:has(title))') === null)`,
		"a part that cannot be seen":       `[...document.querySelectorAll('h1, h2, h3, table, figure')].every(e => e.getBoundingClientRect().height > 0)`,
		"a contents' entry without a part": `[...document.querySelectorAll('nav a')].every(a => document.querySelector(a.hash) !== null)`,
	} {
		assert.Check(t, value[bool](b, there), "without scripts, the page has %s", what)
	}
	b.scripts(true) // for the check of what went wrong
}

// scripts opens the page again, with or without them.
func (b *tab) scripts(on bool) {
	b.t.Helper()
	b.must(chromedp.Do(b.ctx, func(ctx context.Context, _ *chromedp.Target) (chromedp.Void, error) {
		_, err := chromedp.Call(ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: !on})
		return chromedp.Void{}, err
	}, chromedp.Reload()))
}

// prefer has the person prefer a colour scheme.
func (b *tab) prefer(scheme string) {
	b.t.Helper()
	_, err := chromedp.Call(b.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}},
	})
	b.must(err)
}

// picture draws the page's beginning.
func (b *tab) picture(path string, width int64) {
	b.t.Helper()
	beyond := true
	shot, err := chromedp.Call(b.ctx, page.CaptureScreenshot, page.CaptureScreenshotParams{
		CaptureBeyondViewport: &beyond, Clip: &page.Viewport{Width: float64(width), Height: 1800, Scale: 1},
	})
	b.must(err)
	assert.NilError(b.t, os.WriteFile(path, shot.Data, 0o644))
}

// short is a run of two transports that is kept.
const short = "../../results/baseline/short"

var writing sync.Mutex

// written makes the report of trials, once for each name, and returns its page's
// address.
func written(t *testing.T, name string, trials []result.Trial) string {
	t.Helper()
	writing.Lock()
	defer writing.Unlock()
	dir := filepath.Join(filepath.Dir(chatserver), name)
	if _, err := os.Stat(dir); err != nil {
		assert.NilError(t, os.Mkdir(dir, 0o755))
		for i := range trials {
			assert.NilError(t, result.Append(filepath.Join(dir, result.FileName), &trials[i]))
		}
		// By the program: drawing takes ten times as long under the race detector.
		out, err := exec.Command(pollpush, "report", dir).CombinedOutput()
		assert.NilError(t, err, string(out))
	}
	return (&url.URL{Scheme: "file", Path: filepath.Join(dir, "report.html")}).String()
}

func measured(t *testing.T, dir string) []result.Trial {
	t.Helper()
	trials, err := result.ReadDir(dir)
	assert.NilError(t, err)
	return trials
}

// ofEveryTransport is a run that holds each of them: the baseline's trials, under
// the names of all, with as many requests as the name is long.
func ofEveryTransport(t *testing.T) []result.Trial {
	t.Helper()
	var all []result.Trial
	for _, name := range transport.Names() {
		for _, trial := range measured(t, short) {
			polls := trial.Transport == "poll"
			if polls != strings.HasPrefix(name, "poll") {
				continue
			}
			trial.Transport = name
			more := int64(len(name) * trial.Clients)
			trial.Requests.Total += more
			trial.Requests.ByStatus = maps.Clone(trial.Requests.ByStatus)
			trial.Requests.ByStatus["200"] += more
			trial.Totals.Requests += more
			trial.TotalsAfter.Requests += more
			trial.ServerTotals = nil
			trial.Asked.Transports = nil
			all = append(all, trial)
		}
	}
	return all
}

// swept is a run of the same at several rates.
func swept(t *testing.T) []result.Trial {
	t.Helper()
	var all []result.Trial
	for i, rate := range []float64{1, 2, 4} {
		for _, trial := range ofEveryTransport(t) {
			trial.Swept, trial.Asked.PublishRate, trial.Asked.Points = []string{"publish.rate"}, rate, nil
			trial.ScenarioHash = fmt.Sprint(trial.ScenarioHash[1:], i)
			all = append(all, trial)
		}
	}
	return all
}
