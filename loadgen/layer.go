package loadgen

import (
	"sync/atomic"

	"github.com/pollpush/pollpush/internal/result"
)

// layer counts what one direction's bytes are made of. By these rules each
// byte is in one layer:
//
//   - text: the value of "text" of every message object, as it is in the
//     JSON, without its quotes: of deliveries, of what is published, and of
//     acknowledgements that repeat it, as a POST's 201 does.
//   - envelope: all other JSON of the chat, blanks included: the rest of message
//     objects, pages, acknowledgements, truncation notices, error objects
//     (problem+json too), and the line feeds between the objects of one
//     WebSocket message. Of Socket.IO it is what is within the arrays of
//     events and acknowledgements, but for the name "chat message".
//   - compression: what compressed payloads have more than what they stand for,
//     as a rule less than nothing. So text and envelope are those that one
//     would have counted without compression.
//   - tls: what TLS has put on the wire beyond what it was given: handshakes,
//     the heads and seals of records, alerts.
//   - protocol: the rest. HTTP's request and status lines, headers and chunk
//     framing; bodies that are not JSON; WebSocket's headers, masks and control
//     frames; of event streams the names of fields, ids, line ends and comments;
//     the packets of Engine.IO and Socket.IO around their JSON; and all
//     handshakes.
//
// Protocol is not counted but what remains, so that the layers add up to all
// bytes at every instant. What has been read and not been understood yet, or
// cannot be, is in it.
type layer struct{ text, envelope, compression, tls atomic.Int64 }

// tally is what some bytes hold of the innermost layers.
type tally struct{ text, envelope int64 }

func (l *layer) add(t tally) {
	if t.text != 0 {
		l.text.Add(t.text)
	}
	if t.envelope != 0 {
		l.envelope.Add(t.envelope)
	}
}

// read returns the layers of all bytes. They are read from the inside out, the
// other way round than they are counted: so protocol is never below 0.
func (l *layer) read(all *atomic.Int64) (result.Layer, int64) {
	r := result.Layer{Text: l.text.Load(), Envelope: l.envelope.Load(), Compression: l.compression.Load(), TLS: l.tls.Load()}
	n := all.Load()
	r.Protocol = n - r.Sum()
	return r, n
}

// settle gives what an earlier count has more of than a later one, of TLS and
// then of protocol, to the layers that grew meanwhile: those bytes had been read
// by then, and not been understood yet.
func settle(l *result.Layer, later result.Layer) {
	sealed := max(0, l.TLS-later.TLS)
	l.TLS -= sealed
	l.Protocol += sealed
	for _, grown := range [...]struct {
		from *int64
		to   int64
	}{
		{&l.Text, later.Text},
		{&l.Envelope, later.Envelope},
		{&l.TLS, later.TLS},
		{&l.Compression, later.Compression},
	} {
		n := max(0, min(l.Protocol-later.Protocol, grown.to-*grown.from))
		*grown.from += n
		l.Protocol -= n
	}
}

// published is what the JSON of a message that is published holds.
func published(user, text string) tally {
	return tally{text: int64(len(text)), envelope: int64(len(`{"user":"","text":""}`) + len(user))}
}

// objectTally is what an answer's body holds that is not of messages only. A
// body that is not one object, such as none, holds nothing of the chat.
func objectTally(body []byte) tally {
	var o object
	if len(body) == 0 || scanObject(body, &o) != nil {
		return tally{}
	}
	return tally{text: int64(len(o.text)), envelope: int64(len(body) - len(o.text))}
}

// messagesTally is what size bytes of JSON hold that these messages were in.
func messagesTally(ds []Delivery, size int) tally {
	t := tally{envelope: int64(size)}
	for i := range ds {
		t.text += int64(len(ds[i].Text))
	}
	t.envelope -= t.text
	return t
}
