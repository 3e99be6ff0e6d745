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
	{Group: "publishing", Name: "POST gets 201", Transports: byPost, Needed: true, try: postAccepted},
	{Group: "publishing", Name: "the 201 contains the message", Transports: byPost, try: postAnswers},
	{Group: "publishing", Name: "Location names the message's page", Transports: byPost, Optional: true, try: locationNames},
	{Group: "publishing", Name: "ids are 1, 2, 3 … in each room", Transports: byPost, try: idsCount},
	{Group: "publishing", Name: "at is Unix milliseconds", Transports: byPost, try: atIsMilliseconds},
	{Group: "publishing", Name: "text comes back byte for byte", Transports: byPost, try: textReturns},
	{Group: "publishing", Name: "the longest user and text are accepted", Transports: byPost, try: longestAccepted},
	{Group: "publishing", Name: "a charset may follow the content type", Transports: byPost, try: charsetAccepted},
}

func postAccepted(v *visit) error { return v.say(v.room(), loadTexts...) }

func postAnswers(v *visit) error {
	room := v.room()
	m, a := must2(v.post(room, "ada", "hello"))
	if m.Room != room || m.User != "ada" || m.Text != "hello" || m.At == 0 {
		return a.fault(quote(string(a.body)), "answer with what was posted; "+messageRemedy)
	}
	return a.isMedia("application/json")
}

func locationNames(v *visit) error {
	room := v.room()
	must(v.say(room, "one", "two"))
	_, a := must2(v.post(room, "ada", "three"))
	location := a.header.Get("Location")
	if location == "" {
		return &absence{a.asked, "no Location"}
	}
	path := strings.TrimPrefix(location, v.base)
	if !strings.HasPrefix(path, "/") || strings.ContainsAny(path, " \x7f") {
		return a.fault("Location "+quote(location), "name the page that holds the message: "+v.messages(room, "?after=2&limit=1"))
	}
	p, named := must2(v.pollPath(path))
	return named.isTexts(p, 3, "three")
}

// pollPath asks for the page at a path that the server has named.
func (v *visit) pollPath(path string) (page, *answer, error) {
	if _, err := http.NewRequest(http.MethodGet, v.base+path, nil); err != nil {
		return page{}, nil, &Fault{"Location", quote(path), "name a path"}
	}
	a, err := v.get(path)
	if err != nil {
		return page{}, nil, err
	}
	p, err := a.page()
	return p, a, err
}

func idsCount(v *visit) error {
	one, other := v.room(), v.room()
	for i, room := range []string{one, one, other, one, other} {
		want := uint64([]int{1, 2, 1, 3, 2}[i])
		m, a := must2(v.post(room, "ada", "hello"))
		if m.ID != want {
			return a.fault(fmt.Sprintf("id %d for message %d of its room", m.ID, want), "count each room's messages from 1, without gaps")
		}
	}
	return nil
}

func atIsMilliseconds(v *visit) error {
	m, a := must2(v.post(v.room(), "ada", "hello"))
	// The two clocks need not agree to the day; the unit has to.
	if at := time.UnixMilli(m.At); time.Since(at).Abs() > 366*24*time.Hour {
		return a.fault(fmt.Sprintf("at %d, which is %s", m.At, at.UTC().Format(time.RFC3339)), "give the time of acceptance in Unix milliseconds")
	}
	return nil
}

// oddText is what servers like to change: spaces around, line breaks, controls,
// markup, what some JSON encoders escape, and characters of two, three and four
// bytes, composed and not.
const oddText = "  <b>&amp;</b> \"quoted\" \\ / \t\r\n \x00\x1f\x7f \u2028\u2029\ufeff\ufffd é e\u0301 ä€😀 %41 \\u0041  "

func textReturns(v *visit) error {
	room := v.room()
	const user = " Zoë <&> 😀 "
	m, a := must2(v.post(room, user, oddText))
	p, polled := must2(v.poll(room, "?after=0"))
	if len(p.messages) != 1 {
		return polled.isTexts(p, 1, oddText)
	}
	const remedy = "return text and user unchanged"
	if m.Text != oddText || m.User != user {
		return a.fault(quote(m.User)+" saying "+quote(m.Text), remedy)
	}
	if m = p.messages[0]; m.Text != oddText || m.User != user {
		return polled.fault(quote(m.User)+" saying "+quote(m.Text), remedy)
	}
	return nil
}

func longestAccepted(v *visit) error {
	user, text := strings.Repeat("ä", 64), strings.Repeat("€", 4095/3)+"x"
	m, a := must2(v.post(v.room(), user, text))
	if m.User != user || m.Text != text {
		return a.fault(fmt.Sprintf("a user of %d bytes and a text of %d bytes", len(m.User), len(m.Text)), "accept users of 64 characters and texts of 4,096 bytes")
	}
	return nil
}

func charsetAccepted(v *visit) error {
	a := must1(v.do(http.MethodPost, v.messages(v.room(), ""), body("ada", "hello"), "Content-Type", "application/json; charset=utf-8"))
	must(a.offered())
	return a.is(http.StatusCreated)
}
