package faultproxy

import "slices"

// direction reads what one side of a connection sends, in whatever pieces it
// comes, and counts it. Where messages may have faults, what goes on is put
// together from what has been read; else it is what came, at once. Each state
// takes the next part from the front of what is held.
type direction struct {
	in       bool      // to the client
	counts   *Counts   // of the connection
	exchange *exchange // shared by both directions of it
	faults   filter
	began    func(request string) (refused bool) // called at the connection's first request

	state state
	held  []byte // not taken yet: not whole
	out   []byte // to go on
	left  int64  // of the body, chunk or frame that goes on in pieces
	after state  // what follows that
	event []byte // of a stream of events, not whole yet
	reset bool   // the connection is to be reset, once out is written
}

// state takes the next part from the front of b and returns its size, or 0
// where b does not hold it whole.
type state func(b []byte) int

// exchange is what requests tell of the responses to them, and the other way.
type exchange struct {
	bodiless []bool // of requests not yet answered: whether the answer has no body, as HEAD's has none
	upgraded bool   // both directions are WebSockets now
}

// newDirections returns the readers of a relay's two directions. Both are used
// under its lock.
func newDirections(r *relay) (out, in *direction) {
	f := r.proxy.faults
	shared := &exchange{}
	out = &direction{counts: &r.counts, exchange: shared, began: func(request string) bool {
		r.first = request
		return f.Refuse != nil && f.Refuse(request)
	}}
	in = &direction{in: true, counts: &r.counts, exchange: shared}
	if f.Message != nil {
		in.faults.of = func(id uint64) Fault { return f.Message(r.number, id) }
	}
	out.state, in.state = out.request, in.response
	return out, in
}

// feed takes in the next bytes and returns what goes on, which is nobody else's.
func (d *direction) feed(b []byte) []byte {
	d.held = append(d.held, b...)
	d.out = nil
	for len(d.held) > 0 && !d.reset {
		n := d.state(d.held)
		if n == 0 {
			break
		}
		d.held = d.held[n:]
	}
	if d.faults.of == nil && !d.reset {
		return slices.Clone(b)
	}
	return d.out
}

// rest is what goes on when nothing more comes: half a head, or frame.
func (d *direction) rest() []byte {
	if d.faults.of == nil {
		return nil
	}
	return d.held
}

func (d *direction) pass(b []byte) {
	if d.faults.of != nil {
		d.out = append(d.out, b...)
	}
}

// opaque relays what cannot be read as it is, for good.
func (d *direction) opaque(b []byte) int {
	d.pass(b)
	return len(b)
}

// unreadable goes on as opaque, and takes that down.
func (d *direction) unreadable(b []byte) int {
	d.counts.Unparsed++
	d.state = d.opaque
	return d.opaque(b)
}

// body relays what is left of a body, chunk or frame as it comes.
func (d *direction) body(b []byte) int {
	n := min(int64(len(b)), d.left)
	d.pass(b[:n])
	if d.left -= n; d.left == 0 {
		d.state = d.after
	}
	return int(n)
}

// relayBody goes on with a body of a length, and then with what follows.
func (d *direction) relayBody(length int64, after state) {
	d.left, d.after, d.state = length, after, d.body
	if length == 0 {
		d.state = after
	}
}
