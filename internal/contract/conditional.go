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
func (v *visit) tagged(room, query string, header ...string) (page, *answer, error) {
	p, a, err := v.poll(room, query, header...)
	if err == nil && a.header.Get("Etag") == "" {
		err = &absence{a.asked, "no ETag"}
	}
	return p, a, err
}

func everyETag(v *visit) error {
	room := v.room()
	for range 2 {
		for _, query := range []string{"?after=0", "?limit=1", "?after=0&limit=1000"} {
			p, a := must2(v.tagged(room, query))
			if want, tag := fmt.Sprintf(`"%d"`, p.last), a.header.Get("Etag"); tag != want {
				return a.fault("ETag "+quote(tag), fmt.Sprintf("send ETag: %s, the page's last, or none", want))
			}
			if cache := a.header.Get("Cache-Control"); !strings.Contains(cache, "no-cache") {
				return a.fault("Cache-Control "+quote(cache), "send Cache-Control: no-cache")
			}
		}
		must(v.say(room, "one"))
	}
	return nil
}

// entityTag is what a load sends back.
var entityTag = regexp.MustCompile(`^(W/)?"[!#-~\x80-\xff]{0,254}"$`)

func tagHolds(v *visit) error {
	room := v.room()
	must(v.say(room, loadTexts[0]))
	p, _ := must2(v.poll(room, "?after=0&limit=1000"))
	if len(p.messages) != 1 {
		return &Fault{"GET " + v.messages(room, "?after=0&limit=1000"), fmt.Sprintf("%d messages of 1", len(p.messages)), "return the messages after the cursor"}
	}
	query := fmt.Sprintf("?after=%d&limit=1000", p.messages[0].ID)
	_, a := must2(v.tagged(room, query))
	tag := a.header.Get("Etag")
	if !entityTag.MatchString(tag) {
		return a.fault("ETag "+quote(tag), `send an ETag in quotes, of at most 256 bytes`)
	}
	a = must1(v.get(v.messages(room, query), "If-None-Match", tag))
	return a.is(http.StatusNotModified)
}

func notModified(v *visit) error {
	room := v.room()
	must(v.say(room, "one"))
	for _, query := range []string{"?after=1", "?limit=1", "?after=0"} {
		must(v.unchanged(room, query, ""))
	}
	return nil
}

func notModifiedForms(v *visit) error {
	room := v.room()
	must(v.say(room, "one"))
	for _, form := range []string{`"0", %s`, `W/%s`, `W/"7",%s`, `*`} {
		must(v.unchanged(room, "?after=1", form))
	}
	return nil
}

// unchanged asks for a page and asks again with its ETag in a form of
// If-None-Match, which must be answered 304.
func (v *visit) unchanged(room, query, form string) error {
	_, a := must2(v.tagged(room, query))
	tag := a.header.Get("Etag")
	match := tag
	if form != "" {
		match = strings.ReplaceAll(form, "%s", tag)
	}
	a = must1(v.get(v.messages(room, query), "If-None-Match", match))
	must(a.is(http.StatusNotModified))
	if again := a.header.Get("Etag"); again != tag {
		return a.fault("304 with ETag "+quote(again), "send the same ETag with a 304 as with the 200")
	}
	return nil
}

func modified(v *visit) error {
	room := v.room()
	_, a := must2(v.tagged(room, "?after=0&limit=1000"))
	must(v.say(room, loadTexts[0]))
	p, a := must2(v.poll(room, "?after=0&limit=1000", "If-None-Match", a.header.Get("Etag")))
	if len(p.messages) != 1 || p.messages[0].Text != loadTexts[0] {
		return a.fault("messages "+texts(p.messages), "return the messages after the cursor")
	}
	return nil
}
