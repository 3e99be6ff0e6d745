package engine

import (
	"bytes"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/pollpush/pollpush/server/wire"
)

const (
	// answerTimeout is how long the answer to a GET that was parked may take to be
	// written.
	answerTimeout = 20 * time.Second
	// probedPark is how long a GET is parked while a socket is about to take the
	// session over, and its client waits for the GET to be answered.
	probedPark = 100 * time.Millisecond
	// packetCost is what it takes to hold one payload, beside its bytes.
	packetCost = 32
)

// polling is what a session holds while its client polls. The session's lock
// guards it.
type polling struct {
	payloads [][]byte      // not sent yet
	size     int           // of them, with what it takes to hold them
	taken    chan struct{} // if not nil, closed when they have been taken

	parked  bool          // a GET waits for wake
	wake    chan struct{} // holds one
	posting bool          // a POST is being taken

	probe    *wire.WebSocket // is about to take over
	probed   bool            // it has said so
	moved    bool            // it has taken over
	deadline *time.Timer     // of the upgrade
}

// queue reports true where more is waiting than may. It wants s.mu held, and the
// session polling.
func (s *Session) queue(payload []byte) (full bool) {
	if len(payload) == 0 {
		return false
	}
	p := s.polling
	p.payloads = append(p.payloads, payload)
	p.size += len(payload) + packetCost
	p.release()
	return p.size > s.server.config.Backlog
}

// release has a parked GET, if there is one, answer with what there is.
func (p *polling) release() {
	if p.parked {
		select {
		case p.wake <- struct{}{}:
		default: // it is about to
		}
	}
}

// end puts the last packet after the others, and reports whether it has to wait
// for a GET.
func (p *polling) end(e ending) (kept bool) {
	p.payloads = append(p.payloads, e.last)
	p.settle()
	if p.probe != nil {
		p.deadline.Stop()
		p.probe.Close(e.frame)
	}
	p.release()
	return e.kept && !p.parked
}

// openPolling answers a handshake.
func (s *Server) openPolling(w http.ResponseWriter, r *http.Request) {
	session := s.newSession()
	if session == nil {
		tooMany.answer(w)
		return
	}
	session.begin(r)
	if answer(w, http.StatusOK, textType, session.handshake(`"websocket"`)) != nil {
		session.end(peerGone)
	}
}

// poll answers a GET with all that is queued, as soon as there is something.
func (s *Session) poll(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	p := s.polling
	switch {
	case p == nil:
		s.mu.Unlock()
		badRequest.answer(w)
		return
	case s.ended: // this is the last one
		if p.payloads == nil {
			s.mu.Unlock()
			unknownSession.answer(w)
			return
		}
		s.timer.Stop()
		s.server.forget(s)
	case p.parked:
		s.mu.Unlock()
		s.end(overlap)
		badRequest.answer(w)
		return
	case len(p.payloads) == 0:
		if !s.park(w, r) { // which unlocks meanwhile
			return
		}
	}
	payloads := p.payloads
	p.payloads, p.size = nil, 0
	p.settle()
	s.mu.Unlock()
	if answerPayloads(w, payloads) != nil {
		s.end(peerGone)
	}
}

// park waits until there is something to answer, or nothing will come. Where it
// reports false there is nothing left to do. It wants s.mu held, and leaves it so
// where it reports true.
func (s *Session) park(w http.ResponseWriter, r *http.Request) bool {
	p := s.polling
	p.parked = true
	select {
	case <-p.wake: // for the GET before, which did not need it
	default:
	}
	var soon <-chan time.Time
	if p.probed {
		timer := time.NewTimer(probedPark)
		defer timer.Stop()
		soon = timer.C
	}
	s.mu.Unlock()

	connection := http.NewResponseController(w)
	connection.SetReadDeadline(time.Time{}) // or http.Server.ReadTimeout would look like a client that is gone
	select {
	case <-p.wake:
	case <-soon:
	case <-r.Context().Done():
	}
	connection.SetWriteDeadline(time.Now().Add(answerTimeout))

	s.mu.Lock()
	p.parked = false
	switch {
	case p.moved:
		s.mu.Unlock()
		badRequest.answer(w)
		return false
	case r.Context().Err() != nil: // what is queued would be lost
		s.mu.Unlock()
		s.end(peerGone)
		return false
	case len(p.payloads) == 0:
		p.payloads = append(p.payloads, byNoop)
	}
	return true
}

// maxPooled is the largest buffer that is kept for reuse.
const maxPooled = 64 << 10

var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

func recycle(b *bytes.Buffer) {
	if b.Cap() <= maxPooled {
		b.Reset()
		buffers.Put(b)
	}
}

func answerPayloads(w http.ResponseWriter, payloads [][]byte) error {
	if len(payloads) == 1 {
		return answer(w, http.StatusOK, textType, payloads[0])
	}
	b := buffers.Get().(*bytes.Buffer)
	defer recycle(b)
	for i, payload := range payloads {
		if i > 0 {
			b.WriteByte(Separator)
		}
		b.Write(payload)
	}
	return answer(w, http.StatusOK, textType, b.Bytes())
}

// post takes the packets of a POST.
func (s *Session) post(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	switch {
	case s.ended:
		s.mu.Unlock()
		unknownSession.answer(w)
		return
	case s.polling == nil:
		s.mu.Unlock()
		badRequest.answer(w)
		return
	case s.polling.posting:
		s.mu.Unlock()
		s.end(overlap)
		badRequest.answer(w)
		return
	}
	p := s.polling
	p.posting = true
	s.mu.Unlock()
	refused := s.takePost(w, r)
	s.mu.Lock()
	p.posting = false // the client may post again once it sees the answer
	s.mu.Unlock()
	if refused != nil {
		refused.answer(w)
		return
	}
	answer(w, http.StatusOK, htmlType, ok)
}

var ok = []byte("ok")

// takePost returns nil where the payload is in order. If one of its packets has
// ended the session, those after it are not taken: the client knows, or learns it
// from its GET.
func (s *Session) takePost(w http.ResponseWriter, r *http.Request) *refusal {
	if media, _, _ := strings.Cut(r.Header.Get("Content-Type"), ";"); strings.EqualFold(strings.TrimSpace(media), "application/octet-stream") {
		s.end(parseError) // that is how protocol 3 sent binary payloads
		return &badRequest
	}
	limit := int64(s.server.config.MaxPayload)
	if r.ContentLength > limit {
		s.end(oversize)
		return &tooLarge
	}
	body := buffers.Get().(*bytes.Buffer)
	defer recycle(body)
	if _, err := io.Copy(body, http.MaxBytesReader(w, r.Body, limit)); err != nil {
		if tooLong := (*http.MaxBytesError)(nil); errors.As(err, &tooLong) {
			s.end(oversize)
			return &tooLarge
		}
		s.end(peerGone)
		return &badRequest
	}
	if checkPayload(body.Bytes(), s.server.config.MaxPackets) != nil {
		s.end(parseError)
		return &badRequest
	}
	for packet := range bytes.SplitSeq(body.Bytes(), separator) {
		if !s.take(packet) {
			break
		}
	}
	return nil
}

// Wait returns when nothing waits for the client any more. The error is
// net.ErrClosed where the session has ended, and wire.ErrStalled where all that
// takes longer than limit. A Handler must not call it: the client's own packets
// would have to wait.
func (s *Session) Wait(limit time.Duration) error {
	timer := time.NewTimer(limit)
	defer timer.Stop()
	for {
		if k := s.socket.Load(); k != nil {
			return k.Wait(limit)
		}
		s.mu.Lock()
		switch {
		case s.ended:
			s.mu.Unlock()
			return net.ErrClosed
		case s.polling == nil: // it has got a socket just now
			s.mu.Unlock()
			continue
		case len(s.polling.payloads) == 0:
			s.mu.Unlock()
			return nil
		}
		changed := s.polling.changed()
		s.mu.Unlock()
		select {
		case <-changed:
		case <-timer.C:
			return wire.ErrStalled
		}
	}
}

// changed is closed when the queue has been taken, or is nobody's any more. It
// wants the session's lock held.
func (p *polling) changed() <-chan struct{} {
	if p.taken == nil {
		p.taken = make(chan struct{})
	}
	return p.taken
}

// settle lets go who waits for a change. It wants the session's lock held.
func (p *polling) settle() {
	if p.taken != nil {
		close(p.taken)
		p.taken = nil
	}
}
