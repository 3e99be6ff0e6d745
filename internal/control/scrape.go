package control

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pollpush/pollpush/internal/localhost"
	"github.com/pollpush/pollpush/internal/result"
)

// scraper reads a server's own counts from /metrics. It counts what it sends
// and gets itself, as that passes the same point as the load does: no two
// scrapes at a time, or the server would have counted what one of them has not.
type scraper struct {
	url      string
	mu       sync.Mutex
	client   *http.Client
	requests int64
	unsure   atomic.Bool // a question was broken off: the server may have counted it or not
	conns    atomic.Int64
	in, out  atomic.Int64
}

// sample is what servers had counted at an instant, and what their scrapers
// had sent and got until then.
type sample struct {
	ok      bool // all of them offer pollpush's counts
	exact   bool // and their counts can be held against what was sent and got
	metrics map[string]float64
	own     result.Totals
}

func newScraper(url string, roots *x509.CertPool) *scraper {
	s := &scraper{url: url}
	dialer := &net.Dialer{Timeout: 2 * time.Second}
	s.client = &http.Client{
		Timeout: 3 * time.Second,
		Transport: &http.Transport{
			DisableCompression: true,
			TLSClientConfig:    &tls.Config{RootCAs: roots},
			DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
				c, err := localhost.Dial(ctx, dialer, network, addr)
				if err != nil {
					return nil, err
				}
				s.conns.Add(1)
				return &counted{c, s}, nil
			},
		},
	}
	return s
}

// counted is a connection of the scraper's.
type counted struct {
	net.Conn
	s *scraper
}

func (c *counted) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	c.s.in.Add(int64(n))
	return n, err
}

func (c *counted) Write(b []byte) (int, error) {
	c.s.out.Add(int64(len(b))) // before: the answer may be here before Write returns
	n, err := c.Conn.Write(b)
	c.s.out.Add(int64(n - len(b)))
	return n, err
}

// scrape adds the server's samples without labels to those in metrics.
func (s *scraper) scrape(ctx context.Context, metrics map[string]float64) (own result.Totals, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return own, err
	}
	defer func() {
		if err != nil {
			s.unsure.Store(true)
		}
	}()
	// What the server counts includes this request, but not its answer.
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GotConn: func(httptrace.GotConnInfo) { own.BytesIn = s.in.Load() },
	})
	s.requests++
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, s.url+"/metrics", nil)
	if err != nil {
		return own, err
	}
	answer, err := s.client.Do(request)
	if err != nil {
		return own, err
	}
	defer answer.Body.Close()
	own.BytesOut, own.Requests, own.Connections = s.out.Load(), s.requests, s.conns.Load()
	lines := bufio.NewScanner(io.LimitReader(answer.Body, 1<<20))
	offered := false
	for lines.Scan() {
		name, value, ok := strings.Cut(lines.Text(), " ")
		v, err := strconv.ParseFloat(value, 64)
		if !ok || err != nil || strings.Contains(name, "{") {
			continue
		}
		metrics[name] += v
		offered = offered || name == metricPrefix+"http_requests_total"
	}
	if err := lines.Err(); err != nil {
		return own, err
	}
	if !offered {
		return own, fmt.Errorf("%s/metrics has no pollpush metrics", s.url)
	}
	return own, nil
}

// metricPrefix begins the names of what chatserver counts.
const metricPrefix = "pollpush_"

// scrapers are those of all of a trial's servers.
type scrapers []*scraper

// newScrapers makes one for each server; roots, which may be nil, is trusted
// where they serve https.
func newScrapers(urls []string, roots *x509.CertPool) (all scrapers) {
	for _, url := range urls {
		all = append(all, newScraper(url, roots))
	}
	return all
}

// scrape sums up all servers.
func (all scrapers) scrape(ctx context.Context) sample {
	sum := sample{ok: true, exact: true, metrics: map[string]float64{}}
	for _, s := range all {
		own, err := s.scrape(ctx, sum.metrics)
		sum.ok = sum.ok && err == nil
		sum.exact = sum.exact && !s.unsure.Load()
		sum.own = result.Add(sum.own, own)
	}
	return sum
}

// settled scrapes until the servers have counted as many requests as have been
// sent to them since base: those sent last may still be on their way.
func (all scrapers) settled(ctx context.Context, base sample, requests int64) sample {
	return all.until(ctx, func(now sample) bool {
		missing := requests + result.Sub(now.own, base.own).Requests - result.Sub(now.counted(), base.counted()).Requests
		return !base.ok || missing <= 0
	})
}

// until scrapes until a sample will do, or the servers offer none, for a second at
// most.
func (all scrapers) until(ctx context.Context, enough func(sample) bool) sample {
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	look := time.NewTicker(5 * time.Millisecond)
	defer look.Stop()
	for {
		now := all.scrape(ctx)
		if !now.ok || enough(now) {
			return now
		}
		select {
		case <-look.C:
		case <-ctx.Done():
			return now
		}
	}
}

func (all scrapers) close() {
	for _, s := range all {
		s.client.CloseIdleConnections()
	}
}

// counted is what the servers had counted in all.
func (s sample) counted() result.Totals {
	n := func(name string) int64 { return int64(s.metrics[metricPrefix+name]) }
	return result.Totals{
		Requests: n("http_requests_total"), Connections: n("connections_total"),
		FramesIn: n("frames_sent_total"), FramesOut: n("frames_received_total"),
		BytesIn: n("bytes_sent_total"), BytesOut: n("bytes_received_total"),
	}
}
