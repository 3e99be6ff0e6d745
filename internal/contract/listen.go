package contract

import (
	"fmt"
	"strconv"
)

// listener gets a room's messages in some way.
type listener interface {
	// message waits for the next one.
	message() message
	fail(found, remedy string)
}

// talker also publishes.
type talker interface {
	listener
	tell(text string) // without waiting for an answer
	say(text string)  // until it is accepted
}

// channel opens a way to listen and talk in a room; after is a cursor, or "".
type channel func(v *visit, room, after string) talker

// loadTexts are like what a load publishes: ASCII that JSON need not escape.
var loadTexts = []string{"~k3x9.0.1z~ hello, you :-)", "~k3x9.1.2a~ http://example.org/a/17 100% wow!", "~k3x9.2.3b~ so what?"}

const deliverRemedy = "deliver every message, in the order of ids, as it was posted"

// delivers has one of two talk, and both listen.
func delivers(open channel) func(*visit) {
	return func(v *visit) {
		room := v.room()
		speaker, other := open(v, room, "0"), open(v, room, "0")
		for _, text := range loadTexts {
			speaker.tell(text)
		}
		wantsGrowing(other, room, 0, loadTexts...)
		wantsGrowing(speaker, room, 0, loadTexts...)
	}
}

func keepsText(open channel) func(*visit) {
	return func(v *visit) {
		l := open(v, v.room(), "0")
		l.tell(oddText)
		wants(l, 1, oddText)
	}
}

func fromNow(open channel) func(*visit) {
	return func(v *visit) {
		room := v.room()
		speaker := open(v, room, "")
		speaker.say("one")
		l := open(v, room, "")
		speaker.say("two")
		wants(l, 2, "two")
	}
}

func resumes(open channel) func(*visit) {
	return func(v *visit) {
		room := v.room()
		speaker := open(v, room, "")
		for _, text := range []string{"one", "two", "three"} {
			speaker.say(text)
		}
		l := open(v, room, "1")
		speaker.say("four")
		wants(l, 2, "two", "three", "four")
	}
}

// wants waits for messages of these texts, with ids from first on.
func wants(l listener, first uint64, texts ...string) {
	hear(l, len(texts), func(got []message) {
		if wrong := wrongTexts(got, first, texts[:len(got)]); wrong != "" {
			l.fail(wrong, deliverRemedy)
		}
	})
}

// wantsGrowing waits for messages of these texts, in a room. That their ids grow,
// from one on that follows last, is all that a load needs of them.
func wantsGrowing(l listener, room string, last uint64, texts ...string) {
	hear(l, len(texts), func(got []message) {
		m, want := got[len(got)-1], texts[len(got)-1]
		if m.ID <= last || m.Room != room || m.Text != want {
			l.fail(fmt.Sprintf("message %d %s of room %s, after message %d, instead of %s of room %s", m.ID, quote(m.Text), quote(m.Room), last, quote(want), quote(room)), deliverRemedy)
		}
		last = m.ID
	})
}

// hear waits for n messages and judges them as they come. A message may come
// twice, as long as the order is kept.
func hear(l listener, n int, judge func(got []message)) {
	var got []message
	for len(got) < n {
		var m message
		err := attempt(func() { m = l.message() })
		if fault, ok := err.(*Fault); ok && len(got) > 0 {
			fault.Found += ", after message " + quote(got[len(got)-1].Text)
		}
		must(err)
		if n := len(got); n > 0 && m.ID == got[n-1].ID {
			continue
		}
		got = append(got, m)
		judge(got)
	}
}

// crossing is that all transports reach the same rooms: while one of them
// listens, messages are published in every way there is, at the same time.
var crossing = []Point{
	{Group: "together", Name: "polling sees messages of all transports", Transports: byPoll, Optional: true,
		try: func(v *visit) {
			room := v.room()
			v.cross(room, &pollListener{v: v, room: room, query: "&limit=2"})
		}},
	{Group: "together", Name: "SSE sees messages of all transports", Transports: bySSE, Optional: true, try: crosses(byStream)},
	{Group: "together", Name: "WebSocket sees messages of all transports", Transports: byWS, Optional: true, try: crosses(bySocket)},
	{Group: "together", Name: "Socket.IO polling sees messages of all transports", Transports: bySocketPolling, Optional: true, try: crosses(conversing(byPolling))},
	{Group: "together", Name: "Socket.IO WebSocket sees messages of all transports", Transports: bySocketWebSocket, Optional: true, try: crosses(conversing(byWebSocket))},
}

func crosses(open channel) func(*visit) {
	return func(v *visit) {
		room := v.room()
		v.cross(room, open(v, room, "0"))
	}
}

// speakers opens a way to publish of each kind that the server offers.
func (v *visit) speakers(room string) []func(text string) {
	v.say(room, "post")
	list := []func(string){func(text string) { v.say(room, text) }}
	for _, open := range []channel{bySocket, conversing(byPolling), conversing(byWebSocket)} {
		err := attempt(func() { list = append(list, open(v, room, "").say) })
		if _, absent := err.(*absence); !absent {
			must(err)
		}
	}
	return list
}

// cross listens while all speak, and wants what a poll afterwards says was
// said.
func (v *visit) cross(room string, l listener) {
	speakers := v.speakers(room)
	const each = 5
	atOnce(len(speakers), func(i int) {
		for n := range each {
			speakers[i](strconv.Itoa(i) + " says " + strconv.Itoa(n))
		}
	})
	p := v.poll(room, "?after=0")
	if n := len(speakers) * each; len(p.messages) < n {
		p.fail(fmt.Sprintf("%d messages of %d", len(p.messages), n), "let all transports share their rooms")
	}
	var texts []string
	for _, m := range p.messages {
		texts = append(texts, m.Text)
	}
	q := question{"messages published to a room in " + strconv.Itoa(len(speakers)) + " ways"}
	hear(l, len(texts), func(got []message) {
		if wrong := wrongTexts(got, 1, texts[:len(got)]); wrong != "" {
			q.fail(wrong, deliverRemedy)
		}
		if m, polled := got[len(got)-1], p.messages[len(got)-1]; m != polled || m.User == "" || m.At == 0 {
			q.fail(fmt.Sprintf("%+q, polled as %+q", fmt.Sprint(m), fmt.Sprint(polled)), "give everyone the same object; "+messageRemedy)
		}
	})
}
