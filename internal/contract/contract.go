// Package contract holds docs/contract.md as points, each of which a server
// can be asked for. It shares no code of the chat with the server or the load generator:
// what both of them get wrong in the same way, it finds.
package contract

import (
	"context"
	"crypto/x509"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Page describes the contract.
const Page = "https://github.com/pollpush/pollpush/blob/main/docs/contract.md"

const (
	// pointTime bounds one point, whatever the server does.
	pointTime = 10 * time.Second
	// CheckTime bounds them all.
	CheckTime = 60 * time.Second
	// together is how many points are tried at a time: each in rooms of its own.
	together = 16
)

// Point is one promise of the contract.
type Point struct {
	Group string
	Name  string
	// Transports that it belongs to. Where there is none it is tried whichever
	// are asked for.
	Transports []string
	// Needed says that none of Transports can be measured without it. Such a
	// point asks no more of a server than the load generator does.
	Needed bool
	// Optional says that a transport can be offered without it.
	Optional bool

	try func(*visit)
}

// Verdict is what came of a point.
type Verdict int

// The verdicts.
const (
	Passed  Verdict = iota
	Absent          // not offered
	Failed          // offered, and wrong
	Untried         // cut short, or not begun, when the check ended
)

// Result is what came of a point.
type Result struct {
	Point
	Verdict Verdict
	Why     string // of what is not offered, or was cut short
	Fault   *Fault // of what has failed
}

// Fault is an answer that is not what the contract says.
type Fault struct {
	Asked  string // what the server was asked
	Found  string
	Remedy string

	status     int  // of a handshake that was refused
	otherTerms bool // 101, with a compression that nothing here can read
}

func (f *Fault) Error() string {
	return fmt.Sprintf("asked %s; found %s; remedy: %s", f.Asked, f.Found, f.Remedy)
}

// Points returns all of them, in the order in which they are listed.
func Points() []Point {
	return slices.Concat(publishing, polling, conditional, longPolling, events, webSocket,
		deflate, batches, socketPolling, socketWebSocket, history, crossing, refusals, around)
}

// Part is what is checked of the contract. The zero Part is all of it.
type Part struct {
	Transports []string // that have to be offered; none is those that are
	Needed     bool     // only what measuring them needs
}

// has says whether a point is in the part.
func (part Part) has(p Point) bool {
	if part.Needed && !p.Needed {
		return false
	}
	if len(part.Transports) == 0 || len(p.Transports) == 0 {
		return true
	}
	return slices.ContainsFunc(p.Transports, func(t string) bool { return slices.Contains(part.Transports, t) })
}

// Lacking returns what keeps a transport from being measured: the needed points
// that have not passed.
func Lacking(results []Result, transport string) []Result {
	var list []Result
	for _, r := range results {
		if r.Needed && r.Verdict != Passed && slices.Contains(r.Transports, transport) {
			list = append(list, r)
		}
	}
	return list
}

// Base returns the address of a server from what a person wrote: the scheme, the
// host and the port, which is the scheme's own where none was given.
func Base(target string) (string, error) {
	u, err := url.Parse(target)
	port := 1
	if err == nil && u.Port() != "" {
		port, err = strconv.Atoi(u.Port())
	}
	if err != nil || port < 1 || port > 65535 || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" || strings.HasSuffix(u.Host, ":") || strings.ContainsAny(target, "?#") {
		return "", fmt.Errorf("target %q: give a server's base address, such as http://127.0.0.1:8080", target)
	}
	base := &url.URL{Scheme: u.Scheme, Host: u.Host}
	if u.User != nil {
		return "", fmt.Errorf("target %q: names and passwords are not sent; give the server's base address, such as %s", u.Redacted(), base)
	}
	if u.Path != "" && u.Path != "/" {
		return "", fmt.Errorf("target %q: a chat below a path cannot be measured; give the server's base address, such as %s, and serve the chat there", target, base)
	}
	if u.Port() == "" {
		base.Host += map[string]string{"http": ":80", "https": ":443"}[u.Scheme]
	}
	return base.String(), nil
}

// Check tries a part of the contract on the server at base. A server of https
// is trusted by roots; nil is the system's. The error says that there is no chat
// server to check, or is ctx's; then there are no results. Where the server has
// stopped answering, the error says so and the results are those until then.
func Check(ctx context.Context, base string, roots *x509.CertPool, part Part) ([]Result, error) {
	c := newCheck(ctx, base, roots)
	defer c.client.CloseIdleConnections()
	if err := c.reach(ctx); err != nil {
		return nil, err
	}
	results := c.all(part)
	if err := context.Cause(ctx); err != nil {
		return nil, err
	}
	return results, c.stopped(results)
}

// all tries a part. What measuring needs goes first: of what follows, bad input
// above all, some servers die.
func (c *check) all(part Part) []Result {
	var cancel context.CancelFunc
	c.ctx, cancel = context.WithTimeout(c.ctx, c.total)
	defer cancel()
	c.stop = cancel
	var results []Result
	for _, p := range Points() {
		if part.has(p) {
			results = append(results, Result{Point: p})
		}
	}
	turns := make(chan struct{}, together)
	for _, needed := range []bool{true, false} {
		var tries sync.WaitGroup
		for i := range results {
			if results[i].Needed != needed {
				continue
			}
			turns <- struct{}{}
			tries.Go(func() {
				defer func() { <-turns }()
				results[i].take(c.try(results[i].Point), part)
			})
		}
		tries.Wait()
	}
	return results
}

// take judges what a try returned.
func (r *Result) take(err error, part Part) {
	switch err := err.(type) {
	case nil:
		r.Verdict = Passed
	case untried:
		r.Verdict, r.Why = Untried, err.why
	case *absence:
		r.Verdict, r.Why = Absent, err.why
		if !r.Optional && len(part.Transports) > 0 && len(r.Transports) > 0 {
			r.Verdict = Failed
			r.Fault = &Fault{Asked: err.asked, Found: err.why, Remedy: "offer it, or omit its transport"}
		}
	case *Fault:
		r.Verdict, r.Fault = Failed, err
	default:
		r.Verdict, r.Fault = Failed, &Fault{Asked: r.Group, Found: quote(err.Error()), Remedy: "see " + Page}
	}
}
