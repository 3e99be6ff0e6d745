// Package engine is the server half of Engine.IO v4: sessions over HTTP long
// polling and WebSocket, and the upgrade from one to the other. It speaks what
// the official clients speak since Socket.IO 3.
//
// # Life of a session
//
// A handshake over polling begins a session with a queue. A GET takes all that
// is queued, or is parked until there is something; a POST brings packets, and
// is answered when the Handler has had them. A WebSocket that names the session
// may take it over: what is still queued becomes frames, and from then on
// sending is one write into the socket's outbox, without a lock of the session
// and without an allocation. A handshake over WebSocket comes to the same state
// at once. A socket lives in one goroutine, which reads; there is no other, and
// one timer.
//
// The order of messages is kept in both directions, over the upgrade too.
//
// A session ends once, for one reason: its client or its handler closes it, its
// connection breaks (over polling: a parked GET is given up), no pong comes, too
// much waits for it, or the client breaks the protocol. A parked GET is always
// answered: with what waited and a close packet, or, where the client has closed,
// a noop. Where none is parked, what a close has left to say is kept two seconds
// for the next GET.
//
// # What a client may not do
//
// Have two GETs or two POSTs out at a time; send packets that are unknown, empty
// or out of place, base64 that is none, text that is not UTF-8; finish an upgrade
// that was not probed, or while it is posting. Each of these ends its session,
// and no other, except that a failed upgrade leaves a session polling.
//
// # Limits
//
// Sessions are limited in number (503), a POST in bytes (413) and packets (400),
// a message over WebSocket in bytes (1009), what waits for one session in bytes
// (while polling: the bytes and what it takes to hold them), an upgrade and a
// silent client in time. A client that is heard no more is gone PingInterval +
// PingTimeout later, however it has vanished. How long a request may take to
// come is for http.Server to limit; a parked GET lifts ReadTimeout and
// WriteTimeout for itself.
//
// No header allows pages of other origins in; Config.MayConnect may refuse them
// wholly. JSONP and Engine.IO 3 are not spoken.
package engine
