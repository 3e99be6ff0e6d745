// Package transport is the table of the ways to carry the chat. It is the
// project's feature list: what stands here can be run, compared and reported.
package transport

import (
	"github.com/pollpush/pollpush/loadgen"
)

// Transport is one way to carry the chat.
type Transport struct {
	Name  string // as scenarios and results name it
	About string // in one line
	Paced bool   // receives by asking at an interval; its Dial returns a [loadgen.Poller]
	Dial  loadgen.Dialer
}

// All returns the transports, in the order in which reports list them.
func All() []Transport {
	return []Transport{
		{Name: "poll", About: "asks for news at an interval: GET ?after=ID", Paced: true, Dial: loadgen.DialPoll},
		{Name: "ws", About: "is told of news over a WebSocket", Dial: loadgen.DialWebSocket},
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

// Find returns the transport of a name.
func Find(name string) (t Transport, ok bool) {
	for _, t := range All() {
		if t.Name == name {
			return t, true
		}
	}
	return t, false
}
