package contract

import (
	"fmt"
	"net/http"
	"net/http/httptrace"
	"regexp"
	"strings"
	"time"
)

var byETag = []string{"poll-etag"}

var conditional = []Point{
	{Group: "conditional", Name: "every page has ETag and Cache-Control", Transports: byETag, try: everyETag},
	{Group: "conditional", Name: "an ETag sent back without news gets 304", Transports: byETag, Needed: true, try: tagHolds},
	{Group: "conditional", Name: "If-None-Match without news gets 304 with the ETag", Transports: byETag, try: notModified},
	{Group: "conditional", Name: "If-None-Match may be a list, weak, or *", Transports: byETag, try: notModifiedForms},
	{Group: "conditional", Name: "an ETag sent back with news gets 200", Transports: byETag, Needed: true, try: modified},
}

// tagged asks for a page that bears an ETag.
func (v *visit) tagged(room, query string, header ...string) (p page, tag string) {
	p = v.poll(room, query, header...)
	if tag = p.header.Get("Etag"); tag == "" {
		p.absent("no ETag")
	}
	return p, tag
}

func everyETag(v *visit) {
	room := v.room()
	for range 2 {
		for _, query := range []string{"?after=0", "?limit=1", "?after=0&limit=1000"} {
			p, tag := v.tagged(room, query)
			if want := fmt.Sprintf(`"%d"`, p.last); tag != want {
				p.fail("ETag "+quote(tag), fmt.Sprintf("send ETag: %s, the page's last, or none", want))
			}
			if cache := p.header.Get("Cache-Control"); !strings.Contains(cache, "no-cache") {
				p.fail("Cache-Control "+quote(cache), "send Cache-Control: no-cache")
			}
		}
		v.say(room, "one")
	}
}

// entityTag is what a load sends back.
var entityTag = regexp.MustCompile(`^(W/)?"[!#-~\x80-\xff]{0,254}"$`)

func tagHolds(v *visit) {
	room := v.room()
	v.say(room, loadTexts[0])
	p := v.poll(room, "?after=0&limit=1000")
	if len(p.messages) != 1 {
		p.fail(fmt.Sprintf("%d messages of 1", len(p.messages)), "return the messages after the cursor")
	}
	query := fmt.Sprintf("?after=%d&limit=1000", p.messages[0].ID)
	p, tag := v.tagged(room, query)
	if !entityTag.MatchString(tag) {
		p.fail("ETag "+quote(tag), `send an ETag in quotes, of at most 256 bytes`)
	}
	v.get(v.messages(room, query), "If-None-Match", tag).is(http.StatusNotModified)
}

func notModified(v *visit) {
	room := v.room()
	v.say(room, "one")
	for _, query := range []string{"?after=1", "?limit=1", "?after=0"} {
		v.unchanged(room, query, "%s")
	}
}

func notModifiedForms(v *visit) {
	room := v.room()
	v.say(room, "one")
	for _, form := range []string{`"0", %s`, `W/%s`, `W/"7",%s`, `*`} {
		v.unchanged(room, "?after=1", form)
	}
}

// unchanged asks for a page and asks again with its ETag in a form of
// If-None-Match, which must be answered 304.
func (v *visit) unchanged(room, query, form string) {
	_, tag := v.tagged(room, query)
	a := v.get(v.messages(room, query), "If-None-Match", strings.ReplaceAll(form, "%s", tag))
	a.is(http.StatusNotModified)
	if again := a.header.Get("Etag"); again != tag {
		a.fail("304 with ETag "+quote(again), "send the same ETag with a 304 as with the 200")
	}
}

func modified(v *visit) {
	room := v.room()
	_, tag := v.tagged(room, "?after=0&limit=1000")
	v.say(room, loadTexts[0])
	v.poll(room, "?after=0&limit=1000", "If-None-Match", tag).isNews()
}

// isNews wants the page to hold the one message of a load that was said; any id
// will do.
func (p page) isNews() {
	if len(p.messages) != 1 || p.messages[0].Text != loadTexts[0] {
		p.fail("messages "+texts(p.messages), "return the messages after the cursor")
	}
}

var byLongPoll = []string{"longpoll"}

var longPolling = []Point{
	{Group: "long poll", Name: "without news, an empty page comes after wait", Transports: byLongPoll, try: waitEnds},
	{Group: "long poll", Name: "existing news comes at once", Transports: byLongPoll, Needed: true, try: waitSkipped},
	{Group: "long poll", Name: "new messages reach everyone who waits", Transports: byLongPoll, Needed: true, try: func(v *visit) { v.longPolls() }},
	{Group: "long poll", Name: "without news, a conditional poll gets 304 after wait", Transports: byLongPoll, Optional: true, try: waitNotModified},
	{Group: "long poll", Name: "waits of 1s to 60s are accepted, others get 400", Transports: byLongPoll, try: waitRefused},
}

const (
	// waited is how long an answer takes at least where wait is heeded.
	waited = 500 * time.Millisecond
	// loadPoll is what a load asks, and leastWait how long it takes that to be
	// unanswered while there is no news.
	loadPoll  = "&limit=1000&wait=25s"
	leastWait = time.Second
)

func waitEnds(v *visit) {
	v.longPolls()
	room := v.room()
	v.say(room, "one")
	p := v.poll(room, "?after=1&wait=1.5s")
	p.isTexts(1)
	if p.took < 1400*time.Millisecond { // clocks differ a little
		p.failAfter("an empty page")
	}
	p.isLast(1)
}

// failAfter fails an answer that came too early.
func (a *answer) failAfter(what string) {
	a.fail(fmt.Sprintf("%s after %v", what, a.took.Round(time.Millisecond)), "wait as long as requested")
}

func waitSkipped(v *visit) {
	v.longPolls()
	v.follows(loadPoll)
}

// twoWait has two wait, as a load does. A server that ignores `wait` offers no
// long polls.
func twoWait(v *visit) {
	room := v.room()
	const waiting = 2
	sent, answered := make(chan struct{}, waiting), make(chan error, waiting)
	ctx := httptrace.WithClientTrace(v.ctx, &httptrace.ClientTrace{
		WroteRequest: func(httptrace.WroteRequestInfo) { sent <- struct{}{} },
	})
	for range waiting {
		go func() {
			answered <- attempt(func() {
				own := visit{check: v.check, ctx: ctx}
				p := own.poll(room, "?after=0"+loadPoll)
				switch {
				case len(p.messages) == 0 && p.took < waited:
					p.absent("wait is ignored: an empty page came at once")
				case len(p.messages) == 0:
					p.failAfter("an empty page")
				}
				p.isNews()
			})
		}()
	}
	for range waiting {
		select {
		case <-sent:
		case err := <-answered: // before it was asked
			must(err)
			return
		}
	}
	select {
	case <-time.After(leastWait + waited):
	case err := <-answered:
		must(err)
		return
	}
	v.say(room, loadTexts[0])
	for range waiting {
		must(<-answered)
	}
}

func waitNotModified(v *visit) {
	v.longPolls()
	room := v.room()
	_, tag := v.tagged(room, "?after=0")
	a := v.get(v.messages(room, "?after=0&wait=1s"), "If-None-Match", tag)
	a.is(http.StatusNotModified)
	if a.took < waited {
		a.failAfter("304")
	}
}

func waitRefused(v *visit) {
	v.longPolls()
	room := v.room()
	v.say(room, "one")
	v.poll(room, "?after=0&wait=60s")
	for _, query := range []string{"?after=0&wait=999ms", "?after=0&wait=61s", "?after=0&wait=25", "?after=0&wait=soon", "?wait=1s"} {
		v.get(v.messages(room, query)).is(http.StatusBadRequest)
	}
}
