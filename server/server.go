// Package server serves the chat of internal/chat over HTTP, by every transport
// on the same rooms: REST polling (plain, conditional, long), Server-Sent
// Events, WebSocket and Socket.IO. What is done to make one of them cheap
// (messages and answers encoded once, one write for each) is done for
// the others as well, so that a comparison is fair.
package server

import (
	"context"
	"crypto/tls"
	"errors"
	"hash/maphash"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"

	"github.com/pollpush/pollpush/internal/chat"
	"github.com/pollpush/pollpush/server/socketio"
	"github.com/pollpush/pollpush/server/wire"
)

// DefaultBacklog is how many bytes may wait for one socket whose peer does not
// read, unless Config says otherwise.
const DefaultBacklog = 1 << 20

// DefaultIdle is how long a connection may lie idle between two requests,
// unless Config says otherwise.
const DefaultIdle = 2 * time.Minute

const (
	headerTimeout  = 10 * time.Second
	requestTimeout = 20 * time.Second // to read a request, and again to write its answer
	maxHeaderBytes = 8 << 10
	drainTimeout   = 1500 * time.Millisecond // for requests in flight, once the sockets are closed
)

// Config says how to serve. Its zero value is usable.
type Config struct {
	History int           // messages kept per room; 0 means chat.DefaultHistory
	Backlog int           // bytes that may wait for a connection whose peer does not read; 0 means DefaultBacklog
	Idle    time.Duration // between two requests of a connection; 0 means DefaultIdle
	Origins []string      // allowed for WebSockets beside the server's own; see CheckOrigins
	Deflate bool          // agree to compress WebSockets
	Batch   time.Duration // for which messages are gathered for WebSockets that ask for it; 0 does not offer it
	Log     *slog.Logger  // nil discards
	// Certificate, if there is one, makes it a server of https, by TLS 1.3 alone.
	Certificate *tls.Certificate
}

// Server serves one chat. Make it with New, and end it with Shutdown.
type Server struct {
	config   Config
	hub      *chat.Hub
	pages    pages
	http     *http.Server
	upgrader wire.Upgrader
	tally    tally
	members  *registry
	socketio *socketio.Server
	closing  context.Context // done when it shuts down
	drain    func()          // ends closing
}

// New returns a server that does not listen yet. It panics where
// config.Origins do not pass CheckOrigins.
func New(config Config) *Server {
	if config.Log == nil {
		config.Log = slog.New(slog.DiscardHandler)
	}
	if config.Backlog <= 0 {
		config.Backlog = DefaultBacklog
	}
	if config.Idle <= 0 {
		config.Idle = DefaultIdle
	}
	if err := CheckOrigins(config.Origins); err != nil {
		panic(err)
	}
	s := &Server{
		config:   config,
		hub:      chat.NewHub(config.History),
		pages:    pages{seed: maphash.MakeSeed()},
		upgrader: wire.Upgrader{MaxMessage: maxFrame, Backlog: config.Backlog, Deflate: config.Deflate, Refuse: refuse},
	}
	s.closing, s.drain = context.WithCancel(context.Background())
	s.tally.Patience = stallSeconds / sweepSeconds
	s.members = newRegistry(s.tally.Sweep)
	s.socketio = s.newSocketIO()
	s.http = &http.Server{
		Handler:           s.arrive(s.routes()),
		ReadHeaderTimeout: headerTimeout,
		ReadTimeout:       requestTimeout,
		WriteTimeout:      requestTimeout,
		IdleTimeout:       config.Idle,
		MaxHeaderBytes:    maxHeaderBytes,
		ConnContext:       withRoute,
		ErrorLog:          slog.NewLogLogger(config.Log.Handler(), slog.LevelDebug),
		// OPTIONS * too is answered, and counted, like everything else.
		DisableGeneralOptionsHandler: true,
	}
	return s
}

func (s *Server) routes() *chi.Mux {
	r := chi.NewRouter()
	r.Use(middleware.GetHead)
	r.NotFound(func(w http.ResponseWriter, r *http.Request) {
		refuse(w, http.StatusNotFound, "nothing is served at "+r.URL.Path+"; the chat is under /api/rooms/{room}/messages")
	})
	r.MethodNotAllowed(methodNotAllowed)
	r.Get("/", func(w http.ResponseWriter, r *http.Request) { servePage(w, r, "index.html") })
	r.Get("/page/*", func(w http.ResponseWriter, r *http.Request) { servePage(w, r, chi.URLParam(r, "*")) })
	r.Get("/healthz", func(w http.ResponseWriter, _ *http.Request) { answer(w, http.StatusOK, []byte(`{"status":"ok"}`)) })
	r.Get("/metrics", s.metrics().ServeHTTP)
	r.Get("/api/rooms/{room}/messages", s.poll)
	r.Post("/api/rooms/{room}/messages", s.post)
	r.Get("/api/rooms/{room}/events", s.openStream)
	r.Get("/api/rooms/{room}/ws", s.openSocket)
	r.Handle("/socket.io/", s.socketio)
	return r
}

// Serve accepts connections on l, which it closes in the end, until Shutdown;
// it returns nil then, and else what broke.
func (s *Server) Serve(l net.Listener) error {
	var secured *tls.Config
	if c := s.config.Certificate; c != nil {
		secured = &tls.Config{Certificates: []tls.Certificate{*c}, MinVersion: tls.VersionTLS13, NextProtos: []string{"http/1.1"}}
	}
	if err := s.http.Serve(wire.Listen(l, &s.tally.Tally, secured)); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// Shutdown ends the server gracefully: new requests get 503, every socket a
// close frame with 1001, and what is under way a moment to end. Whatever the
// peers do, it returns within four seconds, or soon after ctx is done; by then
// every connection is closed. The error is ctx's. Call it once.
func (s *Server) Shutdown(ctx context.Context) error {
	s.drain()
	var closing sync.WaitGroup
	closing.Go(func() { s.socketio.Close(ctx) })
	closing.Go(func() { s.members.close(ctx) })
	closing.Wait()
	soon, cancel := context.WithTimeout(ctx, drainTimeout)
	defer cancel()
	if s.http.Shutdown(soon) != nil {
		s.http.Close() // those that never sent a request, or do not read the answer
	}
	s.hub.Close()
	return ctx.Err()
}

// withRoute gives a connection the context that chi routes its requests by, one
// after the other: otherwise chi copies every request, to add one.
func withRoute(ctx context.Context, _ net.Conn) context.Context {
	return context.WithValue(ctx, chi.RouteCtxKey, chi.NewRouteContext())
}

// arrive is what happens to every request before it is routed.
func (s *Server) arrive(next *chi.Mux) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.tally.requests.Add(1)
		defer func() {
			switch p := recover(); p {
			case nil:
			case http.ErrAbortHandler:
				panic(p)
			default:
				s.panicked(r.Method+" "+r.URL.Path, p)
				refuse(w, http.StatusInternalServerError, "the server failed; see its log")
			}
		}()
		if s.closing.Err() != nil && r.URL.Path != "/metrics" {
			w.Header().Set("Retry-After", "1")
			w.Header().Set("Connection", "close")
			refuse(w, http.StatusServiceUnavailable, "the server is shutting down")
			return
		}
		if route := chi.RouteContext(r.Context()); route != nil {
			route.Reset()
			route.Routes = next
		}
		next.ServeHTTP(w, r)
	})
}
