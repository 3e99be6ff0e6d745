package loadgen

// Dialers open the clients of every transport, by its name in package
// transport. That of a transport which is Paced returns a [Poller].
var Dialers = map[string]Dialer{
	"poll":             DialPoll,
	"poll-etag":        DialPollETag,
	"longpoll":         DialLongPoll,
	"sse":              DialSSE,
	"ws":               DialWebSocket,
	"ws-deflate":       DialWebSocketDeflate,
	"ws-batch":         DialWebSocketBatch,
	"socketio-polling": DialSocketIOPolling,
	"socketio-ws":      DialSocketIO,
}
