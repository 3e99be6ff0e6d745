package faultproxy

import (
	"io"
	"net"
	"sync"
	"time"

	"github.com/pollpush/pollpush/internal/clock"
)

// relay is one client's connection and that to the server behind it.
type relay struct {
	proxy          *Proxy
	number         int
	client, server *net.TCPConn
	over           chan struct{} // closed by cut
	alarms         [2]*clock.Alarm
	once           sync.Once

	mu     sync.Mutex
	first  string // request, as "GET /path"
	counts Counts
}

// newRelay takes down a client's connection, whatever becomes of it.
func (p *Proxy) newRelay(client *net.TCPConn) *relay {
	p.mu.Lock()
	defer p.mu.Unlock()
	r := &relay{proxy: p, number: len(p.relays), client: client, over: make(chan struct{}), counts: Counts{Connections: 1}}
	p.relays = append(p.relays, r)
	return r
}

// run relays until both directions have ended.
func (r *relay) run() {
	p := r.proxy
	defer r.client.Close()
	server, err := net.Dial("tcp", p.target)
	if err != nil {
		r.client.SetLinger(0)
		return
	}
	defer server.Close()
	for i := range r.alarms {
		if r.alarms[i], err = clock.NewAlarm(); err != nil {
			r.client.SetLinger(0)
			return
		}
		defer r.alarms[i].Close()
	}
	p.mu.Lock()
	r.server = server.(*net.TCPConn)
	closed := p.closed
	p.mu.Unlock()
	if closed {
		return
	}
	out, in := newDirections(r)
	var both sync.WaitGroup
	both.Go(func() { r.pass(out, r.client, r.server, r.alarms[0]) })
	both.Go(func() { r.pass(in, r.server, r.client, r.alarms[1]) })
	both.Wait()
}

// cut resets both connections.
func (r *relay) cut() {
	r.once.Do(func() {
		close(r.over)
		r.proxy.mu.Lock()
		server := r.server
		r.proxy.mu.Unlock()
		if server == nil {
			return // the proxy is closed before it has been dialled
		}
		for _, c := range [...]*net.TCPConn{r.client, server} {
			c.SetLinger(0)
			c.Close()
		}
		for _, a := range r.alarms {
			a.Close()
		}
	})
}

// chunk is bytes under way; the last one of a direction says how it ended.
type chunk struct {
	at   int64 // when it is to go on
	data []byte
	end  error // io.EOF, or what broke the connection
}

// chunksUnderWay is how many reads of a direction may wait to be written.
const chunksUnderWay = 1024

// pass relays one direction until it ends.
func (r *relay) pass(d *direction, from, to *net.TCPConn, alarm *clock.Alarm) {
	chunks := make(chan chunk, chunksUnderWay)
	var reading sync.WaitGroup
	reading.Go(func() { r.read(d, from, chunks) })
	defer reading.Wait()
	w := writer{relay: r, to: to, alarm: alarm, client: to == r.client}
	if w.client && r.proxy.faults.ResetAfter != nil {
		w.left = r.proxy.faults.ResetAfter(r.number)
	}
	for {
		var c chunk
		select {
		case c = <-chunks:
		case <-r.over:
			return
		}
		switch err := w.write(c); {
		case err != nil || c.end != nil && c.end != io.EOF:
			r.cut()
			return
		case c.end != nil:
			to.CloseWrite()
			return
		}
	}
}

// read takes in what comes and hands on what the faults leave of it.
func (r *relay) read(d *direction, from *net.TCPConn, chunks chan<- chunk) {
	buffer := make([]byte, 32<<10)
	for {
		n, err := from.Read(buffer)
		r.mu.Lock()
		if !d.in {
			r.counts.BytesOut += int64(n)
		}
		data := d.feed(buffer[:n])
		switch {
		case d.reset:
			err = net.ErrClosed
		case err != nil:
			data = append(data, d.rest()...)
		}
		r.mu.Unlock()
		select {
		case chunks <- chunk{clock.Now() + int64(r.proxy.faults.Delay), data, err}:
		case <-r.over:
			return
		}
		if err != nil {
			return
		}
	}
}

// writer writes one direction's chunks when they are due.
type writer struct {
	*relay
	to     *net.TCPConn
	client bool
	alarm  *clock.Alarm
	left   int64 // bytes until the connection is reset; 0 for never
	free   int64 // when the throttle lets the next bytes pass
}

// throttleSlice is how much of a second's bytes a throttle passes at once.
const throttleSlice = 100

func (w *writer) write(c chunk) error {
	if err := w.alarm.Wait(c.at); err != nil {
		return err
	}
	for len(c.data) > 0 {
		piece := c.data
		if rate := w.proxy.faults.Rate; rate > 0 {
			piece = piece[:min(int64(len(piece)), max(1, rate/throttleSlice))]
			if err := w.alarm.Wait(w.free); err != nil {
				return err
			}
			w.free = max(w.free, clock.Now()) + int64(len(piece))*int64(time.Second)/rate
		}
		if w.left > 0 {
			piece = piece[:min(int64(len(piece)), w.left)]
		}
		for until := w.proxy.stalledUntil(clock.Now()); until > 0; until = w.proxy.stalledUntil(clock.Now()) {
			if err := w.alarm.Wait(until); err != nil {
				return err
			}
		}
		n, err := w.to.Write(piece)
		if w.client {
			w.mu.Lock()
			w.counts.BytesIn += int64(n)
			w.mu.Unlock()
		}
		if err != nil {
			return err
		}
		c.data = c.data[n:]
		if w.left > 0 {
			if w.left -= int64(n); w.left == 0 {
				return net.ErrClosed
			}
		}
	}
	return nil
}
