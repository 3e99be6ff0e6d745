package contract

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// link is an Engine.IO v4 session, by whichever of its transports.
type link interface {
	// read waits for the next packet that is no ping.
	read() string
	write(packet string)
	fail(found, remedy string)
	about(more string) question
	parsed(b []byte, remedy string) message
}

// enginePath is where a session is opened; the query is the chat's.
func enginePath(transport, query string) string {
	return "/socket.io/?EIO=4&transport=" + transport + "&" + query
}

// openPacket is what a session begins with.
type openPacket struct {
	SID          string   `json:"sid"`
	Upgrades     []string `json:"upgrades"`
	PingInterval int      `json:"pingInterval"` // milliseconds
	PingTimeout  int      `json:"pingTimeout"`
	MaxPayload   int      `json:"maxPayload"`
}

func parseOpen(packet string) (openPacket, bool) {
	var o openPacket
	err := json.Unmarshal([]byte(strings.TrimPrefix(packet, "0")), &o)
	return o, strings.HasPrefix(packet, "0{") && err == nil && o.SID != "" && o.PingInterval > 0 && o.PingTimeout > 0
}

const openRemedy = `open with 0{"sid":"…","upgrades":[…],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000}`

// pollLink is a session by HTTP long polling.
type pollLink struct {
	question
	v       *visit
	path    string
	open    openPacket
	packets []string // read and not yet taken
}

// pollLink opens a session.
func (v *visit) pollLink(query string) *pollLink {
	path := enginePath("polling", query)
	a := v.get(path)
	a.offered()
	a.is(http.StatusOK)
	open, ok := parseOpen(string(a.body))
	if !ok {
		a.fail(quote(string(a.body)), openRemedy)
	}
	return &pollLink{question: question{"Socket.IO by polling"}, v: v, path: path + "&sid=" + url.QueryEscape(open.SID), open: open}
}

func (k *pollLink) read() string {
	for {
		for len(k.packets) == 0 {
			k.get()
		}
		packet := k.packets[0]
		k.packets = k.packets[1:]
		if packet != "2" {
			return packet
		}
		k.write("3")
	}
}

// get polls once.
func (k *pollLink) get() {
	a := k.v.get(k.path)
	a.is(http.StatusOK)
	k.packets = strings.Split(string(a.body), "\x1e")
}

func (k *pollLink) write(packet string) {
	k.v.do(http.MethodPost, k.path, packet, "Content-Type", "text/plain;charset=UTF-8").is(http.StatusOK)
}

// socketLink is a session by WebSocket.
type socketLink struct {
	question
	socket *socket
	before []string // packets read by polling, before the upgrade
}

// socketLink opens a session by WebSocket alone.
func (v *visit) socketLink(query string) *socketLink {
	k := v.dialLink(enginePath("websocket", query))
	packet := k.read()
	if _, ok := parseOpen(packet); !ok {
		k.socket.fail(quote(packet), openRemedy)
	}
	return k
}

func (v *visit) dialLink(path string) *socketLink {
	return &socketLink{question: question{"Socket.IO by WebSocket"}, socket: v.dial(path, false)}
}

func (k *socketLink) read() string {
	if len(k.before) > 0 {
		packet := k.before[0]
		k.before = k.before[1:]
		return packet
	}
	for {
		packet := string(k.socket.frame())
		if packet != "2" {
			return packet
		}
		k.write("3")
	}
}

func (k *socketLink) write(packet string) { k.socket.text(packet) }

// upgrade takes a session from polling to a WebSocket, as the official client
// does: a poll is out when it begins, and has to end before it does. What
// happens meanwhile is between's.
func (k *pollLink) upgrade(between func()) *socketLink {
	if !slices.Contains(k.open.Upgrades, "websocket") {
		k.absent(fmt.Sprintf("the handshake offers the upgrades %+q", k.open.Upgrades))
	}
	parked := make(chan error, 1)
	go func() { parked <- attempt(k.get) }()
	w := k.v.dialLink(strings.Replace(k.path, "transport=polling", "transport=websocket", 1))
	w.write("2probe")
	if answer := string(w.socket.frame()); answer != "3probe" {
		w.socket.fail(quote(answer)+" to 2probe", "answer 3probe")
	}
	must(<-parked)
	w.before = slices.DeleteFunc(k.packets, func(packet string) bool { return packet == "6" })
	between()
	w.write("5")
	return w
}
