package chat

// batchBytes is where a batch ends: with the message whose JSON reaches it.
// Larger ones would make single frames larger than small clients accept.
const batchBytes = 64 << 10

// Sink takes what a room hands to one subscriber.
type Sink interface {
	// Deliver takes the next messages. Batches come one at a time and in the
	// order of their messages, never a message twice. Deliver must not block:
	// many subscribers share the calling goroutine, and all of them would wait.
	// The batch is shared as well and must not be changed; its messages and
	// forms may be kept, the batch itself may not be used after Deliver returns.
	Deliver(*Batch)
}

// Batch is a run of messages, oldest first, handed to all subscribers that are
// at the same cursor.
type Batch struct {
	Messages []Message
	// Truncated says that messages before these are no longer kept and will
	// never come. Only then may Messages be empty.
	Truncated bool

	last  uint64 // the cursor after this batch
	forms []form
}

type form struct {
	format *Format
	bytes  []byte
}

// Format is a form that batches take on the wire. Formats are told apart by
// their address, so each is a package variable of its encoder.
type Format struct {
	Encode func(*Batch) []byte
}

// As returns the batch in the given format. It is encoded by the first sink that
// asks; the others get the same bytes, which nobody may change.
func (b *Batch) As(f *Format) []byte {
	for i := range b.forms { // a handful at most
		if b.forms[i].format == f {
			return b.forms[i].bytes
		}
	}
	bytes := f.Encode(b)
	b.forms = append(b.forms, form{f, bytes})
	return bytes
}

// batch returns what follows the cursor after, up to and including the message
// to, or less where that would be too long for one batch.
func (r *Room) batch(after, to uint64) *Batch {
	r.mu.RLock()
	defer r.mu.RUnlock()
	b := &Batch{last: to}
	from := after + 1
	if oldest := r.oldest(); from < oldest {
		b.Truncated, from = true, oldest
	}
	size := 0
	for id := from; id <= to; id++ {
		if size += len(r.ring[r.slot(id)].encoded); size >= batchBytes {
			b.last = id
			break
		}
	}
	b.Messages = r.slice(from, b.last)
	return b
}
