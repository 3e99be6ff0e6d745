package contract

import (
	"fmt"
	"strings"
)

var byDeflate = []string{"ws-deflate"}

var deflate = []Point{
	{Group: "deflate", Name: "permessage-deflate is agreed on", Transports: byDeflate, Needed: true, try: deflateAgreed},
	{Group: "deflate", Name: "it is agreed on without context", Transports: byDeflate, try: deflateForgets},
	{Group: "deflate", Name: "messages come compressed, and whole", Transports: byDeflate, try: deflateDelivers},
	{Group: "deflate", Name: "the limit is on what is inflated: 1009", Transports: byDeflate, try: deflateBomb},
}

// compressedSocket opens a WebSocket with permessage-deflate; the dialer takes it
// without context only.
func (v *visit) compressedSocket(room string) *socket {
	s := v.dial(v.socketPath(room, ""), true)
	if s.header.Get("Sec-Websocket-Extensions") == "" {
		s.absent("permessage-deflate was offered and not agreed to")
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
		s.fail(fmt.Sprintf("%d bytes for two messages of %d bytes of digits", n, len(text)), "compress what goes to those who have agreed to it")
	}
}

func deflateBomb(v *visit) {
	v.compressedSocket(v.room()).tooBig("1 MiB of spaces, compressed", `{"user":"ada","text":"`+strings.Repeat(" ", 1<<20)+`"}`)
}
