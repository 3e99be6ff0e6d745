// Package loadgen simulates the chat's clients. A transport's client half
// moves messages and measures nothing: every byte, request and connection is
// counted by the [Meter] beneath it, every latency taken by the run above it.
// It only tells the Meter how much of the bytes is text, and JSON around it.
package loadgen

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"net/url"
	"syscall"
	"time"

	"github.com/pollpush/pollpush/internal/result"
)

// dialTimeout bounds how long a client may take to be ready.
const dialTimeout = 10 * time.Second

// errClosed is returned by a client that was closed on our side.
var errClosed = errors.New("the client is closed")

// errUnanswered is what a message that was sent comes to where the connection
// ends before its answer.
var errUnanswered = fmt.Errorf("no answer before the connection ended: %w", errClosed)

// errUnsent is errClosed where what was to be published was not sent.
var errUnsent = fmt.Errorf("%w, and nothing was sent", errClosed)

// Client is one simulated person's hold on one room over one transport.
// Receive is called by one goroutine, Publish by at most one other.
type Client interface {
	// Publish returns once the server has accepted a message of this text, or
	// says why not. The text needs no escaping in JSON.
	Publish(text string) error
	// Receive waits for what the transport hands over next, oldest first; an
	// empty answer to a poll gives an empty slice. The deliveries and what
	// they point to hold until the next call. After an [AnswerError] the
	// client is still good; any other error ends it, unless it is a [Resumer].
	Receive() ([]Delivery, error)
	// Close drops the connections at once and unblocks Receive and Publish.
	Close() error
}

// Poller is a Client that receives only what it asked for.
type Poller interface {
	Client
	// Poll sends one request, without waiting; its answer is the next
	// Receive. There must be no unanswered one before. The error is errRetired
	// where nothing was sent since the connection has ended: Receive says so, too.
	Poll() error
}

// Resumer is a Client that receives over a connection of its own, which can be
// replaced while it goes on publishing over another.
type Resumer interface {
	Client
	// Suspend drops the connection that receives.
	Suspend()
	// Resume opens another, after the last message seen. It is called by the
	// goroutine that calls Receive.
	Resume(ctx context.Context, after uint64) error
}

// Rearmer is a Client that gets news by answers to requests, and sends the
// next one as soon as it has got an answer, within Receive.
type Rearmer interface {
	Client
	// Armed reports whether a request is out.
	Armed() bool
}

// Dialer opens a client, ready to receive.
type Dialer func(ctx context.Context, t Target) (Client, error)

// Target says whom to dial, and as whom.
type Target struct {
	URL       string // base URL of the server
	Room      string
	User      string
	After     uint64         // the last message id already seen
	Wait      time.Duration  // how long a long poll lets the server wait for news; 0 for [transport.LongPollWait]
	Publishes bool           // will Publish
	Source    netip.Addr     // local address, or the zero Addr for the kernel's choice
	Roots     *x509.CertPool // trusted where the URL is one of https; nil trusts the system's
	Cookies   *Cookies       // of this client, on all its connections; nil keeps none
	Meter     *Meter
}

// dial connects to the server, by TLS where its URL is one of https. The host is
// the one to ask for.
func (t Target) dial(ctx context.Context) (c *Conn, host string, err error) {
	base, err := url.Parse(t.URL)
	if err != nil {
		return nil, "", err
	}
	if c, err = t.Meter.Dial(ctx, base.Host, t.Source); err != nil {
		return nil, "", err
	}
	c.cookies = t.Cookies
	if base.Scheme == "https" {
		if err := c.secure(ctx, base.Hostname(), t.Roots); err != nil {
			c.Close()
			return nil, "", err
		}
	}
	return c, base.Host, nil
}

// Delivery is one message as a client got it.
type Delivery struct {
	ID   uint64
	Text []byte // as it is in the JSON, escapes and all
	JSON []byte // the whole message object
}

// AnswerError is an answer that refuses: an HTTP status, or the same number
// within a push transport's error message.
type AnswerError struct {
	Status int
	Text   string // the beginning of the answer
}

func (e *AnswerError) Error() string {
	if e.Text == "" {
		return fmt.Sprintf("the server answered %d", e.Status)
	}
	return fmt.Sprintf("the server answered %d: %s", e.Status, e.Text)
}

// errEnded marks an end that the server announced as its protocol asks: a
// client comes back with its cursor and has lost nothing.
var errEnded = errors.New("ended by the server")

// lastAnswer is a refusal that ends the client that got it: its session is over,
// and its connection is not.
type lastAnswer struct{ answer *AnswerError }

func (e *lastAnswer) Error() string { return "the session has ended: " + e.answer.Error() }

// dialError names the kind of a failed dial, for counting.
func dialError(err error) string { return "dial: " + errorKind(err) }

// errorKind names the kind of a client's error, for counting: one that
// [result.Fault] knows.
func errorKind(err error) string {
	var answer *AnswerError
	var last *lastAnswer
	var timeout net.Error
	switch {
	case errors.As(err, &last):
		return errorKind(last.answer)
	case errors.As(err, &answer):
		return fmt.Sprintf("%s %d", result.AnswerStatus, answer.Status)
	case errors.Is(err, syscall.ECONNREFUSED):
		return result.TargetRefused
	case errors.Is(err, syscall.EMFILE), errors.Is(err, syscall.ENFILE):
		return result.OutOfDescriptors
	case errors.Is(err, syscall.EADDRNOTAVAIL):
		return result.OutOfPorts
	case errors.Is(err, syscall.ENOBUFS), errors.Is(err, syscall.ENOMEM):
		return result.OutOfMemory
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		return result.TimedOut
	case errors.Is(err, io.EOF), errors.Is(err, errEnded), errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		return result.ConnectionLost
	case errors.Is(err, errTLS):
		return result.TLSFailed
	case errors.Is(err, errMalformed):
		return result.MalformedAnswer
	case errors.Is(err, errClosed), errors.Is(err, net.ErrClosed):
		return result.NoAnswer
	}
	return result.ConnectionFailed
}
