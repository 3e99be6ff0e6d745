// Package live serves a page on which people follow a run while it goes on, and
// the stream of events that the page is drawn from. Nobody who looks can hold up
// the run: it only adds to a history that ends somewhere, and every reader takes
// from that as fast as it can.
package live

import (
	"context"
	"crypto/rand"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"net/netip"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/pollpush/pollpush/internal/web"
)

const (
	// kept is how many events a page that is opened late gets: five hours of
	// seconds.
	kept = 20_000
	// readers is how many streams may be open at once.
	readers = 32
	// patience is how long a reader may take to read a few events.
	patience = 5 * time.Second
	// farewell is how long all of them together may take to read the last one.
	farewell = time.Second
)

// Page is a page that is being served.
type Page struct {
	URL string

	host   string // that was asked for, beside which only addresses are called upon
	server *http.Server
	served chan struct{} // closed when it is not served any more
	word   string        // distinguishes this page's events from those of another at the same address

	places chan struct{} // one is taken by each stream

	reports *http.ServeMux

	mu     sync.Mutex
	opens  []byte   // the first event of all, once it is not among those kept
	first  int      // number of the oldest event kept
	events [][]byte // as they are sent
	news   chan struct{}
	ended  bool

	offered int // folders
}

// Listen serves the page on HOST:PORT; port 0 takes a free one, and no host is
// this machine alone. The caller has to End it.
func Listen(address string) (*Page, error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	if host == "" {
		host = "127.0.0.1"
	}
	l, err := net.Listen("tcp", net.JoinHostPort(host, port))
	if err != nil {
		return nil, err
	}
	p := &Page{URL: "http://" + l.Addr().String() + "/", host: host, word: rand.Text()[:8], served: make(chan struct{}),
		places: make(chan struct{}, readers), news: make(chan struct{}), reports: http.NewServeMux()}
	p.server = &http.Server{Addr: l.Addr().String(), Handler: p.handler(), ReadHeaderTimeout: patience, IdleTimeout: time.Minute}
	go func() {
		defer close(p.served)
		_ = p.server.Serve(l) // ends with End
	}()
	return p, nil
}

// Port is the one that the page is served at.
func (p *Page) Port() uint16 { return netip.MustParseAddrPort(p.server.Addr).Port() }

// Open reports whether somebody follows the run.
func (p *Page) Open() bool { return len(p.places) > 0 }

// Offer serves the files of a run's folder as well, and returns where its report is,
// as the page refers to it. It must not be called after an event that refers to it.
func (p *Page) Offer(dir string) (link string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.offered++
	prefix := fmt.Sprintf("/reports/%d/", p.offered)
	p.reports.Handle("GET "+prefix, http.StripPrefix(prefix, http.FileServerFS(os.DirFS(dir))))
	return prefix[1:] + "report.html"
}

// Tell adds an event; one that JSON cannot hold is left out. It never waits for a
// reader.
func (p *Page) Tell(event any) { p.add(event, false) }

// Over adds the last event, and goes on serving the page to those who come later.
func (p *Page) Over(event any) { p.add(event, true) }

// End sends readers a last event, unless they had one, waits a little until they
// have it, and stops serving.
func (p *Page) End(event any) {
	p.add(event, true)
	ctx, cancel := context.WithTimeout(context.Background(), farewell)
	defer cancel()
	if p.server.Shutdown(ctx) != nil {
		p.server.Close()
	}
	<-p.served
}

func (p *Page) add(event any, last bool) {
	data, err := json.Marshal(event)
	if err != nil {
		if !last { // whoever looks must not end the run
			return
		}
		data = []byte("{}")
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.ended {
		return
	}
	if len(p.events) == kept {
		if p.first == 0 {
			p.opens = p.events[0]
		}
		p.events = p.events[1:]
		p.first++
	}
	id := p.word + "-" + strconv.Itoa(p.first+len(p.events))
	p.events = append(p.events, fmt.Appendf(nil, "id: %s\ndata: %s\n\n", id, data))
	p.ended = last
	close(p.news)
	p.news = make(chan struct{})
}

// after returns some of the events from number n on, the number after them, and
// a channel that is closed when there are more; nil if there will be none.
func (p *Page) after(n int) (events [][]byte, next int, more <-chan struct{}) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if n == 0 && p.first > 0 {
		events = append(events, p.opens)
	}
	n = max(n, p.first) // what it has been too slow for is gone
	const some = 100
	end := min(n+some, p.first+len(p.events))
	events = append(events, p.events[n-p.first:end-p.first]...)
	if !p.ended || end < p.first+len(p.events) {
		more = p.news
	}
	return events, end, more
}

// resume returns the number of the event that follows the last one that a reader
// has, and whether that was one of this page's.
func (p *Page) resume(last string) (next int, known bool) {
	word, number, _ := strings.Cut(last, "-")
	n, err := strconv.Atoi(number)
	p.mu.Lock()
	defer p.mu.Unlock()
	if word != p.word || err != nil || n < 0 || n >= p.first+len(p.events) {
		return 0, false
	}
	return n + 1, true
}

// hello begins a stream that begins with the history: forget all you have, and
// come back in half a second if it breaks.
const hello = "retry: 500\ndata: {\"hello\":true}\n\n"

// stream sends all events kept, or those after the last one that the reader has,
// and then each as it comes.
func (p *Page) stream(w http.ResponseWriter, r *http.Request) {
	select {
	case p.places <- struct{}{}:
		defer func() { <-p.places }()
	default:
		http.Error(w, fmt.Sprintf("%d pages already follow the run: close one of them", readers), http.StatusServiceUnavailable)
		return
	}
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	if r.Method == http.MethodHead {
		return
	}
	next, known := p.resume(r.Header.Get("Last-Event-ID"))
	var events [][]byte
	if !known {
		events = append(events, []byte(hello))
	}
	for {
		found, end, more := p.after(next)
		if err := send(w, append(events, found...)); err != nil || more == nil {
			return
		}
		if events = nil; end > next {
			next = end
			continue
		}
		select {
		case <-more:
		case <-r.Context().Done():
			return
		}
	}
}

// send writes events to a reader, who has to take them in time.
func send(w http.ResponseWriter, events [][]byte) error {
	c := http.NewResponseController(w)
	if err := c.SetWriteDeadline(time.Now().Add(patience)); err != nil {
		return err
	}
	var wrong error
	for _, e := range events {
		_, err := w.Write(e)
		wrong = errors.Join(wrong, err)
	}
	return errors.Join(wrong, c.Flush())
}

//go:embed page
var files embed.FS

// policy lets the page use nothing but what is served beside it.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; " +
	"base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// reportPolicy goes with reports, which state the rest of their policy themselves.
const reportPolicy = "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

func (p *Page) handler() http.Handler {
	page, err := fs.Sub(files, "page")
	if err != nil {
		panic(err) // it is embedded
	}
	mux := http.NewServeMux()
	mux.Handle("GET /{file}", http.FileServerFS(page))
	mux.Handle("GET /{$}", http.FileServerFS(page))
	mux.HandleFunc("GET /events", p.stream)
	mux.HandleFunc("GET /reports/", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Security-Policy", reportPolicy)
		p.reports.ServeHTTP(w, r)
	})
	for name, text := range web.Files() {
		mux.HandleFunc("GET /"+name, func(w http.ResponseWriter, r *http.Request) {
			http.ServeContent(w, r, name, time.Time{}, strings.NewReader(text))
		})
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cache-Control", "no-cache")
		if !p.called(r.Host) {
			http.Error(w, "this page is served only under its address, such as "+p.URL, http.StatusMisdirectedRequest)
			return
		}
		mux.ServeHTTP(w, r)
	})
}

// called reports whether a Host header names this page: by an address, which no
// DNS answer can give to another site, as localhost, or as it was asked for.
func (p *Page) called(host string) bool {
	name := host
	if h, _, err := net.SplitHostPort(host); err == nil {
		name = h
	}
	_, err := netip.ParseAddr(strings.Trim(name, "[]"))
	return err == nil || strings.EqualFold(name, "localhost") || strings.EqualFold(name, p.host)
}
