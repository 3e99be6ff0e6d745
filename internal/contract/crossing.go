package contract

import (
	"fmt"
	"strconv"
	"sync"
)

// crossing is that all transports reach the same rooms: while one of them
// listens, messages are published in every way there is, at the same time.
var crossing = []Point{
	{Group: "together", Name: "polling sees messages of all transports", Transports: byPoll, Optional: true,
		try: func(v *visit) error { return v.cross(pollListens) }},
	{Group: "together", Name: "SSE sees messages of all transports", Transports: bySSE, Optional: true,
		try: func(v *visit) error { return v.cross(streamListens) }},
	{Group: "together", Name: "WebSocket sees messages of all transports", Transports: byWS, Optional: true,
		try: func(v *visit) error { return v.cross(socketListens) }},
	{Group: "together", Name: "Socket.IO polling sees messages of all transports", Transports: bySocketPolling, Optional: true,
		try: func(v *visit) error { return v.cross(conversationListens(byPolling)) }},
	{Group: "together", Name: "Socket.IO WebSocket sees messages of all transports", Transports: bySocketWebSocket, Optional: true,
		try: func(v *visit) error { return v.cross(conversationListens(byWebSocket)) }},
}

// speaker publishes in some way.
type speaker interface {
	say(text string) error
}

// speakers opens one of each kind that the server offers.
func (v *visit) speakers(room string) ([]speaker, error) {
	var list []speaker
	for _, open := range []func() (speaker, error){
		func() (speaker, error) { return poster{v, room}, v.say(room, "post") },
		func() (speaker, error) { return v.socket(room, "") },
		func() (speaker, error) { return v.converse(byPolling, "room="+room) },
		func() (speaker, error) { return v.converse(byWebSocket, "room="+room) },
	} {
		s, err := open()
		if _, absent := err.(*absence); absent {
			continue
		}
		if err != nil {
			return nil, err
		}
		list = append(list, s)
	}
	return list, nil
}

type poster struct {
	v    *visit
	room string
}

func (p poster) say(text string) error { return p.v.say(p.room, text) }

// cross listens while all speak, and wants what a poll afterwards says was
// said.
func (v *visit) cross(open func(v *visit, room string) (listener, error)) error {
	room := v.room()
	l, err := open(v, room)
	if err != nil {
		return err
	}
	speakers, err := v.speakers(room)
	if err != nil {
		return err
	}
	const each = 5
	var (
		speaking sync.WaitGroup
		errs     = make([]error, len(speakers))
	)
	for i, s := range speakers {
		speaking.Go(func() {
			for n := range each {
				if errs[i] = s.say(strconv.Itoa(i) + " says " + strconv.Itoa(n)); errs[i] != nil {
					return
				}
			}
		})
	}
	speaking.Wait()
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	p, a, err := v.poll(room, "?after=0")
	if err != nil {
		return err
	}
	if n := len(speakers) * each; len(p.messages) < n {
		return a.fault(fmt.Sprintf("%d messages of %d", len(p.messages), n), "let all transports share their rooms")
	}
	var texts []string
	for _, m := range p.messages {
		texts = append(texts, m.Text)
	}
	asked := "messages published to a room in " + strconv.Itoa(len(speakers)) + " ways"
	return v.hear(l, len(texts), func(got []message) error {
		if wrong := wrongTexts(got, 1, texts[:len(got)]); wrong != "" {
			return &Fault{asked, wrong, deliverRemedy}
		}
		if m, polled := got[len(got)-1], p.messages[len(got)-1]; m != polled || m.User == "" || m.At == 0 {
			return &Fault{asked, fmt.Sprintf("%+q, polled as %+q", fmt.Sprint(m), fmt.Sprint(polled)), "give everyone the same object; " + messageRemedy}
		}
		return nil
	})
}

// pollListener polls until there is something.
type pollListener struct {
	v     *visit
	room  string
	query string // beside the cursor
	after uint64
	got   []message
}

func pollListens(v *visit, room string) (listener, error) {
	return &pollListener{v: v, room: room, query: "&limit=2"}, nil
}

func (l *pollListener) path() string {
	return l.v.messages(l.room, fmt.Sprintf("?after=%d%s", l.after, l.query))
}

func (l *pollListener) message() (message, error) {
	for len(l.got) == 0 {
		p, a, err := l.v.pollPath(l.path())
		if err != nil {
			return message{}, err
		}
		if len(p.messages) == 0 {
			return message{}, a.fault("no message", "return the messages after the cursor")
		}
		l.got, l.after = p.messages, p.messages[len(p.messages)-1].ID
	}
	m := l.got[0]
	l.got = l.got[1:]
	return m, nil
}

func streamListens(v *visit, room string) (listener, error) {
	s, _, err := v.stream(room, "?after=0")
	return s, err
}

func socketListens(v *visit, room string) (listener, error) { return v.socket(room, "?after=0") }

func conversationListens(open linker) func(v *visit, room string) (listener, error) {
	return func(v *visit, room string) (listener, error) { return v.converse(open, "room="+room) }
}
