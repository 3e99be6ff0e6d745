package contract

import (
	"fmt"
	"net/http"
	"regexp"
	"strings"
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
