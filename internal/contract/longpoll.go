package contract

import (
	"fmt"
	"net/http"
	"net/http/httptrace"
	"time"
)

var byLongPoll = []string{"longpoll"}

var longPolling = []Point{
	{Group: "long poll", Name: "without news, an empty page comes after wait", Transports: byLongPoll, try: waitEnds},
	{Group: "long poll", Name: "existing news comes at once", Transports: byLongPoll, Needed: true, try: waitSkipped},
	{Group: "long poll", Name: "new messages reach everyone who waits", Transports: byLongPoll, Needed: true, try: waitAnswered},
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

// tryLongPoll has two wait, as a load does. A server that ignores `wait` offers
// no long polls.
func (c *check) tryLongPoll() error { return c.try(Point{try: twoWait}) }

func waitEnds(v *visit) error {
	must(v.longPolls())
	room := v.room()
	must(v.say(room, "one"))
	p, a := must2(v.poll(room, "?after=1&wait=1.5s"))
	must(a.isTexts(p, 1))
	if a.took < 1400*time.Millisecond { // clocks differ a little
		return a.fault(fmt.Sprintf("an empty page after %v", a.took.Round(time.Millisecond)), "wait as long as requested")
	}
	return a.isLast(p, 1)
}

func waitSkipped(v *visit) error {
	must(v.longPolls())
	return v.follows(loadPoll)
}

func waitAnswered(v *visit) error { return v.longPolls() }

func twoWait(v *visit) error {
	room := v.room()
	const waiting = 2
	sent, answered := make(chan struct{}, waiting), make(chan error, waiting)
	ctx := httptrace.WithClientTrace(v.ctx, &httptrace.ClientTrace{
		WroteRequest: func(httptrace.WroteRequestInfo) { sent <- struct{}{} },
	})
	for range waiting {
		go func() {
			own := visit{check: v.check, ctx: ctx}
			p, a, err := own.poll(room, "?after=0"+loadPoll)
			switch {
			case err != nil:
			case len(p.messages) == 0 && a.took < waited:
				err = &absence{a.asked, "wait is ignored: an empty page came at once"}
			case len(p.messages) == 0:
				err = a.fault(fmt.Sprintf("an empty page after %v", a.took.Round(time.Millisecond)), "wait as long as requested")
			case len(p.messages) > 1 || p.messages[0].Text != loadTexts[0]:
				err = a.fault("messages "+texts(p.messages), "return the messages after the cursor")
			}
			answered <- err
		}()
	}
	for range waiting {
		select {
		case <-sent:
		case err := <-answered: // before it was asked
			return err
		}
	}
	select {
	case <-time.After(leastWait + waited):
	case err := <-answered:
		return err
	}
	must(v.say(room, loadTexts[0]))
	for range waiting {
		must(<-answered)
	}
	return nil
}

func waitNotModified(v *visit) error {
	must(v.longPolls())
	room := v.room()
	_, a := must2(v.tagged(room, "?after=0"))
	a = must1(v.get(v.messages(room, "?after=0&wait=1s"), "If-None-Match", a.header.Get("Etag")))
	must(a.is(http.StatusNotModified))
	if a.took < waited {
		return a.fault(fmt.Sprintf("304 after %v", a.took.Round(time.Millisecond)), "wait as long as requested")
	}
	return nil
}

func waitRefused(v *visit) error {
	must(v.longPolls())
	room := v.room()
	must(v.say(room, "one"))
	must2(v.poll(room, "?after=0&wait=60s"))
	for _, query := range []string{"?after=0&wait=999ms", "?after=0&wait=61s", "?after=0&wait=25", "?after=0&wait=soon", "?wait=1s"} {
		a := must1(v.get(v.messages(room, query)))
		must(a.is(http.StatusBadRequest))
	}
	return nil
}
