package server

import (
	"io"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/go-chi/chi/v5"

	"github.com/pollpush/pollpush/internal/chat"
)

const (
	// maxBody is more than the largest message takes in any JSON spelling.
	maxBody = 32 << 10
	// maxPooled is the largest buffer that is kept for reuse.
	maxPooled = 256 << 10
)

var buffers = sync.Pool{New: func() any { return new([]byte) }}

func recycle(b *[]byte) {
	if cap(*b) <= maxPooled {
		*b = (*b)[:0]
		buffers.Put(b)
	}
}

// post accepts a message.
func (s *Server) post(w http.ResponseWriter, r *http.Request) {
	if media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || media != "application/json" {
		refuse(w, http.StatusUnsupportedMediaType, "the content type is "+strconv.Quote(r.Header.Get("Content-Type"))+", want application/json")
		return
	}
	m, err := s.accept(w, r)
	if err != nil {
		refuseInput(w, err)
		return
	}
	s.tally.posted.Add(1)
	w.Header()["Location"] = []string{"/api/rooms/" + m.Room + "/messages?after=" + strconv.FormatUint(m.ID-1, 10) + "&limit=1"}
	answer(w, http.StatusCreated, m.JSON())
}

// accept posts what the body says to the request's room.
func (s *Server) accept(w http.ResponseWriter, r *http.Request) (chat.Message, error) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		return chat.Message{}, err
	}
	room, err := s.hub.Room(chi.URLParam(r, "room"))
	if err != nil {
		return chat.Message{}, err
	}
	return postTo(room, body)
}

// postTo posts a message as JSON has it.
func postTo(room *chat.Room, body []byte) (chat.Message, error) {
	user, text, err := parseMessage(body)
	if err != nil {
		return chat.Message{}, err
	}
	return room.Post(user, text)
}

// poll answers with what follows the client's cursor, or with the newest
// messages where it has none.
func (s *Server) poll(w http.ResponseWriter, r *http.Request) {
	room, q, err := s.asked(r)
	if err != nil {
		refuseInput(w, err)
		return
	}
	s.answerPoll(w, r, room, q)
}

func (s *Server) answerPoll(w http.ResponseWriter, r *http.Request, room *chat.Room, q query) {
	var page chat.Page
	if q.resume {
		page = room.After(q.after, q.limit)
	} else {
		page = room.Newest(q.limit)
	}
	if q.wait > 0 && len(page.Messages) == 0 {
		s.await(w, r, room, q)
		return
	}
	if len(page.Messages) == 0 {
		s.answerPage(w, r, emptyPage(page.Last))
		return
	}
	buffer := buffers.Get().(*[]byte)
	defer recycle(buffer)
	*buffer = appendPage(*buffer, page)
	s.answerPage(w, r, encoded(*buffer, page))
}

// encodedPage is a page as it is answered.
type encodedPage struct {
	body        []byte
	tag, length []string // header values
	messages    int
	last        uint64
	truncated   bool
}

func encoded(body []byte, p chat.Page) *encodedPage {
	return &encodedPage{
		body:   body,
		tag:    []string{`"` + strconv.FormatUint(p.Last, 10) + `"`},
		length: lengthOf(body), messages: len(p.Messages), last: p.Last, truncated: p.Truncated,
	}
}

// emptyPages are kept, since most polls find no news: one at each remainder of its
// cursor.
var emptyPages [256]atomic.Pointer[encodedPage]

func emptyPage(last uint64) *encodedPage {
	slot := &emptyPages[last%uint64(len(emptyPages))]
	p := slot.Load()
	if p == nil || p.last != last {
		empty := chat.Page{Last: last}
		p = encoded(appendPage(nil, empty), empty)
		slot.Store(p)
	}
	return p
}

// answerPage sends a page, unless the client says that what it has ends with the
// same message. That history is too short for it, it has to be told all the same.
func (s *Server) answerPage(w http.ResponseWriter, r *http.Request, page *encodedPage) {
	h := w.Header()
	h["Cache-Control"] = noCache
	h["Etag"] = page.tag
	if !page.truncated && matches(r.Header["If-None-Match"], page.tag[0]) {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	if r.Method != http.MethodHead {
		s.tally.deliveries.Add(int64(page.messages))
	}
	answerAs(w, http.StatusOK, jsonType, page.length, page.body)
}

var noCache = []string{"no-cache"}

// matches says whether an entity tag is among those of If-None-Match (RFC 9110,
// 13.1.2), which compares weakly.
func matches(conditions []string, tag string) bool {
	for _, condition := range conditions {
		for candidate := range strings.SplitSeq(condition, ",") {
			candidate = strings.TrimSpace(candidate)
			if candidate == "*" || strings.TrimPrefix(candidate, "W/") == tag {
				return true
			}
		}
	}
	return false
}

func appendPage(b []byte, p chat.Page) []byte {
	b = append(b, `{"messages":[`...)
	for i := range p.Messages {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, p.Messages[i].JSON()...)
	}
	b = append(b, `],"last":`...)
	b = strconv.AppendUint(b, p.Last, 10)
	if p.Truncated {
		b = append(b, `,"truncated":true`...)
	}
	return append(b, '}')
}

// await answers a poll that has found no news: as soon as there is some, or with
// an empty page when its time is over or the server shuts down. Its connection
// stays with net/http, which holds a goroutine and buffers for it all the time.
func (s *Server) await(w http.ResponseWriter, r *http.Request, room *chat.Room, q query) {
	control := http.NewResponseController(w)
	// net/http would take its time limits for the end of the connection.
	control.SetReadDeadline(time.Now().Add(q.wait + requestTimeout))

	news := make(waiter, 1)
	cancel := room.Subscribe(q.after, 0, news)
	defer cancel()
	timer := time.NewTimer(q.wait)
	defer timer.Stop()
	s.tally.waiting.Add(1)
	defer s.tally.waiting.Add(-1)
	var page *encodedPage
	select {
	case page = <-news:
	case <-timer.C:
	case <-s.closing.Done():
	case <-r.Context().Done():
		return
	}
	control.SetWriteDeadline(time.Now().Add(requestTimeout))
	if page != nil && page.messages <= q.limit {
		s.answerPage(w, r, page)
		return
	}
	q.wait = 0
	s.answerPoll(w, r, room, q)
}

// waiter takes the first batch that comes. All that wait at one cursor get the
// same bytes.
type waiter chan *encodedPage

// Deliver takes the first batch, and leaves those that come before the
// subscription has been cancelled.
func (w waiter) Deliver(b *chat.Batch) {
	if len(b.Messages) == 0 {
		return // the cursor is behind history and nothing is kept: the wait goes on
	}
	page := encoded(b.As(pages), pageOf(b))
	select {
	case w <- page:
	default:
	}
}

var pages = &chat.Format{Encode: func(b *chat.Batch) []byte {
	return appendPage(nil, pageOf(b))
}}

func pageOf(b *chat.Batch) chat.Page {
	return chat.Page{Messages: b.Messages, Last: b.Messages[len(b.Messages)-1].ID, Truncated: b.Truncated}
}
