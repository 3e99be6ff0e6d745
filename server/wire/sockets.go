package wire

import (
	"context"
	"sync"
)

// Sockets are WebSockets that are being served. The zero value has none.
type Sockets struct {
	mu      sync.Mutex
	closed  bool
	open    map[*WebSocket]struct{}
	serving sync.WaitGroup
}

// Go has a goroutine of its own call serve, with which the socket ends. It
// reports false where Close was called: then it does nothing.
func (s *Sockets) Go(k *WebSocket, serve func()) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return false
	}
	if s.open == nil {
		s.open = map[*WebSocket]struct{}{}
	}
	s.open[k] = struct{}{}
	s.serving.Go(func() {
		defer s.remove(k)
		serve()
	})
	return true
}

func (s *Sockets) remove(k *WebSocket) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.open, k)
}

// Close closes all with a frame, and waits for them: at most a little more than
// two seconds, less where ctx is done before.
func (s *Sockets) Close(ctx context.Context, frame []byte) {
	s.each(func(k *WebSocket) { k.Close(frame) })
	defer context.AfterFunc(ctx, func() { s.each(func(k *WebSocket) { k.Abandon() }) })()
	s.serving.Wait()
}

func (s *Sockets) each(do func(*WebSocket)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	for k := range s.open {
		do(k)
	}
}
