package contract

import (
	"context"
	"fmt"
	"slices"
)

// mostPosts is how many messages are posted to find the end of history: more
// than our own server keeps by default.
const mostPosts = 1200

var history = []Point{
	{Group: "history", Name: "a poll from before it is marked truncated", Transports: byPoll, Optional: true, try: pollTruncated},
	{Group: "history", Name: "a truncated page is never a 304", Transports: byETag, Optional: true, try: truncatedModified},
	{Group: "history", Name: "an event stream begins with truncated", Transports: bySSE, Optional: true, try: eventsTruncated},
	{Group: "history", Name: "a WebSocket begins with truncated", Transports: byWS, Optional: true, try: socketTruncated},
	{Group: "history", Name: "Socket.IO by polling begins with truncated", Transports: bySocketPolling, Optional: true, try: socketIOTruncated(byPolling)},
	{Group: "history", Name: "Socket.IO by WebSocket begins with truncated", Transports: bySocketWebSocket, Optional: true, try: socketIOTruncated(byWebSocket)},
}

// full is a room in which more was said than is kept.
type full struct {
	room  string
	first message // that is kept
}

// fill posts to a room until its first message is no longer kept.
func (c *check) fill() full {
	limit := c.limit * 4 / 5 // the rest is for the points that wait for it
	ctx, cancel := context.WithTimeout(c.ctx, limit)
	defer cancel()
	v := &visit{check: c, ctx: ctx}
	f := full{room: v.room()}
	q := question{"POST " + v.messages(f.room, "")}
	const step, posters = 200, 4
	for posted := 0; posted < mostPosts; posted += step {
		err := attempt(func() {
			atOnce(posters, func(int) { v.say(f.room, slices.Repeat([]string{"hello"}, step/posters)...) })
		})
		if err != nil && ctx.Err() != nil {
			q.absent(fmt.Sprintf("history was not exceeded within %v", limit))
		}
		must(err)
		p := v.poll(f.room, "?after=0&limit=1")
		if len(p.messages) == 0 {
			p.fail("no message", "return the messages that are kept")
		}
		if f.first = p.messages[0]; f.first.ID > 1 {
			return f
		}
	}
	q.absent(fmt.Sprintf("history was not exceeded within %d messages", mostPosts))
	return f
}

func pollTruncated(v *visit) {
	f := v.filled()
	const remedy = `add "truncated":true if messages after the cursor are no longer kept, and only then`
	if p := v.poll(f.room, "?after=0&limit=1"); !p.truncated {
		p.fail(fmt.Sprintf("a page that begins with %d and is not truncated", f.first.ID), remedy)
	}
	for _, query := range []string{fmt.Sprintf("?after=%d&limit=1", f.first.ID-1), "?limit=1"} {
		if p := v.poll(f.room, query); p.truncated {
			p.fail("truncated", remedy)
		}
	}
}

func truncatedModified(v *visit) {
	f := v.filled()
	_, tag := v.tagged(f.room, "?after=0&limit=1")
	v.tagged(f.room, "?after=0&limit=1", "If-None-Match", tag)
}

func eventsTruncated(v *visit) {
	f := v.filled()
	s := v.stream(f.room, "?after=0")
	e := s.next()
	if e.name != "truncated" || e.hasID || e.data != `{"truncated":true}` {
		s.fail(fmt.Sprintf("event %s with id %s and data %s", quote(e.name), quote(e.id), quote(e.data)),
			`send "event: truncated", "data: {"truncated":true}" first, without an id`)
	}
	f.isFirst(s)
}

// isFirst wants the next message to be the first that is kept.
func (f full) isFirst(l listener) {
	if m := l.message(); m.ID != f.first.ID {
		l.fail(fmt.Sprintf("message %d first, after truncated", m.ID), fmt.Sprintf("continue with %d, the oldest kept", f.first.ID))
	}
}

func socketTruncated(v *visit) {
	f := v.filled()
	s := v.socket(f.room, "?after=0")
	if p := s.next(); !p.truncated || len(s.rest) > 0 {
		s.fail(quote(string(p.raw)), `send {"truncated":true} first, in a frame of its own`)
	}
	f.isFirst(s)
}

func socketIOTruncated(open linker) func(*visit) {
	return func(v *visit) {
		f := v.filled()
		c := v.converse(open, "room="+f.room+"&after=0")
		if name, _, args := c.next(); name != "truncated" {
			c.fail(fmt.Sprintf("event %s with %+q", quote(name), args), `send 42["truncated"] first`)
		}
		f.isFirst(c)
	}
}
