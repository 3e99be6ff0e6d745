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
	read() (string, error)
	write(packet string) error
	asked() string
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
	v       *visit
	path    string
	open    openPacket
	packets []string // read and not yet taken
}

// pollLink opens a session.
func (v *visit) pollLink(query string) (*pollLink, error) {
	path := enginePath("polling", query)
	a, err := v.get(path)
	if err != nil {
		return nil, err
	}
	if err := a.offered(); err != nil {
		return nil, err
	}
	if err := a.is(http.StatusOK); err != nil {
		return nil, err
	}
	open, ok := parseOpen(string(a.body))
	if !ok {
		return nil, a.fault(quote(string(a.body)), openRemedy)
	}
	return &pollLink{v: v, path: path + "&sid=" + url.QueryEscape(open.SID), open: open}, nil
}

func (k *pollLink) asked() string { return "Socket.IO by polling" }

func (k *pollLink) read() (string, error) {
	for {
		for len(k.packets) == 0 {
			if err := k.get(); err != nil {
				return "", err
			}
		}
		packet := k.packets[0]
		k.packets = k.packets[1:]
		if packet != "2" {
			return packet, nil
		}
		if err := k.write("3"); err != nil {
			return "", err
		}
	}
}

// get polls once.
func (k *pollLink) get() error {
	a, err := k.v.get(k.path)
	if err != nil {
		return err
	}
	if err := a.is(http.StatusOK); err != nil {
		return err
	}
	k.packets = strings.Split(string(a.body), "\x1e")
	return nil
}

func (k *pollLink) write(packet string) error {
	a, err := k.v.do(http.MethodPost, k.path, packet, "Content-Type", "text/plain;charset=UTF-8")
	if err != nil {
		return err
	}
	return a.is(http.StatusOK)
}

// socketLink is a session by WebSocket.
type socketLink struct {
	*socket
	before []string // packets read by polling, before the upgrade
}

// socketLink opens a session by WebSocket alone.
func (v *visit) socketLink(query string) (*socketLink, error) {
	s, err := v.opened(v.dial(enginePath("websocket", query), false))
	if err != nil {
		return nil, err
	}
	k := &socketLink{socket: s}
	packet, err := k.read()
	if err != nil {
		return nil, err
	}
	if _, ok := parseOpen(packet); !ok {
		return nil, k.fault(quote(packet), openRemedy)
	}
	return k, nil
}

func (k *socketLink) asked() string { return "Socket.IO by WebSocket" }

func (k *socketLink) read() (string, error) {
	if len(k.before) > 0 {
		packet := k.before[0]
		k.before = k.before[1:]
		return packet, nil
	}
	for {
		packet, err := k.frame()
		if err != nil || string(packet) != "2" {
			return string(packet), err
		}
		if err := k.write("3"); err != nil {
			return "", err
		}
	}
}

func (k *socketLink) write(packet string) error { return k.text(packet) }

// upgrade takes a session from polling to a WebSocket, as the official client
// does: a poll is out when it begins, and has to end before it does. What
// happens meanwhile is between's.
func (k *pollLink) upgrade(between func() error) (*socketLink, error) {
	if !slices.Contains(k.open.Upgrades, "websocket") {
		return nil, &absence{k.asked(), fmt.Sprintf("the handshake offers the upgrades %+q", k.open.Upgrades)}
	}
	parked := make(chan error, 1)
	go func() { parked <- k.get() }()
	path := strings.Replace(k.path, "transport=polling", "transport=websocket", 1)
	s, err := k.v.opened(k.v.dial(path, false))
	if err != nil {
		return nil, err
	}
	w := &socketLink{socket: s}
	if err := w.write("2probe"); err != nil {
		return nil, err
	}
	answer, err := w.frame()
	if err != nil {
		return nil, err
	}
	if string(answer) != "3probe" {
		return nil, w.fault(quote(string(answer))+" to 2probe", "answer 3probe")
	}
	if err := <-parked; err != nil {
		return nil, err
	}
	w.before = slices.DeleteFunc(k.packets, func(packet string) bool { return packet == "6" })
	if err := between(); err != nil {
		return nil, err
	}
	return w, w.write("5")
}
