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
type link struct {
	question
	v       *visit
	path    string // of requests while it polls
	open    openPacket
	packets []string        // read and not yet taken
	more    func() []string // waits for packets
	write   func(packet string)
}

// read waits for the next packet that is no ping.
func (k *link) read() string {
	for {
		for len(k.packets) == 0 {
			k.packets = k.more()
		}
		packet := k.packets[0]
		k.packets = k.packets[1:]
		if packet != "2" {
			return packet
		}
		k.write("3")
	}
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

// opened takes the packet that a session begins with, the answer to q.
func (k *link) opened(q question, packet string) {
	err := json.Unmarshal([]byte(strings.TrimPrefix(packet, "0")), &k.open)
	if err != nil || !strings.HasPrefix(packet, "0{") || k.open.SID == "" || k.open.PingInterval <= 0 || k.open.PingTimeout <= 0 {
		q.fail(quote(packet), openRemedy)
	}
}

const openRemedy = `open with 0{"sid":"…","upgrades":[…],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000}`

// pollLink opens a session by HTTP long polling.
func (v *visit) pollLink(query string) *link {
	path := enginePath("polling", query)
	a := v.get(path)
	a.offered()
	a.is(http.StatusOK)
	k := &link{question: question{"Socket.IO by polling"}, v: v}
	k.more, k.write = k.poll, k.post
	k.opened(a.question, string(a.body))
	k.path = path + "&sid=" + url.QueryEscape(k.open.SID)
	return k
}

func (k *link) poll() []string {
	a := k.v.get(k.path)
	a.is(http.StatusOK)
	return strings.Split(string(a.body), "\x1e")
}

func (k *link) post(packet string) {
	k.v.do(http.MethodPost, k.path, packet, "Content-Type", "text/plain;charset=UTF-8").is(http.StatusOK)
}

// socketLink opens a session by WebSocket alone.
func (v *visit) socketLink(query string) *link {
	s := v.dial(enginePath("websocket", query), false)
	k := &link{v: v}
	k.use(s)
	k.opened(s.question, k.read())
	return k
}

// use has the session go over a WebSocket from now on.
func (k *link) use(s *socket) {
	k.question = question{"Socket.IO by WebSocket"}
	k.more = func() []string { return []string{string(s.frame())} }
	k.write = s.text
}

// upgrade takes a session from polling to a WebSocket, as the official client
// does: a poll is out when it begins, and has to end before it does. What
// happens meanwhile is between's.
func (k *link) upgrade(between func()) {
	if !slices.Contains(k.open.Upgrades, "websocket") {
		k.absent(fmt.Sprintf("the handshake offers the upgrades %+q", k.open.Upgrades))
	}
	var last []string
	parked := make(chan error, 1)
	go func() { parked <- attempt(func() { last = k.poll() }) }()
	s := k.v.dial(strings.Replace(k.path, "transport=polling", "transport=websocket", 1), false)
	s.text("2probe")
	if answer := string(s.frame()); answer != "3probe" {
		s.fail(quote(answer)+" to 2probe", "answer 3probe")
	}
	must(<-parked)
	k.packets = slices.DeleteFunc(last, func(packet string) bool { return packet == "6" })
	k.use(s)
	between()
	k.write("5")
}
