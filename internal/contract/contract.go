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
	"strings"
	"sync"
	"time"
)

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
	// Transports cannot do without it. Where there is none, it belongs to no
	// transport, and is tried whichever are asked for.
	Transports []string
	// Optional says that a transport can be offered without it.
	Optional bool

	try func(*visit) error
}

// Verdict is what came of a point.
type Verdict int

// The verdicts.
const (
	Passed  Verdict = iota
	Absent          // not offered
	Failed          // offered, and wrong
	Untried         // cut short, or not begun, when CheckTime was over
)

// Result is what came of a point.
type Result struct {
	Point
	Verdict Verdict
	Why     string // of what is absent
	Fault   *Fault // of what has failed
}

// Fault is an answer that is not what the contract says.
type Fault struct {
	Asked  string // what the server was asked
	Found  string
	Remedy string
}

func (f *Fault) Error() string {
	return fmt.Sprintf("asked %s; found %s; remedy: %s", f.Asked, f.Found, f.Remedy)
}

// Points returns all of them, in the order in which they are listed.
func Points() []Point {
	return slices.Concat(publishing, polling, conditional, longPolling, events, webSocket,
		deflate, batches, socketPolling, socketWebSocket, history, crossing, refusals, around)
}

// Base returns the address of a server from what a person wrote: the scheme, the
// host and the port, which is the scheme's own where none was given.
func Base(target string) (string, error) {
	u, err := url.Parse(target)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" || strings.HasSuffix(u.Host, ":") || strings.ContainsAny(target, "?#") {
		return "", fmt.Errorf("target %q: give a server's base address, as http://127.0.0.1:8080", target)
	}
	base := &url.URL{Scheme: u.Scheme, Host: u.Host}
	if u.User != nil {
		return "", fmt.Errorf("target %q: no name and password are sent to a server; give its base address, as %s", u.Redacted(), base)
	}
	if u.Path != "" && u.Path != "/" {
		return "", fmt.Errorf("target %q: a chat below a path cannot be measured; give the server's base address, as %s, and have it serve the chat there", target, base)
	}
	if u.Port() == "" {
		base.Host += map[string]string{"http": ":80", "https": ":443"}[u.Scheme]
	}
	return base.String(), nil
}

// Check tries all points against the server at base, or those of some
// transports, which then have to be offered. A server of https is trusted by
// roots; nil is the system's. The error says that there is no chat server to
// check, or is ctx's.
func Check(ctx context.Context, base string, roots *x509.CertPool, transports []string) ([]Result, error) {
	c := newCheck(ctx, base, roots)
	defer c.client.CloseIdleConnections()
	if err := c.reach(ctx); err != nil {
		return nil, err
	}
	results := c.all(transports)
	return results, context.Cause(ctx)
}

// all tries what belongs to some transports.
func (c *check) all(transports []string) []Result {
	var cancel context.CancelFunc
	c.ctx, cancel = context.WithTimeout(c.ctx, c.total)
	defer cancel()
	var results []Result
	for _, p := range Points() {
		if p.belongsTo(transports) {
			results = append(results, Result{Point: p})
		}
	}
	var tries sync.WaitGroup
	turns := make(chan struct{}, together)
	for i := range results {
		turns <- struct{}{}
		tries.Go(func() {
			defer func() { <-turns }()
			results[i].take(c.try(results[i].Point), transports)
		})
	}
	tries.Wait()
	return results
}

func (p Point) belongsTo(transports []string) bool {
	if len(transports) == 0 || len(p.Transports) == 0 {
		return true
	}
	return slices.ContainsFunc(p.Transports, func(t string) bool { return slices.Contains(transports, t) })
}

// take judges what a try returned.
func (r *Result) take(err error, asked []string) {
	switch err := err.(type) {
	case nil:
		r.Verdict = Passed
	case outOfTime:
		r.Verdict = Untried
	case *absence:
		r.Verdict, r.Why = Absent, err.why
		if !r.Optional && len(asked) > 0 && len(r.Transports) > 0 {
			r.Verdict = Failed
			r.Fault = &Fault{err.asked, err.why, "offer it, or leave its transport out of --transports"}
		}
	case *Fault:
		r.Verdict, r.Fault = Failed, err
	default:
		r.Verdict, r.Fault = Failed, &Fault{r.Group, quote(err.Error()), "see docs/contract.md"}
	}
}
