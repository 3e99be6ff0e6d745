package contract

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/cookiejar"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pollpush/pollpush/internal/localhost"
)

// maxAnswer bounds what is read of one answer, or from one connection: a page
// of 1,000 messages of the largest kind is smaller.
const maxAnswer = 32 << 20

// check is one server being checked.
type check struct {
	ctx    context.Context // of all points
	base   string
	roots  *x509.CertPool // that a server of https is trusted by; nil is the system's
	client *http.Client
	jar    http.CookieJar // of all points: to a load balancer they are one visitor
	limit  time.Duration  // of one point
	total  time.Duration  // of all of them
	word   string         // of this check's rooms
	rooms  atomic.Int64

	answers func() error // nil while the server answers anything at all
	asking  sync.Mutex   // held over answers, and guards gone
	gone    error        // what answers returned
	stop    func()       // ends all points

	longPolls func()      // fails where they are not offered
	filled    func() full // a room that was posted to until its history was full
}

func newCheck(ctx context.Context, base string, roots *x509.CertPool) *check {
	c := &check{ctx: ctx, base: base, roots: roots, limit: pointTime, total: CheckTime, word: strings.ToLower(rand.Text()[:6])}
	c.jar, _ = cookiejar.New(nil) // never fails
	c.client = &http.Client{
		Transport: &http.Transport{
			DialContext:         dialBounded,
			TLSClientConfig:     &tls.Config{RootCAs: roots},
			DisableCompression:  true,
			MaxIdleConnsPerHost: together,
		},
		Jar:           c.jar,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	c.answers, c.stop = c.ask, func() {}
	longPolls := sync.OnceValue(func() error { return c.try(Point{try: twoWait}) })
	c.longPolls = func() { must(longPolls()) }
	c.filled = sync.OnceValue(c.fill)
	return c
}

// boundedConn ends when it has read more than any honest server sends.
type boundedConn struct {
	net.Conn
	read atomic.Int64
}

func dialBounded(ctx context.Context, network, addr string) (net.Conn, error) {
	c, err := localhost.Dial(ctx, &net.Dialer{}, network, addr)
	if err != nil {
		return nil, err
	}
	return &boundedConn{Conn: c}, nil
}

func (c *boundedConn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	if c.read.Add(int64(n)) > maxAnswer {
		return n, errors.New("more bytes than any answer in the contract has")
	}
	return n, err
}

// first asks what every load asks first. It is cheap for any server.
func (c *check) first(ctx context.Context) *answer {
	v := &visit{check: c}
	var cancel context.CancelFunc
	v.ctx, cancel = context.WithTimeout(ctx, c.limit/2)
	defer cancel()
	return v.get(v.messages(v.room(), "?after=0&limit=1"))
}

// ask says whether the server still answers; how, does not matter. It asks twice:
// a server that is just ending resets connections before it refuses them.
func (c *check) ask() (err error) {
	for range 2 {
		if err = attempt(func() { c.first(c.ctx) }); err == nil {
			break
		}
	}
	return err
}

// isGone says, after a point has failed, whether the server does not answer
// anything any more. Then the check is over: all other points would fail, too.
func (c *check) isGone() bool {
	c.asking.Lock()
	defer c.asking.Unlock()
	if c.gone == nil && !c.isOver() {
		if err := c.answers(); err != nil && !c.isOver() {
			c.gone = err
			c.stop()
		}
	}
	return c.gone != nil
}

// stopped is the error for a server that was gone before all was tried.
func (c *check) stopped(results []Result) error {
	fault, ok := c.gone.(*Fault)
	if !ok {
		return nil
	}
	tried := 0
	for _, r := range results {
		if r.Verdict != Untried {
			tried++
		}
	}
	return fmt.Errorf("the server at %s stopped answering after %d of %d points (%s); restart it", c.base, tried, len(results), fault.Found)
}

// reach returns an error where no chat server is at the base.
func (c *check) reach(ctx context.Context) error {
	err := attempt(func() { c.first(ctx).page() })
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if fault, ok := err.(*Fault); ok {
		if strings.Contains(fault.Found, "x509: ") {
			return fmt.Errorf("target %s is not trusted: %s; give its certificate, or that of the authority that signed it, with --ca FILE", c.base, fault.Found)
		}
		return fmt.Errorf("target %s is not a chat server, or is not running: asked %s, found %s; it must speak the chat contract (%s)",
			c.base, fault.Asked, fault.Found, Page)
	}
	return err
}
