package contract

import (
	"context"
	"fmt"
	"slices"
	"sync"
)

// mostPosts is how many messages are posted to find the end of history: more
// than our own server keeps unless it is told otherwise.
const mostPosts = 1200

var history = []Point{
	{Group: "history", Name: "a poll from before it is marked truncated", Transports: byPoll, Optional: true, try: pollTruncated},
	{Group: "history", Name: "a truncated page is never a 304", Transports: byETag, Optional: true, try: truncatedModified},
	{Group: "history", Name: "an event stream begins with truncated", Transports: bySSE, Optional: true, try: eventsTruncated},
	{Group: "history", Name: "a WebSocket begins with truncated", Transports: byWS, Optional: true, try: socketTruncated},
	{Group: "history", Name: "Socket.IO by polling begins with truncated", Transports: bySocketPolling, Optional: true,
		try: func(v *visit) error { return socketIOTruncated(v, byPolling) }},
	{Group: "history", Name: "Socket.IO by WebSocket begins with truncated", Transports: bySocketWebSocket, Optional: true,
		try: func(v *visit) error { return socketIOTruncated(v, byWebSocket) }},
}

// full is a room in which more was said than is kept.
type full struct {
	room  string
	first message // that is kept
}

// fill posts to a room until its first message is no longer kept.
func (c *check) fill() (full, error) {
	limit := c.limit * 4 / 5 // the rest is for the points that wait for it
	ctx, cancel := context.WithTimeout(c.ctx, limit)
	defer cancel()
	v := &visit{check: c, ctx: ctx}
	f := full{room: v.room()}
	const step, posters = 200, 4
	for posted := 0; posted < mostPosts; posted += step {
		var posting sync.WaitGroup
		errs := make(chan error, posters)
		for range posters {
			posting.Go(func() {
				if err := v.say(f.room, slices.Repeat([]string{"hello"}, step/posters)...); err != nil {
					errs <- err
				}
			})
		}
		posting.Wait()
		if len(errs) > 0 {
			err := <-errs
			if ctx.Err() != nil {
				err = &absence{"POST " + v.messages(f.room, ""), fmt.Sprintf("history was not exceeded within %v", limit)}
			}
			return f, err
		}
		p, a, err := v.poll(f.room, "?after=0&limit=1")
		if err != nil {
			return f, err
		}
		if len(p.messages) == 0 {
			return f, a.fault("no message", "return the messages that are kept")
		}
		f.first = p.messages[0]
		if f.first.ID > 1 {
			return f, nil
		}
	}
	return f, &absence{"POST " + v.messages(f.room, ""), fmt.Sprintf("history was not exceeded within %d messages", mostPosts)}
}

func pollTruncated(v *visit) error {
	f := must1(v.filled())
	const remedy = `add "truncated":true if messages after the cursor are no longer kept, and only then`
	p, a := must2(v.poll(f.room, "?after=0&limit=1"))
	if !p.truncated {
		return a.fault(fmt.Sprintf("a page that begins with %d and is not truncated", f.first.ID), remedy)
	}
	for _, query := range []string{fmt.Sprintf("?after=%d&limit=1", f.first.ID-1), "?limit=1"} {
		p, a = must2(v.poll(f.room, query))
		if p.truncated {
			return a.fault("truncated", remedy)
		}
	}
	return nil
}

func truncatedModified(v *visit) error {
	f := must1(v.filled())
	_, a := must2(v.tagged(f.room, "?after=0&limit=1"))
	_, _, err := v.tagged(f.room, "?after=0&limit=1", "If-None-Match", a.header.Get("Etag"))
	return err
}

func eventsTruncated(v *visit) error {
	f := must1(v.filled())
	s, _ := must2(v.stream(f.room, "?after=0"))
	e := must1(s.next())
	if e.name != "truncated" || e.hasID || e.data != `{"truncated":true}` {
		return &Fault{s.asked, fmt.Sprintf("event %s with id %s and data %s", quote(e.name), quote(e.id), quote(e.data)),
			`send "event: truncated", "data: {"truncated":true}" first, without an id`}
	}
	return v.isFirst(s, s.asked, f)
}

// isFirst says that the next message is the first that is kept.
func (v *visit) isFirst(l listener, asked string, f full) error {
	m, err := l.message()
	if err != nil {
		return err
	}
	if m.ID != f.first.ID {
		return &Fault{asked, fmt.Sprintf("message %d first, after truncated", m.ID), fmt.Sprintf("continue with %d, the oldest kept", f.first.ID)}
	}
	return nil
}

func socketTruncated(v *visit) error {
	f := must1(v.filled())
	s := must1(v.socket(f.room, "?after=0"))
	p := must1(s.next())
	if !p.truncated || len(s.rest) > 0 {
		return s.fault(quote(string(p.raw)), `send {"truncated":true} first, in a frame of its own`)
	}
	return v.isFirst(s, s.asked, f)
}

func socketIOTruncated(v *visit, open linker) error {
	f := must1(v.filled())
	c := must1(v.converse(open, "room="+f.room+"&after=0"))
	name, _, args, err := c.next()
	must(err)
	if name != "truncated" {
		return &Fault{c.asked(), fmt.Sprintf("event %s with %+q", quote(name), args), `send 42["truncated"] first`}
	}
	return v.isFirst(c, c.asked(), f)
}
