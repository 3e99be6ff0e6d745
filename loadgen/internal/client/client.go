// Package client has the client half of every transport, as state machines
// without I/O: bytes and instants go in, bytes and deliveries come out. A
// client knows no socket, no goroutine, no clock and no lock.
package client

import (
	"errors"
	"time"

	"github.com/pollpush/pollpush/loadgen/internal/codec"
)

// Line is one of a client's connections.
type Line int

const (
	Main  Line = iota // receives
	Post              // publishes, where that takes requests of its own
	Lines             // their number
)

// Client is one simulated person's hold on one room over one transport. Each
// method is one step of its conversation, and answers in the [Turn].
type Client interface {
	// Open begins on a line that has just been connected.
	Open(t *Turn, line Line)
	// Receive takes in what a line has brought, and returns how many bytes of
	// it. The rest is offered again, with what comes after it.
	Receive(t *Turn, line Line, b []byte) (used int)
	// End takes in that a line has ended, after rest, which Receive left: with
	// [io.EOF], or for an error. A line that could not be connected ends, too.
	End(t *Turn, line Line, rest []byte, err error)
	// Publish sends a text, which needs no escaping in JSON, as soon as it can:
	// Turn.Published tells when that is done. There is one at a time.
	Publish(t *Turn, text string)
	// Wake is called at the instant that Turn.Awake asked for.
	Wake(t *Turn)
	// Close says goodbye, where the transport does.
	Close(t *Turn)
}

// Poller is a Client that receives only what it asked for.
type Poller interface {
	Client
	// Poll sends one request as soon as it can. There must be no unanswered one
	// before.
	Poll(t *Turn)
}

// Rearmer is a Client that gets news by answers to requests, and sends the
// next one as soon as it has got an answer.
type Rearmer interface {
	Client
	// Armed reports whether a request is out.
	Armed() bool
}

// Turn is one step of a conversation. Now, Ahead, Counts and the tools are
// given; the rest is what the client wants done.
type Turn struct {
	Now    int64 // ns of the monotonic clock
	Ahead  int64 // of the wall clock, ns before it
	Counts *Counts
	Tools  *Tools

	Send  [Lines][]byte // to be written
	Open  [Lines]bool   // a new connection is wanted, in place of the one that is there
	Need  int           // how many bytes the line must bring in all before Receive can use any; 0 for one more
	Awake int64         // when Wake is to be called; 0 for never

	Ready      bool       // it has joined; a Poller can be asked to poll
	Sent       bool       // the poll has gone out
	Answered   bool       // the poll has been answered
	Deliveries []Delivery // oldest first; they hold for this turn
	Refused    *codec.AnswerError
	Published  bool  // what was to be published has come to its end
	NotSaid    error // that it was not accepted
	// Ended is why the conversation has come to its end. It can begin again with
	// Main connected anew.
	Ended error
}

// Reset makes t ready for another turn at an instant. What was sent before may
// be overwritten.
func (t *Turn) Reset(now int64) {
	*t = Turn{
		Now: now, Ahead: t.Ahead, Counts: t.Counts, Tools: t.Tools, Deliveries: t.Deliveries[:0],
		Send: [Lines][]byte{t.Send[Main][:0], t.Send[Post][:0]},
	}
	t.Tools.Reset()
}

// Tools are what all clients of one goroutine share.
type Tools struct {
	codec.Inflater
	codec.Deflater
}

// Delivery is one message as a client got it.
type Delivery = codec.Delivery

// Target says whom a client talks to, and as whom.
type Target struct {
	Host      string // and port, as requests name it
	TLS       bool
	Room      string
	User      string
	After     uint64        // the last message id already seen
	Wait      time.Duration // how long a long poll lets the server wait for news
	Publishes bool
	Cookies   *Cookies // nil keeps none
}

// appendHost goes on with a header whose request line begins at from.
func (target *Target) appendHost(t *Turn, b []byte, from int) []byte {
	b = target.Cookies.appendTo(b, b[from:], t.wall())
	b = append(b, "Host: "...)
	b = append(b, target.Host...)
	return append(b, "\r\nUser-Agent: pollpush\r\n"...)
}

// silent is what a client has in common that asks for no alarm, and says no goodbye.
type silent struct{}

func (silent) Wake(*Turn)  {}
func (silent) Close(*Turn) {}

// ErrTimeout is why a client that takes too long is ended.
var ErrTimeout = errors.New("timeout")

// ErrUnanswered is what a message that was sent comes to where the connection
// ends before its answer.
var ErrUnanswered = errors.New("no answer before the connection ended")

// LastAnswer is a refusal that ends the client that got it: its session is
// over, and its connection is not.
type LastAnswer struct{ Answer *codec.AnswerError }

func (e *LastAnswer) Error() string { return "the session has ended: " + e.Answer.Error() }

// fail ends the conversation for err, if there is one, or only this request where
// err refuses it.
func (t *Turn) fail(err error) {
	if !errors.As(err, &t.Refused) {
		t.Ended = err
	}
}

func (t *Turn) said(err error) { t.Published, t.NotSaid = true, err }
