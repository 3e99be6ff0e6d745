// Package transport is the table of the ways to carry the chat. It is the
// project's feature list: what is here can be run, compared and reported.
// Everything known about a transport is in its row, except how clients
// speak it (package loadgen) and how it is served (package server).
package transport

import (
	"cmp"
	"slices"
	"time"
)

// Transport is one way to carry the chat.
type Transport struct {
	Name   string // as scenarios and results name it
	Spoken string // in sentences
	About  string // in one line
	Paced  bool   // its clients receive by asking at an interval
	// Wait is the longest that a request waits for news, where an answer is
	// followed by the next request at once and news are all that ends the wait.
	Wait time.Duration
	// Heartbeat is the same where a heartbeat, which is answered, ends the wait.
	Heartbeat time.Duration
	Batched   bool // asks the server to gather messages
	Posts     bool // its clients publish by POST, over a second connection
	Look
}

// Look is how charts and pages draw a transport.
type Look struct {
	Ink, Dark uint32 // 0xRRGGBB on light pages and on dark ones
	Marker    Marker
	Cased     bool // too light for a light page: drawn with an edge
}

// LongPollWait is how long a long poll lets the server wait for news where
// nothing else is asked for.
const LongPollWait = 25 * time.Second

// all uses the colours of Okabe and Ito, which colour-blind people can distinguish.
var all = []Transport{
	{Name: "poll", Spoken: "polling", About: "polls at an interval: GET ?after=ID",
		Paced: true, Posts: true, Look: Look{Ink: 0xD55E00, Dark: 0xF07B22, Marker: Circle}},
	{Name: "poll-etag", Spoken: "polling with ETag", About: "polls at an interval, conditionally: If-None-Match, 304",
		Paced: true, Posts: true, Look: Look{Ink: 0xE69F00, Dark: 0xF0B22E, Marker: OpenCircle}},
	{Name: "longpoll", Spoken: "long polling", About: "sends a request that is answered when there is news: GET ?wait=25s",
		Wait: LongPollWait, Posts: true, Look: Look{Ink: 0xCC79A7, Dark: 0xDD93BC, Marker: Triangle}},
	{Name: "sse", Spoken: "server-sent events", About: "receives Server-Sent Events",
		Posts: true, Look: Look{Ink: 0x009E73, Dark: 0x1DBB90, Marker: Downward}},
	{Name: "ws", Spoken: "WebSocket", About: "receives frames over a WebSocket",
		Look: Look{Ink: 0x0072B2, Dark: 0x4BA3DC, Marker: Square}},
	{Name: "ws-deflate", Spoken: "WebSocket with deflate", About: "a WebSocket with compression: permessage-deflate",
		Look: Look{Ink: 0x56B4E9, Dark: 0x86CCF5, Marker: OpenSquare}},
	{Name: "ws-batch", Spoken: "WebSocket with batching", About: "a WebSocket whose server batches the messages of a short window",
		Batched: true, Look: Look{Ink: 0x0A0A0A, Dark: 0xF5F5F5, Marker: Diamond}},
	{Name: "socketio-polling", Spoken: "Socket.IO over polling", About: "Socket.IO restricted to HTTP long polling",
		Heartbeat: 25 * time.Second, Posts: true, Look: Look{Ink: 0xF0E442, Dark: 0xF0E442, Marker: OpenTriangle, Cased: true}},
	{Name: "socketio-ws", Spoken: "Socket.IO over WebSocket", About: "Socket.IO over a WebSocket",
		Look: Look{Ink: 0x999999, Dark: 0xB3B3B3, Marker: OpenDiamond}},
}

// Unknown are the looks, in rotation, of transports that only results name.
var Unknown = []Look{
	{Ink: 0x7A4FA3, Dark: 0xB08AD6, Marker: Cross},
	{Ink: 0x8C564B, Dark: 0xC08A7E, Marker: Plus},
	{Ink: 0x4D7C0F, Dark: 0x9BC53D, Marker: OpenPentagon},
}

// All returns the transports, in the order in which everything lists them.
func All() []Transport { return slices.Clone(all) }

// Names returns the names of All.
func Names() []string { return names(func(Transport) bool { return true }) }

// Paced returns the names of those that poll at an interval.
func Paced() []string { return names(func(t Transport) bool { return t.Paced }) }

func names(of func(Transport) bool) (list []string) {
	for _, t := range all {
		if of(t) {
			list = append(list, t.Name)
		}
	}
	return list
}

// Find returns the transport of a name.
func Find(name string) (t Transport, ok bool) {
	if i := index(name); i < len(all) {
		return all[i], true
	}
	return t, false
}

// Describe returns the transport of a name, or for one that only results name,
// what it can be called and drawn as.
func Describe(name string) Transport {
	if t, ok := Find(name); ok {
		return t
	}
	sum := 0
	for _, b := range []byte(name) {
		sum += int(b)
	}
	return Transport{Name: name, Spoken: name, Look: Unknown[sum%len(Unknown)]}
}

// Compare orders names: the table's as in the table, then all others by name.
func Compare(a, b string) int {
	return cmp.Or(cmp.Compare(index(a), index(b)), cmp.Compare(a, b))
}

// index is the place of a name in the table, or after its end.
func index(name string) int {
	if i := slices.IndexFunc(all, func(t Transport) bool { return t.Name == name }); i >= 0 {
		return i
	}
	return len(all)
}
