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
	{Group: "sse", Name: "the answer is a text/event-stream", Transports: bySSE, Needed: true, try: eventStream},
	{Group: "sse", Name: "a message is the data of an event named message, or unnamed", Transports: bySSE, Needed: true, try: eventDelivers},
	{Group: "sse", Name: "the answer is not cacheable", Transports: bySSE, try: eventsUncached},
	{Group: "sse", Name: "an event is named message and has the message's id", Transports: bySSE, try: messageEvent},
	{Group: "sse", Name: "text comes back byte for byte", Transports: bySSE, try: eventText},
	{Group: "sse", Name: "without a cursor, only new messages come", Transports: bySSE, try: eventsFromNow},
	{Group: "sse", Name: "after returns missed messages, then new ones", Transports: bySSE, try: eventsResume},
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
	v     *visit
	asked string
	lines *bufio.Reader
}

func (v *visit) eventsPath(room, query string) string {
	return "/api/rooms/" + room + "/events" + query
}

// stream opens an event stream.
func (v *visit) stream(room, query string, header ...string) (*stream, *answer, error) {
	r, a, err := v.open(http.MethodGet, v.eventsPath(room, query), "", append(header, "Accept", "text/event-stream")...)
	if err != nil {
		return nil, nil, err
	}
	v.later(func() { r.Body.Close() })
	if err := a.offered(); err != nil {
		return nil, nil, err
	}
	if a.status != http.StatusOK {
		return nil, nil, a.fault(strconv.Itoa(a.status), "answer 200 with the stream")
	}
	if err := a.isMedia("text/event-stream"); err != nil {
		return nil, nil, err
	}
	return &stream{v, a.asked, bufio.NewReaderSize(r.Body, 64<<10)}, a, nil
}

// next waits for the next event that has data.
func (s *stream) next() (event, error) {
	var e event
	for {
		line, err := s.lines.ReadSlice('\n')
		if err != nil {
			return e, s.v.broken(s.asked, err)
		}
		field, value, _ := strings.Cut(strings.TrimRight(string(line), "\r\n"), ":")
		value = strings.TrimPrefix(value, " ")
		switch {
		case len(strings.TrimRight(string(line), "\r\n")) == 0:
			if e.data != "" {
				e.data = strings.TrimSuffix(e.data, "\n")
				return e, nil
			}
			e = event{}
		case field == "": // a comment
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
func (s *stream) message() (message, error) {
	for {
		e, err := s.next()
		if err != nil {
			return message{}, err
		}
		if e.name != "message" && e.name != "" {
			continue
		}
		m, wrong := parseMessage([]byte(e.data))
		if wrong != "" {
			return message{}, &Fault{s.asked, wrong, eventRemedy}
		}
		return m, nil
	}
}

// wants waits for messages of these texts, with ids from first on.
func (s *stream) wants(first uint64, texts ...string) error {
	return s.v.wants(s, s.asked, first, texts...)
}

func eventStream(v *visit) error {
	_, _, err := v.stream(v.room(), "?after=0")
	return err
}

func eventDelivers(v *visit) error {
	room := v.room()
	s, _ := must2(v.stream(room, "?after=0"))
	must(v.say(room, loadTexts...))
	return v.wantsGrowing(s, s.asked, room, 0, loadTexts...)
}

func eventsUncached(v *visit) error {
	_, a := must2(v.stream(v.room(), ""))
	if cache := a.header.Get("Cache-Control"); !strings.Contains(cache, "no-cache") && !strings.Contains(cache, "no-store") {
		return a.fault("Cache-Control "+quote(cache), "send Cache-Control: no-cache")
	}
	return nil
}

func messageEvent(v *visit) error {
	room := v.room()
	s, _ := must2(v.stream(room, "?after=0"))
	must(v.say(room, "hello"))
	e := must1(s.next())
	if e.name != "message" || e.id != "1" {
		return &Fault{s.asked, fmt.Sprintf("an event %s with id %s and data %s", quote(e.name), quote(e.id), quote(e.data)), eventRemedy}
	}
	return nil
}

func eventText(v *visit) error {
	room := v.room()
	s, _ := must2(v.stream(room, "?after=0"))
	must(v.say(room, oddText))
	return s.wants(1, oddText)
}

func eventsFromNow(v *visit) error {
	room := v.room()
	must(v.say(room, "one"))
	s, _ := must2(v.stream(room, ""))
	must(v.say(room, "two"))
	return s.wants(2, "two")
}

func eventsResume(v *visit) error {
	room := v.room()
	must(v.say(room, "one", "two", "three"))
	s, _ := must2(v.stream(room, "?after=1"))
	must(v.say(room, "four"))
	return s.wants(2, "two", "three", "four")
}

func lastEventID(v *visit) error {
	room := v.room()
	must(v.say(room, "one", "two", "three"))
	s, _ := must2(v.stream(room, "?after=0", "Last-Event-ID", "2"))
	return s.wants(3, "three")
}

func eventsRefused(v *visit) error {
	must2(v.stream(v.room(), ""))
	for _, path := range []string{v.eventsPath("no%20room", ""), v.eventsPath(v.room(), "?after=x"), v.eventsPath(v.room(), "?after=-1")} {
		r, a := must2(v.open(http.MethodGet, path, ""))
		r.Body.Close()
		if a.status != http.StatusBadRequest {
			return a.fault(strconv.Itoa(a.status), "answer 400")
		}
	}
	return nil
}
