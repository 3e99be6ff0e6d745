package client

// New makes a client of a transport, that it [Knows].
func New(transport string, target Target) Client { return makers[transport](target) }

// makers make the clients of every transport, by its name in package
// transport. That of a transport which is Paced makes a [Poller].
var makers = map[string]func(Target) Client{
	"poll":             newPoll,
	"poll-etag":        newPollETag,
	"longpoll":         newLongPoll,
	"sse":              newSSE,
	"ws":               newWebSocket,
	"ws-deflate":       newWebSocketDeflate,
	"ws-batch":         newWebSocketBatch,
	"socketio-polling": newSocketIOPolling,
	"socketio-ws":      newSocketIO,
}

// Knows reports whether New makes clients of a transport.
func Knows(transport string) bool { return makers[transport] != nil }
