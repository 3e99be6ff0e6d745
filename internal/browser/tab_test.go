package browser

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"gotest.tools/v3/assert"

	"github.com/pollpush/pollpush/internal/testkit"
)

// watch runs before the page's own scripts. It notes what must never happen.
const watch = `
window.$ = id => document.getElementById(id)
window.wrongs = []
addEventListener('securitypolicyviolation', e => wrongs.push('policy: ' + e.violatedDirective + ' ' + e.blockedURI))
window.alert = text => wrongs.push('alert: ' + text)
`

// tab is a tab of a browser context of its own: nothing is shared with others,
// such as the few connections that a browser opens to one server.
type tab struct {
	t   *testing.T
	ctx context.Context

	mu     sync.Mutex
	errors []string // in the console, but those of the network
}

// open opens a page and checks at the end of the test that nothing went wrong
// in it: no exception, nothing that its policy forbids, no script of a message.
func open(t *testing.T, url string) *tab {
	t.Helper()
	return openWide(t, url, 1400)
}

// openWide opens a page in a window of so many pixels.
func openWide(t *testing.T, url string, width int64) *tab {
	t.Helper()
	if chromium == nil {
		testkit.Missing(t, "no Chromium here: chromium, chromium-browser and google-chrome are not in PATH")
	}
	ctx, cancel := chromedp.NewContext(chromium, chromedp.WithNewBrowserContext())
	ctx, stop := context.WithTimeout(ctx, 2*patience)
	b := &tab{t: t, ctx: ctx}
	t.Cleanup(func() {
		defer cancel()
		defer stop()
		b.checkNothingWrong()
	})
	b.must(chromedp.Do(ctx, chromedp.EmulateViewport(width, 900), func(ctx context.Context, target *chromedp.Target) (chromedp.Void, error) {
		_, err := cdp.Call(ctx, target, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: watch})
		return chromedp.Void{}, err
	}))
	messages := chromedp.Console(ctx)
	go func() {
		for m, err := range messages {
			if err != nil {
				return
			}
			if m.Source != "network" && (m.Type == chromedp.ConsoleError || m.Type == chromedp.ConsoleException) {
				b.mu.Lock()
				b.errors = append(b.errors, m.String())
				b.mu.Unlock()
			}
		}
	}()
	b.must(chromedp.Do(ctx, chromedp.Navigate(url)))
	return b
}

func (b *tab) checkNothingWrong() {
	b.t.Helper()
	wrongs := value[[]string](b, `wrongs`)
	b.mu.Lock()
	defer b.mu.Unlock()
	// A WebSocket that fails is an error in the console, whatever the page does.
	wrongs = append(wrongs, slices.DeleteFunc(b.errors, func(e string) bool { return strings.Contains(e, "WebSocket connection to") })...)
	for _, w := range wrongs {
		b.t.Errorf("in the page: %s", w)
	}
}

func (b *tab) must(err error) {
	b.t.Helper()
	assert.NilError(b.t, err)
}

// value returns what an expression is, or what its promise brings. $('id') is
// the element of that id.
func value[T any](b *tab, expression string) T {
	b.t.Helper()
	v, err := chromedp.Run(b.ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
	assert.NilError(b.t, err, expression)
	return v
}

func (b *tab) do(statements string) {
	b.t.Helper()
	value[chromedp.Void](b, "(async () => {"+statements+"})()")
}

// await returns when a condition holds.
func (b *tab) await(condition string) {
	b.t.Helper()
	ok := value[bool](b, fmt.Sprintf(`(async () => {
		const until = performance.now() + %d
		while (!(%s)) {
			if (performance.now() > until) return false
			await new Promise(requestAnimationFrame)
		}
		return true
	})()`, patience.Milliseconds(), condition))
	if !ok {
		b.t.Fatalf("never came true: %s\nThe page:\n%s", condition, value[string](b, `document.body.innerText`))
	}
}

// enter has a person put a text into a field.
func (b *tab) enter(id, text string) {
	b.t.Helper()
	b.do(`const field = $(` + quote(id) + `); field.focus(); field.value = ''`)
	b.must(chromedp.Do(b.ctx, chromedp.KeyEvent(text)))
	b.do(`$(` + quote(id) + `).blur()`)
}

func (b *tab) click(id string) {
	b.t.Helper()
	b.must(chromedp.Do(b.ctx, chromedp.Click(chromedp.ID(id))))
}

// say sends a message, as a person does, and waits until the page has sent it.
func (b *tab) say(text string) {
	b.t.Helper()
	// Not by keys: there are none for some characters.
	b.do(`$('text').value = ` + quote(text))
	b.click("send")
	b.await(`$('text').value === ''`)
}

// texts returns the messages that the chat shows.
func (b *tab) texts() []string {
	b.t.Helper()
	return value[[]string](b, `[...$('log').querySelectorAll('.text')].map(e => e.textContent)`)
}

// awaitTexts waits for as many messages, and wants them to be these.
func (b *tab) awaitTexts(want []string) {
	b.t.Helper()
	b.await(fmt.Sprintf(`$('log').querySelectorAll('.text').length >= %d`, len(want)))
	got := b.texts()
	assert.Assert(b.t, slices.Equal(got, want), "the chat shows %q, want %q", got, want)
}

const isOpen = `$('state').dataset.state === 'open'`

func quote(text string) string {
	b, err := json.Marshal(text)
	if err != nil {
		panic(err) // strings always encode
	}
	return string(b)
}

// axe is what finds faults of accessibility: colours without contrast, images
// without names.
var axe = sync.OnceValues(func() ([]byte, error) { return os.ReadFile("../foreign/node_modules/axe-core/axe.min.js") })

// wantAccessible wants axe to find nothing.
func (b *tab) wantAccessible() {
	b.t.Helper()
	script, err := axe()
	if err != nil {
		testkit.Missing(b.t, "axe-core is not here: make deps fetches it")
	}
	value[chromedp.Void](b, string(script)+"\n; undefined")
	found := value[[]string](b, `axe.run().then(({ violations }) => violations.flatMap(v => v.nodes.map(n => v.id + ': ' + n.html + ' ' + n.failureSummary)))`)
	assert.Check(b.t, len(found) == 0, "axe: %s", strings.Join(found, "\n"))
}
