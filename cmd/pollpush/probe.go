package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"regexp"
	"time"

	"github.com/pollpush/pollpush/internal/contract"
	"github.com/pollpush/pollpush/internal/control"
	"github.com/pollpush/pollpush/internal/localhost"
	"github.com/pollpush/pollpush/loadgen"
)

type probeCommand struct {
	Transport string        `arg:"" help:"How to receive: ${transports}."`
	URL       string        `arg:"" help:"The server's base address, as http://127.0.0.1:8080."`
	CA        string        `name:"ca" placeholder:"FILE" help:"PEM file of the certificates to trust an HTTPS server by (the system's)."`
	Room      string        `default:"lobby" placeholder:"NAME" help:"Room to read (${default})."`
	After     *uint64       `placeholder:"ID" help:"Start after this message; 0 prints all that is kept (only new messages)."`
	Interval  time.Duration `default:"1s" placeholder:"TIME" help:"Time between polls, if the transport polls (${default})."`
}

const (
	minInterval  = 10 * time.Millisecond
	probeTimeout = 10 * time.Second // to connect
	firstPause   = 500 * time.Millisecond
	longestPause = 30 * time.Second
)

var roomName = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)

// Run prints each message of a room as one line of JSON until interrupted,
// which is its usual end. A connection that is lost is opened again, and goes
// on after the last message.
func (c *probeCommand) Run(s *session) error {
	t, err := find(c.Transport)
	if err != nil {
		return err
	}
	base, err := contract.Base(c.URL)
	if err != nil {
		return &usageError{err}
	}
	if !roomName.MatchString(c.Room) {
		return usage("--room %q: want 1 to 64 characters of A-Z a-z 0-9 _ -", c.Room)
	}
	if c.Interval < minInterval {
		return usage("--interval %v: want at least %v", c.Interval, minInterval)
	}
	_, roots, err := readTrust("--ca", c.CA)
	if err != nil {
		return err
	}
	p := &probe{session: s, transport: t.Name, base: base, roots: roots, room: c.Room, interval: c.Interval}
	if c.After != nil {
		p.after = *c.After
	} else if p.after, err = newest(s, base, roots, c.Room, &p.cookies); err != nil && s.Err() == nil {
		return &control.Refusal{Err: err}
	}
	fmt.Fprintf(s.stderr, "pollpush: room %s of %s over %s, after message %d\n", p.room, p.base, t.Name, p.after)
	return p.run()
}

// newest asks for the id of a room's newest message, and keeps what cookies come
// with it.
func newest(ctx context.Context, base string, roots *x509.CertPool, room string, cookies *loadgen.Cookies) (uint64, error) {
	ctx, cancel := context.WithTimeout(ctx, probeTimeout)
	defer cancel()
	path := "/api/rooms/" + room + "/messages?limit=1"
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, base+path, nil)
	if err != nil {
		return 0, err
	}
	answer, err := localhost.Client(roots).Do(request)
	if untrusted := (*tls.CertificateVerificationError)(nil); errors.As(err, &untrusted) {
		return 0, fmt.Errorf("%w; give the certificate, or that of the authority that signed it, with --ca FILE", err)
	}
	if err != nil {
		return 0, fmt.Errorf("%w; is the server running there?", err)
	}
	defer answer.Body.Close()
	if to, err := answer.Location(); err == nil && answer.StatusCode/100 == 3 {
		return 0, fmt.Errorf("GET %s%s is redirected to %s: redirects are not followed; give the final address", base, path, to)
	}
	for _, field := range answer.Header.Values("Set-Cookie") {
		cookies.Set(field, answer.TLS != nil, time.Now())
	}
	body, err := io.ReadAll(io.LimitReader(answer.Body, 1<<20))
	var page struct{ Last *uint64 }
	if err != nil || answer.StatusCode != http.StatusOK || json.Unmarshal(body, &page) != nil || page.Last == nil {
		return 0, fmt.Errorf("GET %s%s: found %s with %.80q, want the room's last message; or use --after ID",
			base, path, answer.Status, bytes.TrimSpace(body))
	}
	return *page.Last, nil
}

// probe listens in one room.
type probe struct {
	*session
	transport  string
	base, room string
	roots      *x509.CertPool
	cookies    loadgen.Cookies
	interval   time.Duration

	after    uint64 // the last message printed
	received bool   // whether the server has ever let us in
	line     bytes.Buffer
}

// errUnread is that nobody takes what is printed any more.
var errUnread = errors.New("standard output is closed")

func (p *probe) run() error {
	for pause := firstPause; ; pause = min(2*pause, longestPause) {
		began := time.Now()
		err := p.listen()
		switch {
		case p.Err() != nil, errors.Is(err, errUnread):
			return nil // ended as it was asked to
		case p.stdout.failure() != nil:
			return err
		case !p.received, final(err):
			return refuse("room %s of %s cannot be received over %s: %w", p.room, p.base, p.transport, err)
		}
		if time.Since(began) > pause {
			pause = firstPause
		}
		wait := pause/2 + rand.N(pause/2) // not all at once, where many have lost a server
		fmt.Fprintf(p.stderr, "pollpush: %v; trying again in %v, after message %d\n", err, wait.Round(time.Millisecond), p.after)
		p.sleep(wait)
	}
}

// final says whether an error is a refusal that time will not change.
func final(err error) bool {
	answer, ok := errors.AsType[*loadgen.AnswerError](err)
	return ok && answer.Status < 500 && answer.Status != http.StatusRequestTimeout && answer.Status != http.StatusTooManyRequests
}

// listen opens a client and prints what it receives until it ends.
func (p *probe) listen() error {
	ctx, cancel := context.WithTimeout(p, probeTimeout)
	client, err := loadgen.Dial(ctx, p.transport, loadgen.Target{URL: p.base, Room: p.room, User: "probe", After: p.after, Roots: p.roots, Cookies: &p.cookies})
	cancel()
	if err != nil {
		return err
	}
	defer client.Close()
	defer context.AfterFunc(p, func() { client.Close() })()
	polls := client.Polls()
	p.received = p.received || client.LetIn()
	for next := time.Now(); ; {
		if polls {
			client.Poll()
		}
		messages, err := client.Receive()
		if err != nil {
			return err
		}
		p.received = true
		for _, m := range messages {
			if err := p.print(m); err != nil {
				return err
			}
		}
		if polls {
			next = next.Add(p.interval)
			p.sleep(time.Until(next))
		}
	}
}

// print prints a message, unless it has been printed before.
func (p *probe) print(m loadgen.Delivery) error {
	if m.ID <= p.after {
		return nil
	}
	p.line.Reset()
	if err := json.Compact(&p.line, m.JSON); err != nil {
		return fmt.Errorf("message %d: %w", m.ID, err)
	}
	p.line.WriteByte('\n')
	if m.ID > p.after+1 {
		fmt.Fprintf(p.stderr, "pollpush: messages %d to %d are missing: the server no longer keeps them\n", p.after+1, m.ID-1)
	}
	p.after = m.ID
	if _, err := p.stdout.data(p.line.Bytes()); err != nil {
		return err
	}
	if p.stdout.isUnread() {
		return errUnread
	}
	return nil
}
