package contract

import (
	"fmt"
	"strings"
)

// byPoll are the transports that receive by GET.
var byPoll = []string{"poll", "poll-etag", "longpoll"}

var polling = []Point{
	{Group: "polling", Name: "a room exists once it is named", Transports: byPoll, try: roomExists},
	{Group: "polling", Name: "after returns newer messages, oldest first", Transports: byPoll, Needed: true, try: afterFollows},
	{Group: "polling", Name: "an answer is not compressed", Transports: byPost, Needed: true, try: plain},
	{Group: "polling", Name: "an answer has a length or is chunked", Transports: byPost, try: framed},
	{Group: "polling", Name: "limit caps the page, and last continues from it", Transports: byPoll, try: limitCuts},
	{Group: "polling", Name: "limit defaults to 100", Transports: byPoll, Optional: true, try: limitDefaults},
	{Group: "polling", Name: "without after, the newest messages come", Transports: byPoll, try: newestWithout},
	{Group: "polling", Name: "without news, an empty page with the room's last", Transports: byPoll, try: emptyPage},
	{Group: "polling", Name: "unknown parameters are ignored", Transports: byPoll, try: unknownIgnored},
	{Group: "polling", Name: "the connection is kept alive", Transports: byPoll, try: keptAlive},
	{Group: "polling", Name: "HEAD is answered like GET, without the body", Transports: byPoll, Optional: true, try: headAnswered},
}

func roomExists(v *visit) error {
	name := v.room() + "_Z-9"
	for _, room := range []string{name, name + strings.Repeat("x", 64-len(name))} {
		p, a := must2(v.poll(room, "?after=0"))
		if p.last != 0 || len(p.messages) > 0 || p.truncated {
			return a.fault(quote(string(a.body)), `answer {"messages":[],"last":0} for a new room`)
		}
		must(a.isMedia("application/json"))
	}
	return nil
}

func afterFollows(v *visit) error { return v.follows("&limit=1000") }

// follows polls for what is said in a room, in two parts.
func (v *visit) follows(query string) error {
	room, other := v.room(), v.room()
	l := &pollListener{v: v, room: room, query: query}
	for _, texts := range [][]string{loadTexts[:1], loadTexts[1:]} {
		must(v.say(other, "elsewhere"))
		must(v.say(room, texts...))
		must(v.wantsGrowing(l, "GET "+l.path(), room, l.after, texts...))
	}
	return nil
}

func plain(v *visit) error {
	_, a := must2(v.poll(v.room(), "?after=0"))
	if encoding := a.header.Get("Content-Encoding"); encoding != "" {
		return a.fault("Content-Encoding "+quote(encoding), "do not compress unless asked to")
	}
	return nil
}

func framed(v *visit) error {
	_, a := must2(v.poll(v.room(), "?after=0"))
	if !a.framed {
		return a.fault("neither Content-Length nor chunks", "send a Content-Length, or chunks")
	}
	return nil
}

func (a *answer) isLast(p page, want uint64) error {
	if p.last == want && !p.truncated {
		return nil
	}
	return a.fault(fmt.Sprintf("last %d, truncated %v", p.last, p.truncated),
		fmt.Sprintf("answer with last %d: the page's last message, or the room's if the page is empty", want))
}

func limitCuts(v *visit) error {
	room := v.room()
	must(v.say(room, "one", "two", "three"))
	p, a := must2(v.poll(room, "?after=0&limit=2"))
	must(a.isTexts(p, 1, "one", "two"))
	return a.isLast(p, 2)
}

func limitDefaults(v *visit) error {
	room := v.room()
	for range 101 {
		must(v.say(room, "hello"))
	}
	p, a := must2(v.poll(room, "?after=0"))
	if p.truncated {
		return &absence{a.asked, "history is shorter than 101 messages"}
	}
	if n := len(p.messages); n != 100 || p.messages[0].ID != 1 {
		return a.fault(fmt.Sprintf("%d of 101 messages", n), "answer with the first 100 if no limit is given")
	}
	return nil
}

func newestWithout(v *visit) error {
	room := v.room()
	must(v.say(room, "one", "two", "three"))
	p, a := must2(v.poll(room, "?limit=2"))
	must(a.isTexts(p, 2, "two", "three"))
	return a.isLast(p, 3)
}

func emptyPage(v *visit) error {
	room := v.room()
	must(v.say(room, "one", "two"))
	for _, query := range []string{"?after=2", "?after=1000000"} { // the second cursor is ahead of the room
		p, a := must2(v.poll(room, query))
		must(a.isTexts(p, 1))
		must(a.isLast(p, 2))
	}
	return nil
}

func unknownIgnored(v *visit) error {
	room := v.room()
	must(v.say(room, "one"))
	p, a := must2(v.poll(room, "?after=0&colour=blue"))
	return a.isTexts(p, 1, "one")
}

func keptAlive(v *visit) error {
	own := visit{check: newCheck(v.ctx, v.base, v.roots), ctx: v.ctx} // whose connections nobody else takes
	defer own.client.CloseIdleConnections()
	room := v.room()
	for range 2 {
		_, a := must2(own.poll(room, "?after=0"))
		if a.reused {
			return nil
		}
	}
	return &Fault{"GET " + v.messages(room, "?after=0") + ", twice", "a connection closed after the first", "keep connections alive (HTTP/1.1, Content-Length or chunks)"}
}
