package contract

import (
	"fmt"
	"strconv"
)

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
