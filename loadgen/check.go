package loadgen

import (
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/pollpush/pollpush/internal/chat"
	"github.com/pollpush/pollpush/internal/result"
)

// sampleEvery is which of a client's deliveries are decoded in full and held
// against what was published: the first, and then one of so many.
const sampleEvery = 256

// checks are done by one goroutine: decoding on the clients' own would make
// every one of their stacks at least twice as large, for as long as they wait.
type checks chan check

// check is one delivery to be checked.
type check struct {
	room *room
	tag  Tag
	id   uint64
	json []byte
}

// offer gives a delivery to be checked, unless so many wait already that it
// would have to wait too.
func (c checks) offer(s *subscriber, d *Delivery, tag Tag) {
	select {
	case c <- check{s.room, tag, d.ID, bytes.Clone(d.JSON)}:
	default:
	}
}

// work checks what is offered until the channel is closed.
func (c checks) work(r *run) {
	for sample := range c {
		if kind, err := sample.verify(r); err != nil {
			r.fail(kind, err)
		}
	}
}

func (c check) verify(r *run) (kind string, err error) {
	var m chat.Message
	if err := json.Unmarshal(c.json, &m); err != nil {
		return result.MalformedMessage, fmt.Errorf("message %.120q: %w", c.json, err)
	}
	want := Text(r.plan.Nonce, r.plan.Seed, c.room.index, c.tag, r.plan.Payload)
	if m.ID != c.id || m.Room != c.room.name || m.Text != want {
		return result.CorruptMessage, fmt.Errorf("message %.300q is not what was published: room %s, text %q", c.json, c.room.name, want)
	}
	return "", nil
}
