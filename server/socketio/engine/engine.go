package engine

import (
	"cmp"
	"context"
	"maps"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pollpush/pollpush/server/wire"
)

// Config says how to serve. Where a number is 0 the default beside it holds.
type Config struct {
	PingInterval   time.Duration // from the handshake, or a pong, to the next ping; 25 s
	PingTimeout    time.Duration // from a ping to its pong; 20 s
	UpgradeTimeout time.Duration // from a WebSocket's handshake to the end of the upgrade; 10 s
	MaxPayload     int           // bytes of one POST, or of one packet over WebSocket; 1,000,000
	MaxPackets     int           // of one POST; MaxPayload/8
	MaxSessions    int           // at a time, with those that have yet to be told their end; 100,000
	Backlog        int           // bytes that may wait for one session; 1 MiB

	// MayConnect is asked about every request; nil lets everybody in.
	MayConnect func(*http.Request) bool
	// Open is called once per session, before its handshake is answered. It may
	// Send to the session, Close it, and hand it to others who do.
	Open func(*Session, *http.Request) Handler
	// SlowReaders, if not nil, counts the sessions that end while polling because
	// more than Backlog waits for them. Over WebSocket the connection counts.
	SlowReaders *atomic.Int64
	// Panicked is called for a Handler that panics outside of an HTTP handler, where
	// nobody else would recover it; nil lets the panic go on. Its session ends.
	Panicked func(doing string, value any)
}

// Handler takes what comes from the client of one session.
type Handler interface {
	// Message is called with one message at a time, in the order sent. It must
	// not block, and data is valid only until it returns.
	Message(data []byte, binary bool)
	// Closed is called once, last, with the reason: one of the Reason constants,
	// or what Session.Close was given.
	Closed(reason string)
}

// The reasons for which a session ends by itself, named as the reference server
// does where it knows them.
const (
	ReasonClose    = "transport close"   // the client has closed, or its connection broke
	ReasonError    = "transport error"   // the client had two GETs or POSTs out, or posted while it finished an upgrade
	ReasonParse    = "parse error"       // the client sent a packet that is none
	ReasonTooLarge = "payload too large" // in a POST
	ReasonPing     = "ping timeout"      // no pong in time
	ReasonSlow     = "slow reader"       // while polling; over WebSocket it is a transport close
	ReasonShutdown = "server shutting down"
	ReasonPanic    = "handler panicked"
)

// Server serves sessions at whatever path it is mounted on. Its requests must
// come over connections of wire.Listen. Make it with New, and end it with Close.
type Server struct {
	config   Config
	upgrader wire.Upgrader
	started  time.Time

	mu       sync.Mutex
	closed   bool
	sessions map[string]*Session // also those that have yet to say goodbye
	open     int                 // those that have not ended
	sockets  wire.Sockets
}

// New returns a server. It panics where config.Open is nil.
func New(config Config) *Server {
	if config.Open == nil {
		panic("engine: Config.Open is nil")
	}
	config.PingInterval = cmp.Or(config.PingInterval, 25*time.Second)
	config.PingTimeout = cmp.Or(config.PingTimeout, 20*time.Second)
	config.UpgradeTimeout = cmp.Or(config.UpgradeTimeout, 10*time.Second)
	config.MaxPayload = cmp.Or(config.MaxPayload, 1_000_000)
	// A client puts all it has to say into one POST, and is told of MaxPayload
	// only: this is more than sensible packets make of it.
	config.MaxPackets = cmp.Or(config.MaxPackets, config.MaxPayload/8)
	config.MaxSessions = cmp.Or(config.MaxSessions, 100_000)
	config.Backlog = cmp.Or(config.Backlog, 1<<20)
	return &Server{
		config:   config,
		upgrader: wire.Upgrader{MaxMessage: config.MaxPayload, Backlog: config.Backlog, Binary: true, Refuse: refuseUpgrade},
		started:  time.Now(),
		sessions: map[string]*Session{},
	}
}

// Close ends every session, and refuses new ones with 503. It returns when no
// socket is left: at most a little more than two seconds later, or soon after ctx
// is done. Parked GETs are answered then, as far as this package goes;
// http.Server.Shutdown waits for them. Call it once.
func (s *Server) Close(ctx context.Context) {
	s.mu.Lock()
	s.closed = true
	sessions := slices.Collect(maps.Values(s.sessions))
	s.mu.Unlock()
	for _, session := range sessions {
		session.end(shutdown)
	}
	s.sockets.Close(ctx, shutdown.frame)
}

// Sessions returns the number of open sessions.
func (s *Server) Sessions() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.open
}

// add reports false where there are too many sessions, or the server is closed.
func (s *Server) add(session *Session) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed || len(s.sessions) >= s.config.MaxSessions {
		return false
	}
	s.sessions[session.id] = session
	s.open++
	return true
}

// ended takes a session out of the count, and, unless it has yet to say goodbye,
// forgets it.
func (s *Server) ended(session *Session, forget bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.open--
	if forget {
		delete(s.sessions, session.id)
	}
}

func (s *Server) forget(session *Session) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.sessions, session.id)
}

// find returns the session that a request names, or nil. It may have ended.
func (s *Server) find(id string) *Session {
	s.mu.Lock()
	session := s.sessions[id]
	s.mu.Unlock()
	if session != nil && session.overdue() {
		session.end(pingTimeout)
		return nil
	}
	return session
}

// serve has a goroutine of its own read a socket to its end, and then calls
// ended. Where the server is closed the socket is dropped instead.
func (s *Server) serve(k *wire.WebSocket, take func(kind int, body []byte) error, ended func()) {
	if s.sockets.Go(k, func() {
		defer ended()
		defer s.Guard("a message")
		k.Serve(take)
	}) {
		return
	}
	k.Close(shutdown.frame)
	k.Drop()
	ended()
}

// Guard is deferred around what calls a Handler outside of an HTTP handler.
func (s *Server) Guard(doing string) {
	if s.config.Panicked == nil {
		return
	}
	if p := recover(); p != nil {
		s.config.Panicked(doing, p)
	}
}
