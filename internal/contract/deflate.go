package contract

import (
	"fmt"
	"strings"

	"github.com/gorilla/websocket"
)

var byDeflate = []string{"ws-deflate"}

var deflate = []Point{
	{Group: "deflate", Name: "permessage-deflate is accepted", Transports: byDeflate, Needed: true, try: deflateAgreed},
	{Group: "deflate", Name: "it is accepted without context takeover", Transports: byDeflate, try: deflateForgets},
	{Group: "deflate", Name: "messages arrive compressed and intact", Transports: byDeflate, try: deflateDelivers},
	{Group: "deflate", Name: "the size limit applies after inflating: 1009", Transports: byDeflate, try: deflateBomb},
}

// compressedSocket opens a WebSocket with permessage-deflate.
func (v *visit) compressedSocket(room string) (*socket, error) {
	s, err := v.opened(v.dial(v.socketPath(room, ""), true))
	if err == nil && s.header.Get("Sec-Websocket-Extensions") == "" {
		err = &absence{s.asked, "permessage-deflate was offered but not accepted"}
	}
	return s, err
}

// deflateAgreed takes any terms, as a load does.
func deflateAgreed(v *visit) error {
	_, err := v.dial(v.socketPath(v.room(), ""), true)
	if _, other := err.(*otherTerms); other {
		return nil
	}
	return deflateForgets(v)
}

func deflateForgets(v *visit) error {
	_, err := v.compressedSocket(v.room()) // the dialer takes no other terms
	return err
}

func deflateDelivers(v *visit) error {
	room := v.room()
	s := must1(v.compressedSocket(room))
	other := must1(v.compressedSocket(room))
	text := strings.Repeat("0123456789", 400)
	for range 2 {
		must(s.text(body("ada", text)))
	}
	must(s.wants(1, text, text))
	before := other.tcp.read.Load()
	must(other.wants(1, text, text))
	if n := other.tcp.read.Load() - before; n > int64(len(text)) {
		return s.fault(fmt.Sprintf("%d bytes for two messages of %d bytes of digits", n, len(text)), "compress messages for clients that agreed to it")
	}
	return nil
}

func deflateBomb(v *visit) error {
	s := must1(v.compressedSocket(v.room()))
	_ = s.text(`{"user":"ada","text":"` + strings.Repeat(" ", 1<<20) + `"}`) // the server may close before it has read all
	s.asked += ", 1 MiB of spaces, compressed"
	return s.closed(websocket.CloseMessageTooBig)
}
