package contract

import (
	"fmt"
	"strings"
)

var byDeflate = []string{"ws-deflate"}

var deflate = []Point{
	{Group: "deflate", Name: "permessage-deflate is accepted", Transports: byDeflate, Needed: true, try: deflateAgreed},
	{Group: "deflate", Name: "it is accepted without context takeover", Transports: byDeflate, try: deflateForgets},
	{Group: "deflate", Name: "messages arrive compressed and intact", Transports: byDeflate, try: deflateDelivers},
	{Group: "deflate", Name: "the size limit applies after inflating: 1009", Transports: byDeflate, try: deflateBomb},
}

// compressedSocket opens a WebSocket with permessage-deflate; the dialer takes it
// without context only.
func (v *visit) compressedSocket(room string) *socket {
	s := v.dial(v.socketPath(room, ""), true)
	if s.header.Get("Sec-Websocket-Extensions") == "" {
		s.absent("permessage-deflate was offered but not accepted")
	}
	return s
}

// deflateAgreed takes any terms, as a load does.
func deflateAgreed(v *visit) {
	err := attempt(func() { deflateForgets(v) })
	if fault, ok := err.(*Fault); !ok || !fault.otherTerms {
		must(err)
	}
}

func deflateForgets(v *visit) { v.compressedSocket(v.room()) }

func deflateDelivers(v *visit) {
	room := v.room()
	s, other := v.compressedSocket(room), v.compressedSocket(room)
	text := strings.Repeat("0123456789", 400)
	for range 2 {
		s.tell(text)
	}
	wants(s, 1, text, text)
	before := other.tcp.read.Load()
	wants(other, 1, text, text)
	if n := other.tcp.read.Load() - before; n > int64(len(text)) {
		s.fail(fmt.Sprintf("%d bytes for two messages of %d bytes of digits", n, len(text)), "compress messages for clients that agreed to it")
	}
}

func deflateBomb(v *visit) {
	v.compressedSocket(v.room()).tooBig("1 MiB of spaces, compressed", `{"user":"ada","text":"`+strings.Repeat(" ", 1<<20)+`"}`)
}
