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

func waitEnds(v *visit) {
	v.longPolls()
	room := v.room()
	v.say(room, "one")
	p := v.poll(room, "?after=1&wait=1.5s")
	p.isTexts(1)
	if p.took < 1400*time.Millisecond { // clocks differ a little
		p.failAfter("an empty page")
	}
	p.isLast(1)
}

// failAfter fails an answer that came too early.
func (a *answer) failAfter(what string) {
	a.fail(fmt.Sprintf("%s after %v", what, a.took.Round(time.Millisecond)), "wait as long as requested")
}

func waitSkipped(v *visit) {
	v.longPolls()
	v.follows(loadPoll)
}

func waitAnswered(v *visit) { v.longPolls() }

// twoWait has two wait, as a load does. A server that ignores `wait` offers no
// long polls.
func twoWait(v *visit) {
	room := v.room()
	const waiting = 2
	sent, answered := make(chan struct{}, waiting), make(chan error, waiting)
	ctx := httptrace.WithClientTrace(v.ctx, &httptrace.ClientTrace{
		WroteRequest: func(httptrace.WroteRequestInfo) { sent <- struct{}{} },
	})
	for range waiting {
		go func() {
			answered <- attempt(func() {
				own := visit{check: v.check, ctx: ctx}
				p := own.poll(room, "?after=0"+loadPoll)
				switch {
				case len(p.messages) == 0 && p.took < waited:
					p.absent("wait is ignored: an empty page came at once")
				case len(p.messages) == 0:
					p.failAfter("an empty page")
				}
				p.isNews()
			})
		}()
	}
	for range waiting {
		select {
		case <-sent:
		case err := <-answered: // before it was asked
			must(err)
			return
		}
	}
	select {
	case <-time.After(leastWait + waited):
	case err := <-answered:
		must(err)
		return
	}
	v.say(room, loadTexts[0])
	for range waiting {
		must(<-answered)
	}
}

func waitNotModified(v *visit) {
	v.longPolls()
	room := v.room()
	_, tag := v.tagged(room, "?after=0")
	a := v.get(v.messages(room, "?after=0&wait=1s"), "If-None-Match", tag)
	a.is(http.StatusNotModified)
	if a.took < waited {
		a.failAfter("304")
	}
}

func waitRefused(v *visit) {
	v.longPolls()
	room := v.room()
	v.say(room, "one")
	v.poll(room, "?after=0&wait=60s")
	for _, query := range []string{"?after=0&wait=999ms", "?after=0&wait=61s", "?after=0&wait=25", "?after=0&wait=soon", "?wait=1s"} {
		v.get(v.messages(room, query)).is(http.StatusBadRequest)
	}
}
