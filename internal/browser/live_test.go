package browser

import (
	"bufio"
	"context"
	"flag"
	"fmt"
	"io"
	"log"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"gotest.tools/v3/assert"
	is "gotest.tools/v3/assert/cmp"

	"github.com/pollpush/pollpush/internal/live"
	"github.com/pollpush/pollpush/internal/result"
	"github.com/pollpush/pollpush/internal/transport"
)

var livePictures = flag.String("live-pictures", "", "folder for pictures of the live page")

// followed is a scenario of a few seconds.
const followed = `about: What does <b>a page</b> show?
transports: [poll, ws]
clients: 40
trials: 1
payload: 64B
publish: {rate: 20/s, arrivals: constant, publishers: 4}
poll: {interval: 200ms}
phases: {ramp_up: 100ms, warm_up: 1s, steady: 3s, drain: 5s}
time_limit: 1s
`

// A whole run, followed by a real browser from its beginning to its end, and
// with the results of any other.
func TestLiveRun(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	assert.NilError(t, os.WriteFile(filepath.Join(dir, "followed.yaml"), []byte(followed), 0o644))
	run := exec.CommandContext(t.Context(), pollpush, "run", "--live", "followed.yaml", "--out", "run")
	run.Dir = dir
	stderr, err := run.StderrPipe()
	assert.NilError(t, err)
	assert.NilError(t, run.Start())
	var said strings.Builder
	lines := bufio.NewScanner(stderr)
	address := ""
	for address == "" && lines.Scan() {
		fmt.Fprintln(&said, lines.Text())
		if at, ok := strings.CutPrefix(lines.Text(), "Live: "); ok {
			address = at
		}
	}
	if address == "" {
		t.Fatalf("it did not say where the page is:\n%s", said.String())
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for lines.Scan() {
			fmt.Fprintln(&said, lines.Text())
		}
	}()

	b := open(t, address)
	points := func(chart, name string) string {
		return fmt.Sprintf(`(document.querySelector('#%s [data-transport="%s"] .curve')?.getAttribute('d').split(/[ML]/).length ?? 0)`, chart, name)
	}
	for n := range 3 { // the curve grows
		b.await(fmt.Sprintf("%s > %d", points("deliveries", "poll"), n+1))
	}
	b.await(points("cpu", "poll") + " > 2")
	b.await(`$('now').textContent.startsWith('poll, trial 1 of 1: ')`)
	late := openWide(t, address, 390) // gets the history
	late.await(points("requests", "poll") + " > 2")
	b.await(points("p50", "ws") + " > 1")
	for _, tab := range []*tab{b, late} {
		tab.await(`$('link').textContent === 'The run is over.' && $('reports').textContent === 'Report: run/report.html'`)
		tab.await(`$('now').textContent === 'No trial is running.' && $('done').value === 1`)
		for chart, want := range map[string]string{"p99": "poll, ws: too few samples: it takes 1,000 deliveries in a second", "requests": "ws: no requests after the handshakes, as it does not poll", "deliveries": ""} {
			got := value[string](tab, `document.querySelector('#`+chart+` .why').textContent`)
			assert.Check(t, strings.HasPrefix(got, want) && (want != "" || got == ""), "%s: %q", chart, got)
		}
		assert.Check(t, is.Equal(value[int](tab, `document.querySelectorAll('#trials li').length`), 2), "trials have ended in the page")
		assert.Check(t, is.Equal(value[string](tab, `$('about').textContent`), "What does <b>a page</b> show?"), "the scenario is about")
		got := value[[]string](tab, `[...document.querySelectorAll('#rows th')].map(e => e.textContent)`)
		assert.Check(t, len(got) == 2 && got[0] == "poll" && got[1] == "ws", "rows %q", got)
		over := value[int](tab, `document.documentElement.scrollWidth - innerWidth`)
		assert.Check(t, over <= 0, "the page is %d px wider than the window", over)
	}

	<-ended
	err = run.Wait()
	if code := run.ProcessState.ExitCode(); code != 0 && code != 4 { // a busy machine makes trials invalid
		t.Fatalf("%v:\n%s", err, said.String())
	}
	trials, err := result.ReadDir(filepath.Join(dir, "run"))
	assert.Assert(t, err == nil && len(trials) == 2, "%d trials, %v", len(trials), err)
	for _, trial := range trials {
		if trial.Status != result.Complete || trial.Delivered != 2400 || trial.Lost != 0 || len(trial.Flags) > 0 {
			t.Errorf("%s is %s: %d delivered, %d lost, flags %q", trial.Transport, trial.Status, trial.Delivered, trial.Lost, trial.Flags)
		}
	}
}

// made is a second of a run that never was.
func made(name string, trial, k int, f float64) map[string]any {
	wave := float64(1+(k*7+trial*3+len(name))%5) / 5
	second := map[string]any{
		"transport": name, "point": "", "trial": trial, "of": 3, "attempt": 1, "k": k, "t": k - 5, "phase": "steady",
		"phase_left_s": 40 - k, "trial_left_s": 45 - k, "run_left_s": 400 - k, "clients_asked": 1000, "rate_asked": 1.5, "clients": 1000,
		"requests": int(1000 * f), "published": 1, "deliveries": int(900 + 200*wave), "bytes_in": int(4e5 * f), "bytes_out": int(1e5 * f * wave),
		"server_cpu": f * .2 * wave, "server_rss_bytes": 45 << 20, "p50": f * .5 * wave, "p99": nil, "missing": 0,
	}
	if k%4 != 0 {
		second["p99"] = f * wave
	}
	return map[string]any{"second": second}
}

// All transports, in every width and either colour scheme, fit the page; and
// what is said when the stream breaks off.
func TestLivePage(t *testing.T) {
	t.Parallel()
	page, err := live.Listen("127.0.0.1:0")
	assert.NilError(t, err)
	gone := false
	defer func() {
		if !gone {
			page.End("over")
		}
	}()
	page.Tell(map[string]any{"begun": map[string]any{"scenario": "made", "about": "How does the page look?", "transports": transport.Names(), "trials": 27, "planned_s": 600}})
	for trial := 1; trial <= 2; trial++ {
		f := 1.
		for _, name := range transport.Names() {
			f *= .6
			for k := range 40 {
				page.Tell(made(name, trial, k, f))
			}
			page.Tell(map[string]any{"ended": map[string]any{"transport": name, "point": "", "trial": trial, "of": 3, "attempt": 1, "status": "complete",
				"validity": "suspect", "reasons": []string{"other processes used 1.79 cores (0.1 is allowed)"}, "delivered": 40000, "lost": 0}})
		}
	}
	for _, c := range []struct {
		width  int64
		scheme string
	}{{1400, "light"}, {1400, "dark"}, {390, "light"}, {390, "dark"}} {
		name := fmt.Sprintf("%d-%s", c.width, c.scheme)
		b := openWide(t, "about:blank", c.width)
		b.must(chromedp.Do(b.ctx, func(ctx context.Context, target *chromedp.Target) (chromedp.Void, error) {
			_, err := cdp.Call(ctx, target, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: c.scheme}}})
			return chromedp.Void{}, err
		}, chromedp.Navigate(page.URL)))
		b.await(fmt.Sprintf(`document.querySelectorAll('#charts .strong').length === 6 * %d && document.querySelectorAll('#trials li').length === 2 * %[1]d`, len(transport.Names())))
		if over := value[int](b, `document.documentElement.scrollWidth - innerWidth`); over > 0 {
			t.Errorf("%s: the page is %d px wider than the window", name, over)
		}
		if outside := value[[]string](b, `[...document.querySelectorAll('figure svg')].flatMap(svg => { const box = svg.getBoundingClientRect()
			return [...svg.querySelectorAll('text')].filter(e => { const r = e.getBoundingClientRect(); return r.left < box.left - 1 || r.right > box.right + 1 }).map(e => e.textContent) })`); len(outside) > 0 {
			t.Errorf("%s: labels %q are cut", name, outside)
		}
		bad := value[int](b, `[...document.querySelectorAll('svg path')].filter(e => /NaN|Infinity|undefined/.test(e.getAttribute('d') + e.getAttribute('transform'))).length`)
		assert.Check(t, bad <= 0, "%s: %d paths are none", name, bad)
		b.wantAccessible()
		if *livePictures != "" {
			shot, err := chromedp.Run(b.ctx, chromedp.FullScreenshot(90))
			b.must(err)
			assert.NilError(t, os.WriteFile(filepath.Join(*livePictures, name+".png"), shot, 0o644))
		}
	}
	b := open(t, page.URL)
	b.await(`$('link').dataset.state === 'open'`)
	// It is over, and stays: a report is a link for as long as it is served.
	dir := t.TempDir()
	assert.NilError(t, os.WriteFile(filepath.Join(dir, "report.html"), []byte("<!doctype html><html lang=en><title>A report</title><style>p { color: rgb(1, 2, 3) }</style><p>All is said."), 0o644))
	const path = "<i>run</i>/report.html"
	page.Over(map[string]any{"over": map[string]any{"reports": []map[string]string{{"path": path, "link": page.Offer(dir)}}, "links_until": time.Now().Add(patience).UnixMilli()}})
	late := open(t, page.URL)
	for _, tab := range []*tab{b, late} {
		tab.await(`$('link').textContent === 'The run is over.' && $('reports').textContent === 'Report: ` + path + `'`)
	}
	report := open(t, value[string](late, `document.querySelector('#reports a').href`))
	report.await(`document.title === 'A report' && getComputedStyle(document.querySelector('p')).color === 'rgb(1, 2, 3)'`)
	page.End(nil)
	gone = true
}

// A stream that breaks off is taken up where it ended, and nothing is drawn twice.
func TestLivePageComesBack(t *testing.T) {
	t.Parallel()
	page, err := live.Listen("127.0.0.1:0")
	assert.NilError(t, err)
	defer page.End("over")
	back, err := url.Parse(page.URL)
	assert.NilError(t, err)
	between := httptest.NewUnstartedServer(&httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(back) }, FlushInterval: -1, ErrorLog: log.New(io.Discard, "", 0)})
	between.Config.ErrorLog = log.New(io.Discard, "", 0)
	between.Start()
	defer between.Close()
	defer between.CloseClientConnections()
	b := open(t, between.URL)
	points := `(document.querySelector('#deliveries .curve')?.getAttribute('d').split(/[ML]/).length ?? 1) - 1`
	for k := range 12 {
		page.Tell(made("ws", 1, k, 1))
		b.await(fmt.Sprintf("%s === %d", points, k+1))
		if k%4 == 3 {
			between.CloseClientConnections()
			b.await(`$('link').dataset.state === 'lost'`)
			b.await(`$('link').dataset.state === 'open'`)
		}
	}
}
