package codec

// Tally is what some bytes hold of the innermost layers. By these rules each byte
// of a connection is in one layer:
//
//   - text: the value of "text" of every message object, as it is in the
//     JSON, without its quotes: of deliveries, of what is published, and of
//     acknowledgements that repeat it, as a POST's 201 does.
//   - envelope: all other JSON of the chat, blanks included: the rest of message
//     objects, pages, acknowledgements, truncation notices, error objects
//     (problem+json too), and the line feeds between the objects of one
//     WebSocket message. Of Socket.IO it is what is within the arrays of
//     events and acknowledgements, but for the name "chat message".
//   - compression: the size of compressed payloads minus that of their content,
//     usually negative. So text and envelope are those that one
//     would have counted without compression.
//   - tls: what TLS has put on the wire beyond what it was given: handshakes,
//     the heads and seals of records, alerts.
//   - protocol: the rest. HTTP's request and status lines, headers and chunk
//     framing; bodies that are not JSON; WebSocket's headers, masks and control
//     frames; of event streams the names of fields, ids, line ends and comments;
//     the packets of Engine.IO and Socket.IO around their JSON; and all
//     handshakes.
type Tally struct{ Text, Envelope int64 }

// Published is what the JSON of a message that is published holds.
func Published(user, text string) Tally {
	return Tally{Text: int64(len(text)), Envelope: int64(len(`{"user":"","text":""}`) + len(user))}
}

// ObjectTally is what an answer's body holds that is not of messages only. A
// body that is not one object, such as none, holds nothing of the chat.
func ObjectTally(body []byte) Tally {
	var o Object
	if len(body) == 0 || ScanObject(body, &o) != nil {
		return Tally{}
	}
	return Tally{Text: int64(len(o.Text)), Envelope: int64(len(body) - len(o.Text))}
}

// MessagesTally is what size bytes of JSON hold that these messages were in.
func MessagesTally(ds []Delivery, size int) Tally {
	t := Tally{Envelope: int64(size)}
	for i := range ds {
		t.Text += int64(len(ds[i].Text))
	}
	t.Envelope -= t.Text
	return t
}
