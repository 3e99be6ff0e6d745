package browser

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"gotest.tools/v3/assert"
	is "gotest.tools/v3/assert/cmp"

	"github.com/pollpush/pollpush/internal/testkit"
	"github.com/pollpush/pollpush/internal/transport"
)

// transports are all but the one with compression, on which browser and server
// agree without the page.
var transports = slices.DeleteFunc(transport.Names(), func(name string) bool { return name == "ws-deflate" })

// overEach runs a test once over each transport of the page.
func overEach(t *testing.T, test func(t *testing.T, s *server, via string)) {
	s := startServer(t)
	for _, via := range transports {
		t.Run(via, func(t *testing.T) {
			t.Parallel() // most of it is waiting for polls
			if strings.HasPrefix(via, "socketio") {
				needSocketIO(t)
			}
			test(t, s, via)
		})
	}
}

func TestChatOffersAllTransports(t *testing.T) {
	t.Parallel()
	b := open(t, startServer(t).url)
	got := value[[]string](b, `[...$('transport').options].map(o => o.value)`)
	assert.Check(t, slices.Equal(got, transports), "the page offers %q, want %q", got, transports)
}

func TestTwoTabsTalk(t *testing.T) {
	t.Parallel()
	overEach(t, func(t *testing.T, s *server, via string) {
		at := s.url + "/?" + url.Values{"room": {"talk-" + via}, "via": {via}}.Encode()
		ada, bob := open(t, at), open(t, at)
		ada.enter("name", "ada")
		bob.enter("name", "bob")
		ada.await(isOpen)
		bob.await(isOpen)
		want := []string{"hello 🙂", "<script>alert(1)</script>", "  two\nlines & \"quotes\" "}
		ada.say(want[0])
		bob.awaitTexts(want[:1])
		bob.say(want[1])
		bob.say(want[2])
		ada.awaitTexts(want)
		bob.awaitTexts(want)
		got := value[[]string](ada, `[...$('log').querySelectorAll('.user')].map(e => e.textContent)`)
		assert.Check(t, slices.Equal(got, []string{"ada", "bob", "bob"}), "said by %q", got)
		n := value[int](bob, `$('log').querySelectorAll('script').length`)
		assert.Check(t, n == 0, "a message became %d elements", n)
	})
}

func TestShowsWhatWasSaidBefore(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	var want []string
	for i := range 120 {
		want = append(want, fmt.Sprint("message ", i+1))
		s.post("lobby", want[i])
	}
	b := open(t, s.url)
	b.awaitTexts(want[70:])
	b.click("earlier")
	b.awaitTexts(want[20:])
	b.click("earlier")
	b.awaitTexts(want)
	b.await(`$('earlier').hidden`)
}

func TestRefusesInTheField(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	b := open(t, s.url+"/?room=lobby")
	b.await(isOpen)
	for _, bad := range []string{"", "two words", "ü", "a/b", strings.Repeat("r", 65)} {
		b.enter("room", bad)
		b.click("join")
		b.await(`$('room-error').textContent.includes('1 to 64 characters')`)
		b.await(`$('room').ariaInvalid === 'true' && location.search.includes('room=lobby')`)
	}
	b.enter("room", "Other_room-2")
	b.await(`$('room-error').textContent === '' && location.search.includes('room=Other_room-2')`)
	b.await(isOpen)

	refused := func(name, text, want string) {
		t.Helper()
		b.do(`$('name').value = ` + quote(name))
		b.do(`$('text').value = ` + quote(text))
		b.click("send")
		b.await(`($('name-error').textContent + $('text-error').textContent).includes(` + quote(want) + `)`)
	}
	refused("", "hello", "Enter your name")
	refused(strings.Repeat("🙂", 65), "hello", "at most 64 characters; this one has 65")
	refused("ada", "", "Enter a message")
	refused("ada", strings.Repeat("ü", 2049), "at most 4,096 bytes; this one has 4098")
	assert.Check(t, is.Equal(s.metric("messages_posted_total"), 0), "messages were posted")
	// The limits themselves are fine.
	b.enter("name", strings.Repeat("n", 64))
	b.say(strings.Repeat("ü", 2048))
	b.awaitTexts([]string{strings.Repeat("ü", 2048)})
	assert.Check(t, is.Equal(s.metric("messages_posted_total"), 1), "messages were posted")
}

func TestMissesNothingOverACut(t *testing.T) {
	t.Parallel()
	overEach(t, func(t *testing.T, s *server, via string) {
		room := "cut-" + via
		p := testkit.NewRelay(t, s.address())
		s.post(room, "1")
		b := open(t, p.URL+"/?"+url.Values{"room": {room}, "via": {via}}.Encode())
		b.await(isOpen)
		s.post(room, "2")
		b.awaitTexts([]string{"1", "2"})
		p.Cut()
		s.post(room, "3")
		b.await(`$('state').dataset.state === 'reconnecting'`)
		s.post(room, "4")
		p.Lead(s.address())
		b.await(isOpen)
		s.post(room, "5")
		b.awaitTexts([]string{"1", "2", "3", "4", "5"})
		assert.Check(t, is.Equal(value[string](b, `$('breaks').textContent`), "1"), "breaks")
	})
}

// A message that nobody answers is given up, and another can be sent.
func TestGivesUpWithoutAnAnswer(t *testing.T) {
	t.Parallel()
	overEach(t, func(t *testing.T, s *server, via string) {
		p := testkit.NewRelay(t, s.address())
		b := open(t, p.URL+"/?"+url.Values{"room": {"deaf-" + via}, "via": {via}}.Encode())
		b.enter("name", "ada")
		b.await(isOpen)
		p.Deafen()
		b.do(`$('text').value = 'unheard'`)
		b.click("send")
		b.await(`$('text-error').textContent === 'Not confirmed: no answer within 10 s; the message may have been posted anyway.'`)
		p.Cut()
		b.await(`$('state').dataset.state === 'reconnecting'`)
		p.Lead(s.address())
		b.await(isOpen)
		b.say("heard")
		b.awaitTexts([]string{"heard"})
	})
}

func TestGoesOnOverAnotherTransport(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	s.post("lobby", "0")
	b := open(t, s.url)
	want := []string{"0"}
	for i, via := range transports {
		if strings.HasPrefix(via, "socketio") && !hasSocketIO() {
			continue
		}
		b.do(`const choice = $('transport'); choice.value = ` + quote(via) + `; choice.onchange()`)
		s.post("lobby", fmt.Sprint(i+1)) // before it is open, or after
		want = append(want, fmt.Sprint(i+1))
		b.await(isOpen)
		b.awaitTexts(want)
	}
}

func TestNoticesAServerStartedAnew(t *testing.T) {
	for _, via := range []string{"poll", "sse", "ws"} {
		t.Run(via, func(t *testing.T) {
			s := startServer(t)
			s.post("lobby", "one")
			s.post("lobby", "two")
			b := open(t, s.url+"/?via="+via)
			b.await(isOpen)
			b.awaitTexts([]string{"one", "two"})
			s.stop()
			b.await(`$('state').dataset.state === 'reconnecting'`)
			anew := startServerAt(t, s.address())
			anew.post("lobby", "three")
			b.await(`$('log').querySelector('.note')?.textContent.includes('was restarted')`)
			b.await(isOpen)
			anew.post("lobby", "four")
			anew.post("lobby", "five")
			b.awaitTexts([]string{"one", "two", "three", "four", "five"})
		})
	}
}

func TestFitsItsWindow(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	s.post("lobby", strings.Repeat("longword", 100))
	for _, view := range []string{"chat", "race"} {
		for _, width := range []int64{320, 390, 1400} {
			b := openWide(t, s.url+"/#"+view, width)
			b.await(`!$('` + view + `-view').hidden`)
			if view == "chat" {
				b.await(isOpen)
			} else {
				b.await(`document.querySelectorAll('.lane').length === 5`)
			}
			n := value[int64](b, `document.documentElement.scrollWidth`)
			assert.Check(t, n <= width, "%s is %d px wide in a window of %d", view, n, width)
			unnamed := value[[]string](b, `[...document.querySelectorAll('input, select, textarea, button, canvas, [role=region]')]
				.filter(e => e.checkVisibility() && !e.labels?.length && !e.ariaLabel && !e.textContent.trim()).map(e => e.outerHTML)`)
			assert.Check(t, len(unnamed) == 0, "%s: without a name: %q", view, unnamed)
		}
	}
}

func TestIsUsableByKeyboard(t *testing.T) {
	t.Parallel()
	b := open(t, startServer(t).url)
	b.await(isOpen)
	want := []string{"Skip to the messages", "Chat", "Race", "name", "room", "join", "transport", "log", "text", "send"}
	for _, w := range want {
		b.must(chromedp.Do(b.ctx, chromedp.KeyEvent(kb.Tab)))
		got := value[string](b, `document.activeElement.id || document.activeElement.textContent`)
		outlined := value[string](b, `getComputedStyle(document.activeElement).outlineStyle`)
		assert.Check(t, got == w && outlined != "none", "the focus is on %q (outline %s), want %q", got, outlined, w)
	}
	b.do(`$('name').focus()`)
	b.must(chromedp.Do(b.ctx, chromedp.KeyEvent("ada")))
	b.do(`$('text').focus()`)
	b.must(chromedp.Do(b.ctx, chromedp.KeyEvent("by keys"), chromedp.KeyEvent(kb.Enter)))
	b.awaitTexts([]string{"by keys"})
	// Somebody who cannot see hears of it, once.
	b.await(`$('news').textContent === 'ada: by keys'`)
}

func TestAddressNamesThePlace(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	s.post("den", "hello")
	b := open(t, s.url+"/?room=den&via=sse#counted") // a place in the page, no view
	b.awaitTexts([]string{"hello"})
	b.await(`$('transport').value === 'sse' && !$('chat-view').hidden && $('race-view').hidden`)
	b.do(`location.hash = '#race'`)
	b.await(`$('chat-view').hidden && document.querySelectorAll('.lane').length === 5`)
	s.post("den", "meanwhile")
	b.do(`location.hash = '#chat'`)
	b.awaitTexts([]string{"hello", "meanwhile"})
	b.await(`location.search === '?room=den&via=sse'`)
}
