package engine

import (
	"net"
	"time"

	"github.com/pollpush/pollpush/server/wire"
)

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
