package client

// New makes a client of a transport, that it [Knows].
func New(transport string, target Target) Client { return makers[transport](target) }

// makers make the clients of every transport, by its name in package
// transport. That of a transport which is Paced makes a [Poller].
var makers = map[string]func(Target) Client{
	"poll":             func(t Target) Client { return newPoll(t, false) },
	"poll-etag":        func(t Target) Client { return newPoll(t, true) },
	"longpoll":         newLongPoll,
	"sse":              newSSE,
	"ws":               func(t Target) Client { return newWebSocket(t, false, false) },
	"ws-deflate":       func(t Target) Client { return newWebSocket(t, true, false) },
	"ws-batch":         func(t Target) Client { return newWebSocket(t, false, true) },
	"socketio-polling": newSocketIOPolling,
	"socketio-ws":      newSocketIO,
}

// Knows reports whether New makes clients of a transport.
func Knows(transport string) bool { return makers[transport] != nil }
