// Package socketio is the server half of the Socket.IO protocol, version 5, over
// Engine.IO: namespaces, events, their acknowledgements, and attachments. Its
// clients are the official ones since 3.0.
//
// One session can be in several namespaces; what it has in each is a [Socket].
// What a session sends is handled in its order, by one goroutine at a time. A
// session whose packets break the protocol is closed.
package socketio

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/pollpush/pollpush/server/socketio/engine"
)

const (
	defaultConnectTimeout = 45 * time.Second
	defaultMaxPayload     = 1_000_000
)

// Config says how to serve.
type Config struct {
	Engine         engine.Config         // all but Open, which is the server's own
	ConnectTimeout time.Duration         // for a session to enter its first namespace; 0 means 45 s
	Namespaces     map[string]*Namespace // by name: "/" and others that begin with it
}

// Namespace is one of the chats, or whatever it may be, that a server has at one
// address. It must not be changed once it is served. Its functions may be nil.
type Namespace struct {
	// Connect says whether a client may enter: nil, or why not. What is emitted
	// from here goes to nobody.
	Connect func(*Socket, Handshake) *ConnectError
	// Connected is called right after the client has been told that it is in.
	Connected func(*Socket)
	// Disconnected is called once for each socket that was Connected, when that
	// has returned and the client, the server or the network has ended it.
	Disconnected func(*Socket)
	// Events are handled by the function under their name; others are ignored.
	Events map[string]func(*Socket, *Event)

	name string
}

// Handshake is what a client has said of itself.
type Handshake struct {
	Query string          // of the session's first request, raw
	Auth  json.RawMessage // a JSON object, nil where there is none
}

// ConnectError is what a client gets that may not enter a namespace.
type ConnectError struct {
	Message string `json:"message"`
	Data    any    `json:"data,omitempty"`
}

// Server serves sessions. Make it with New, and end it with Close.
type Server struct {
	config Config
	engine *engine.Server

	mu      sync.Mutex
	clients int        // whose end is not over yet
	over    *sync.Cond // that may have changed
}

// New returns a server for the namespaces of config, which belong to it alone.
func New(config Config) *Server {
	if config.ConnectTimeout <= 0 {
		config.ConnectTimeout = defaultConnectTimeout
	}
	if config.Engine.MaxPayload <= 0 {
		config.Engine.MaxPayload = defaultMaxPayload
	}
	for name, n := range config.Namespaces {
		n.name = name
	}
	s := &Server{config: config}
	s.over = sync.NewCond(&s.mu)
	config.Engine.Open = s.open
	s.engine = engine.New(config.Engine)
	return s
}

// ServeHTTP serves a request of either transport.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.engine.ServeHTTP(w, r) }

// Close ends all sessions, and refuses new ones. It returns when all are gone and
// every Disconnected has returned, or soon after ctx is done.
func (s *Server) Close(ctx context.Context) {
	s.engine.Close(ctx)
	defer context.AfterFunc(ctx, func() { s.count(0) })() // wakes the wait below
	s.mu.Lock()
	defer s.mu.Unlock()
	for s.clients > 0 && ctx.Err() == nil {
		s.over.Wait()
	}
}

// count takes down that clients have come or, below 0, are over.
func (s *Server) count(clients int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.clients += clients
	s.over.Broadcast()
}

// Sessions returns how many sessions are open.
func (s *Server) Sessions() int { return s.engine.Sessions() }

func (s *Server) open(session *engine.Session, r *http.Request) engine.Handler {
	s.count(1)
	// Cloned, since it is a part of the whole request line.
	c := &client{server: s, session: session, query: strings.Clone(r.URL.RawQuery)}
	c.patience = time.AfterFunc(s.config.ConnectTimeout, c.hurry)
	return c
}
