package server

import (
	"io"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/go-chi/chi/v5"

	"github.com/pollpush/pollpush/internal/chat"
)

// maxBody is more than the largest message takes in any JSON spelling.
const maxBody = 32 << 10

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
	page := s.pages.page(room, q)
	if q.wait > 0 && page.messages == 0 {
		q.after = min(q.after, page.last)
		s.await(w, r, room, q)
		return
	}
	h := w.Header()
	h["Cache-Control"] = noCache
	h["Etag"] = page.tag
	// That history is too short for the client, it has to be told all the same.
	if !page.truncated && matches(r.Header["If-None-Match"], page.tag[0]) {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	if r.Method != http.MethodHead && page.messages > 0 {
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
	select {
	case <-news:
	case <-timer.C:
	case <-s.closing.Done():
	case <-r.Context().Done():
		return
	}
	control.SetWriteDeadline(time.Now().Add(requestTimeout))
	q.wait = 0
	s.answerPoll(w, r, room, q)
}

// waiter learns that there is news. All that wait at one cursor find the same
// page.
type waiter chan struct{}

func (w waiter) Deliver(b *chat.Batch) {
	if len(b.Messages) == 0 {
		return // the cursor is behind history and nothing is kept: the wait goes on
	}
	select {
	case w <- struct{}{}:
	default:
	}
}
