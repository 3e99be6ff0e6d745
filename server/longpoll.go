package server

import (
	"net/http"
	"time"

	"github.com/pollpush/pollpush/internal/chat"
)

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
	var page encodedPage
	select {
	case page = <-news:
	case <-timer.C:
	case <-s.closing:
	case <-r.Context().Done():
		return
	}
	control.SetWriteDeadline(time.Now().Add(requestTimeout))
	if 0 < page.messages && page.messages <= q.limit {
		s.answerPage(w, r, page)
		return
	}
	q.wait = 0
	s.answerPoll(w, r, room, q)
}

// waiter takes the first batch that comes. All that wait at one cursor get the
// same bytes.
type waiter chan encodedPage

// Deliver takes the first batch, and leaves those that come before the
// subscription has been cancelled.
func (w waiter) Deliver(b *chat.Batch) {
	if len(b.Messages) == 0 {
		return // the cursor is behind history and nothing is kept: the wait goes on
	}
	page := encodedPage{b.As(pages), len(b.Messages), b.Messages[len(b.Messages)-1].ID, b.Truncated}
	select {
	case w <- page:
	default:
	}
}

var pages = &chat.Format{Encode: func(b *chat.Batch) []byte {
	return appendPage(nil, chat.Page{Messages: b.Messages, Last: b.Messages[len(b.Messages)-1].ID, Truncated: b.Truncated})
}}
