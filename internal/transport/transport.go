// Package transport is the table of the ways to carry the chat. It is the
// project's feature list: what stands here can be run, compared and reported.
package transport

import (
	"time"

	"github.com/pollpush/pollpush/loadgen"
)

// Transport is one way to carry the chat.
type Transport struct {
	Name  string // as scenarios and results name it
	About string // in one line
	Paced bool   // receives by asking at an interval; its Dial returns a [loadgen.Poller]
	// Wait is the longest that a request waits for news, where an answer is
	// followed by the next request at once and news are all that ends the wait.
	Wait time.Duration
	// Heartbeat is the same where a heartbeat, which is answered, ends the wait.
	Heartbeat time.Duration
	Batched   bool // asks the server to gather messages
	Dial      loadgen.Dialer
}

// All returns the transports, in the order in which reports list them.
func All() []Transport {
	return []Transport{
		{Name: "poll", About: "asks for news at an interval: GET ?after=ID", Paced: true, Dial: loadgen.DialPoll},
		{Name: "poll-etag", About: "asks at an interval whether there is news: If-None-Match, 304", Paced: true, Dial: loadgen.DialPollETag},
		{Name: "longpoll", About: "asks once and is answered when there is news: GET ?wait=25s", Wait: loadgen.LongPollWait, Dial: loadgen.DialLongPoll},
		{Name: "sse", About: "is told of news by Server-Sent Events", Dial: loadgen.DialSSE},
		{Name: "ws", About: "is told of news over a WebSocket", Dial: loadgen.DialWebSocket},
		{Name: "ws-deflate", About: "the same, compressed: permessage-deflate", Dial: loadgen.DialWebSocketDeflate},
		{Name: "ws-batch", About: "the same, told of what a short window has gathered", Batched: true, Dial: loadgen.DialWebSocketBatch},
		{Name: "socketio-polling", About: "Socket.IO that stays with HTTP long polling", Heartbeat: 25 * time.Second, Dial: loadgen.DialSocketIOPolling},
		{Name: "socketio-ws", About: "Socket.IO over a WebSocket", Dial: loadgen.DialSocketIO},
	}
}

// Names returns the names of All.
func Names() []string {
	var names []string
	for _, t := range All() {
		names = append(names, t.Name)
	}
	return names
}

// Paced are the names of those that poll at an interval.
func Paced() []string {
	var names []string
	for _, t := range All() {
		if t.Paced {
			names = append(names, t.Name)
		}
	}
	return names
}

// Find returns the transport of a name.
func Find(name string) (t Transport, ok bool) {
	for _, t := range All() {
		if t.Name == name {
			return t, true
		}
	}
	return t, false
}
