package contract

import (
	"fmt"
	"net/http"
	"strings"
	"time"
)

// byPost are the transports that publish by POST.
var byPost = []string{"poll", "poll-etag", "longpoll", "sse"}

var publishing = []Point{
	{Group: "publishing", Name: "POST gets 201", Transports: byPost, Needed: true, try: func(v *visit) { v.say(v.room(), loadTexts...) }},
	{Group: "publishing", Name: "the 201 contains the message", Transports: byPost, try: postAnswers},
	{Group: "publishing", Name: "Location names the message's page", Transports: byPost, Optional: true, try: locationNames},
	{Group: "publishing", Name: "ids are 1, 2, 3 … in each room", Transports: byPost, try: idsCount},
	{Group: "publishing", Name: "at is Unix milliseconds", Transports: byPost, try: atIsMilliseconds},
	{Group: "publishing", Name: "text comes back byte for byte", Transports: byPost, try: textReturns},
	{Group: "publishing", Name: "the longest user and text are accepted", Transports: byPost, try: longestAccepted},
	{Group: "publishing", Name: "a charset may follow the content type", Transports: byPost,
		try: func(v *visit) {
			v.sendAs("application/json; charset=utf-8", v.room(), body("ada", "hello")).is(http.StatusCreated)
		}},
}

func postAnswers(v *visit) {
	room := v.room()
	m := v.post(room, "ada", "hello")
	if m.Room != room || m.User != "ada" || m.Text != "hello" || m.At == 0 {
		m.fail(quote(string(m.body)), "answer with what was posted; "+messageRemedy)
	}
	m.isMedia("application/json")
}

func locationNames(v *visit) {
	room := v.room()
	v.say(room, "one", "two")
	a := v.post(room, "ada", "three")
	location := a.header.Get("Location")
	if location == "" {
		a.absent("no Location")
	}
	path := strings.TrimPrefix(location, v.base)
	if !strings.HasPrefix(path, "/") || strings.ContainsAny(path, " \x7f") {
		a.fail("Location "+quote(location), "name the page that holds the message: "+v.messages(room, "?after=2&limit=1"))
	}
	if _, err := http.NewRequest(http.MethodGet, v.base+path, nil); err != nil {
		question{"Location"}.fail(quote(path), "name a path")
	}
	v.get(path).page().isTexts(3, "three")
}

func idsCount(v *visit) {
	one, other := v.room(), v.room()
	for i, room := range []string{one, one, other, one, other} {
		want := uint64([]int{1, 2, 1, 3, 2}[i])
		m := v.post(room, "ada", "hello")
		if m.ID != want {
			m.fail(fmt.Sprintf("id %d for message %d of its room", m.ID, want), "count each room's messages from 1, without gaps")
		}
	}
}

func atIsMilliseconds(v *visit) {
	m := v.post(v.room(), "ada", "hello")
	// The two clocks need not agree to the day; the unit has to.
	if at := time.UnixMilli(m.At); time.Since(at).Abs() > 366*24*time.Hour {
		m.fail(fmt.Sprintf("at %d, which is %s", m.At, at.UTC().Format(time.RFC3339)), "give the time of acceptance in Unix milliseconds")
	}
}

// oddText is what servers like to change: spaces around, line breaks, controls,
// markup, what some JSON encoders escape, and characters of two, three and four
// bytes, composed and not.
const oddText = "  <b>&amp;</b> \"quoted\" \\ / \t\r\n \x00\x1f\x7f \u2028\u2029\ufeff\ufffd é e\u0301 ä€😀 %41 \\u0041  "

func textReturns(v *visit) {
	room := v.room()
	const user = " Zoë <&> 😀 "
	m := v.post(room, user, oddText)
	p := v.poll(room, "?after=0")
	if len(p.messages) != 1 {
		p.isTexts(1, oddText)
	}
	for _, m := range []posted{m, {p.answer, p.messages[0]}} {
		if m.Text != oddText || m.User != user {
			m.fail(quote(m.User)+" saying "+quote(m.Text), "return text and user unchanged")
		}
	}
}

func longestAccepted(v *visit) {
	user, text := strings.Repeat("ä", 64), strings.Repeat("€", 4095/3)+"x"
	m := v.post(v.room(), user, text)
	if m.User != user || m.Text != text {
		m.fail(fmt.Sprintf("a user of %d bytes and a text of %d bytes", len(m.User), len(m.Text)), "accept users of 64 characters and texts of 4,096 bytes")
	}
}
