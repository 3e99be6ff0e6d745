// Package nulltarget is a chat server that does as little as it can, and that
// does wrong what it is told to: what a run reports of it is known beforehand.
// It speaks what the clients of every transport ask for, and no more of the
// chat contract than that.
//
// Nothing of the chat that is measured is in here, so that a mistake of its
// cannot hide in both. A message's bytes are made once for each form in which
// it travels, and written as they are.
package nulltarget

import (
	"bufio"
	"errors"
	"net"
	"sync"
	"time"
)

// Config says what the server does. The zero Config delivers every message
// once, in order, and at once.
type Config struct {
	// Delay is from a message's acceptance to its delivery to every client of
	// the room.
	Delay time.Duration
	// Accept is what accepting a message takes, before Delay begins.
	Accept time.Duration
	// Stall begins StallAt after the room's first message was accepted. What
	// would be delivered in it is delivered at its end.
	StallAt, Stall time.Duration
	// Fault decides what every client gets instead of a message once and in its
	// place; nil is none for all.
	Fault func(id uint64) Fault
	// Copies is how often a message is stored, each time under an id of its
	// own; 0 is once.
	Copies int
}

// Fault is what is done wrong with a message, for all clients alike.
type Fault int

const (
	None  Fault = iota
	Lose        // never delivered
	Again       // delivered twice
	Swap        // delivered after its successor, whose own fault is forgotten
)

// Every loses, repeats and swaps one of so many messages each; 0 is none.
// Those are the second, the fourth and the sixth of each row, so that a row
// should have eight at least; of two faults of one message the first counts.
func Every(lose, again, swap int) func(id uint64) Fault {
	is := func(id uint64, row int, place uint64) bool { return row > 0 && id%uint64(row) == place }
	return func(id uint64) Fault {
		switch {
		case is(id, lose, 2):
			return Lose
		case is(id, again, 4):
			return Again
		case is(id, swap, 6):
			return Swap
		}
		return None
	}
}

// Server is a null target. It keeps all that was said in it.
type Server struct {
	config Config
	done   chan struct{} // closed by Close
	tasks  sync.WaitGroup

	mu       sync.Mutex
	closed   bool
	listener net.Listener
	conns    map[net.Conn]struct{}
	rooms    map[string]*room
	sessions map[string]*session // of Socket.IO over polling, by id
	opened   int                 // sessions, in all
}

// New returns a server that serves nothing yet.
func New(c Config) *Server {
	return &Server{
		config: c, done: make(chan struct{}),
		conns: map[net.Conn]struct{}{}, rooms: map[string]*room{}, sessions: map[string]*session{},
	}
}

// Serve serves on l until Close, and returns what else ends it.
func (s *Server) Serve(l net.Listener) error {
	s.mu.Lock()
	s.listener = l
	closed := s.closed
	s.mu.Unlock()
	if closed {
		return l.Close()
	}
	for {
		c, err := l.Accept()
		switch {
		case err == nil:
			s.begin(c)
		case errors.Is(err, net.ErrClosed):
			return nil
		default:
			return err
		}
	}
}

// begin serves one connection, unless the server is closed.
func (s *Server) begin(c net.Conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		c.Close()
		return
	}
	s.conns[c] = struct{}{}
	s.tasks.Go(func() {
		s.converse(&conn{Conn: c, reader: bufio.NewReaderSize(c, readerSize), places: map[string]int{}})
		c.Close()
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.conns, c)
	})
}

// Close ends all connections, and waits until nothing of the server runs.
func (s *Server) Close() error {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return nil
	}
	s.closed = true
	close(s.done)
	var err error
	if s.listener != nil {
		err = s.listener.Close()
	}
	for c := range s.conns {
		c.Close()
	}
	s.mu.Unlock()
	s.tasks.Wait()
	return err
}

// room returns the room of a name, which is made now if it is not there.
func (s *Server) room(name string) (*room, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if r := s.rooms[name]; r != nil {
		return r, nil
	}
	if s.closed {
		return nil, net.ErrClosed
	}
	r, err := newRoom(name, s)
	if err == nil {
		s.rooms[name] = r
	}
	return r, err
}
