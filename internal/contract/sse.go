package contract

import (
	"bufio"
	"fmt"
	"net/http"
	"strconv"
	"strings"
)

var bySSE = []string{"sse"}

var events = []Point{
	{Group: "sse", Name: "the answer is a text/event-stream", Transports: bySSE, Needed: true, try: func(v *visit) { v.stream(v.room(), "?after=0") }},
	{Group: "sse", Name: "a message is the data of an event named message, or unnamed", Transports: bySSE, Needed: true, try: delivers(byStream)},
	{Group: "sse", Name: "the answer is not cacheable", Transports: bySSE, try: eventsUncached},
	{Group: "sse", Name: "an event is named message and has the message's id", Transports: bySSE, try: messageEvent},
	{Group: "sse", Name: "text comes back byte for byte", Transports: bySSE, try: keepsText(byStream)},
	{Group: "sse", Name: "without a cursor, only new messages come", Transports: bySSE, try: fromNow(byStream)},
	{Group: "sse", Name: "after returns missed messages, then new ones", Transports: bySSE, try: resumes(byStream)},
	{Group: "sse", Name: "Last-Event-ID overrides after", Transports: bySSE, try: lastEventID},
	{Group: "sse", Name: "a bad room or cursor gets 400", Transports: bySSE, try: eventsRefused},
}

// event is one event of a stream.
type event struct {
	id, name, data string
	hasID          bool
}

// stream reads Server-Sent Events, as strictly as our contract allows.
type stream struct {
	*answer
	v     *visit
	room  string
	lines *bufio.Reader
}

func (v *visit) eventsPath(room, query string) string {
	return "/api/rooms/" + room + "/events" + query
}

// byStream is the channel of who listens to events and posts.
func byStream(v *visit, room, after string) talker { return v.stream(room, afterQuery(after)) }

func (s *stream) tell(text string) { s.v.say(s.room, text) }
func (s *stream) say(text string)  { s.v.say(s.room, text) }

// stream opens an event stream.
func (v *visit) stream(room, query string, header ...string) *stream {
	r, a := v.open(http.MethodGet, v.eventsPath(room, query), "", append(header, "Accept", "text/event-stream")...)
	v.later(func() { r.Body.Close() })
	a.offered()
	if a.status != http.StatusOK {
		a.fail(strconv.Itoa(a.status), "answer 200 with the stream")
	}
	a.isMedia("text/event-stream")
	return &stream{a, v, room, bufio.NewReaderSize(r.Body, 64<<10)}
}

// next waits for the next event that has data.
func (s *stream) next() event {
	var e event
	for {
		read, err := s.lines.ReadSlice('\n')
		s.v.unbroken(s.question, err)
		line := strings.TrimRight(string(read), "\r\n")
		field, value, _ := strings.Cut(line, ":")
		value = strings.TrimPrefix(value, " ")
		switch {
		case line == "" && e.data != "":
			e.data = strings.TrimSuffix(e.data, "\n")
			return e
		case line == "":
			e = event{}
		case field == "id":
			e.id, e.hasID = value, true
		case field == "event":
			e.name = value
		case field == "data":
			e.data += value + "\n"
		}
	}
}

const eventRemedy = `send "id: 43", "event: message", "data: {…}" and an empty line for each message`

// message waits for the next message. Events of other names mean nothing.
func (s *stream) message() message {
	e := s.next()
	for e.name != "message" && e.name != "" {
		e = s.next()
	}
	return s.parsed([]byte(e.data), eventRemedy)
}

func eventsUncached(v *visit) {
	s := v.stream(v.room(), "")
	if cache := s.header.Get("Cache-Control"); !strings.Contains(cache, "no-cache") && !strings.Contains(cache, "no-store") {
		s.fail("Cache-Control "+quote(cache), "send Cache-Control: no-cache")
	}
}

func messageEvent(v *visit) {
	room := v.room()
	s := v.stream(room, "?after=0")
	v.say(room, "hello")
	if e := s.next(); e.name != "message" || e.id != "1" {
		s.fail(fmt.Sprintf("an event %s with id %s and data %s", quote(e.name), quote(e.id), quote(e.data)), eventRemedy)
	}
}

func lastEventID(v *visit) {
	room := v.room()
	v.say(room, "one", "two", "three")
	wants(v.stream(room, "?after=0", "Last-Event-ID", "2"), 3, "three")
}

func eventsRefused(v *visit) {
	v.stream(v.room(), "")
	for _, path := range []string{v.eventsPath("no%20room", ""), v.eventsPath(v.room(), "?after=x"), v.eventsPath(v.room(), "?after=-1")} {
		r, a := v.open(http.MethodGet, path, "") // whose body may have no end
		r.Body.Close()
		if a.status != http.StatusBadRequest {
			a.fail(strconv.Itoa(a.status), "answer 400")
		}
	}
}
